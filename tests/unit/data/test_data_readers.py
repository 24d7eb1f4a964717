"""Every other format: a small file of the real layout is read; a bad one is refused by name."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from lbpnet.data.cifar import RECORD, TEST_FILE, TRAIN_FILES, read_cifar10
from lbpnet.data.dataset import Dataset, ImageSet
from lbpnet.data.emnist import read_emnist
from lbpnet.data.idx import write_idx
from lbpnet.data.mnist import read_mnist_folder
from lbpnet.data.npz import read_npz
from lbpnet.data.svhn import read_svhn, read_svhn_file
from lbpnet.errors import DataError

RNG = np.random.default_rng(7)


def pixels(*shape: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def write_mnist(folder: Path, suffix: str = "") -> dict[str, NDArray[np.uint8]]:
    arrays = {
        "train-images-idx3-ubyte": pixels(5, 6, 7),
        "train-labels-idx1-ubyte": np.array([0, 1, 2, 9, 4], dtype=np.uint8),
        "t10k-images-idx3-ubyte": pixels(2, 6, 7),
        "t10k-labels-idx1-ubyte": np.array([3, 3], dtype=np.uint8),
    }
    for name, array in arrays.items():
        write_idx(folder / (name + suffix), array)
    return arrays


def test_mnist_folder_reads_every_packing(tmp_path: Path) -> None:
    ran = 0
    for suffix in ("", ".gz", ".xz"):
        folder = tmp_path / f"f{suffix}"
        arrays = write_mnist(folder, suffix)
        train, test = read_mnist_folder(folder)
        assert np.array_equal(train.images[:, 0], arrays["train-images-idx3-ubyte"])
        assert train.labels.tolist() == [0, 1, 2, 9, 4]
        assert test.images.shape == (2, 1, 6, 7)
        ran += 1
    assert ran == 3


def test_mnist_folder_names_the_bad_file(tmp_path: Path) -> None:
    bad = {
        "train-labels-idx1-ubyte": (np.array([0, 1, 10, 3, 4], dtype=np.uint8), "10 at position 2"),
        "t10k-labels-idx1-ubyte": (np.zeros(3, dtype=np.uint8), "expected 2 labels"),
        "t10k-images-idx3-ubyte": (np.zeros(3, dtype=np.uint8), "N x H x W"),
    }
    ran = 0
    for name, (array, words) in bad.items():
        write_mnist(tmp_path)
        write_idx(tmp_path / name, array)
        with pytest.raises(DataError, match=rf"{name}.*{words}"):
            read_mnist_folder(tmp_path)
        ran += 1
    assert ran == 3
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        read_mnist_folder(tmp_path)


def write_emnist(path: Path, labels: list[int]) -> NDArray[np.uint8]:
    images = pixels(len(labels), 28, 28)
    with zipfile.ZipFile(path, "w") as archive:
        for half in ("train", "test"):
            for kind, array in (
                ("images-idx3", images),
                ("labels-idx1", np.array(labels, dtype=np.uint8)),
            ):
                packed = path.parent / "member.gz"
                write_idx(packed, array)
                archive.write(packed, f"gzip/emnist-letters-{half}-{kind}-ubyte.gz")
    return images


def test_emnist_stands_upright_and_letters_count_from_zero(tmp_path: Path) -> None:
    images = write_emnist(tmp_path / "gzip.zip", [1, 26, 13])
    train, test = read_emnist(tmp_path, split="letters", classes=26, first_label=1)
    assert np.array_equal(train.images[:, 0], images.transpose(0, 2, 1))
    assert train.labels.tolist() == test.labels.tolist() == [0, 25, 12]


def test_emnist_refuses_bad_labels_members_and_zips(tmp_path: Path) -> None:
    path = tmp_path / "gzip.zip"
    write_emnist(path, [1, 0])
    with pytest.raises(DataError, match=r"gzip.zip.*got 0 at position 1"):
        read_emnist(tmp_path, split="letters", classes=26, first_label=1)
    write_emnist(path, [1, 27])
    with pytest.raises(DataError, match=r"labels.*got 26 at position 1"):
        read_emnist(tmp_path, split="letters", classes=26, first_label=1)
    with pytest.raises(DataError, match="emnist-digits-train-images"):
        read_emnist(tmp_path, split="digits", classes=10, first_label=0)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"gzip\.zip"):
        read_emnist(path, split="letters", classes=26, first_label=1)
    with pytest.raises(DataError, match="absent"):
        read_emnist(tmp_path / "absent.zip", split="letters", classes=26, first_label=1)


def write_cifar(folder: Path) -> dict[str, NDArray[np.uint8]]:
    folder.mkdir(parents=True)
    records = {name: pixels(2, RECORD) for name in (*TRAIN_FILES, TEST_FILE)}
    for name, record in records.items():
        record[:, 0] %= 10
        (folder / name).write_bytes(record.tobytes())
    return records


def test_cifar10_reads_the_archive_and_every_folder_alike(tmp_path: Path) -> None:
    inner = tmp_path / "cifar-10-batches-bin"
    records = write_cifar(inner)
    archive = tmp_path / "elsewhere" / "cifar-10-binary.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(inner, "cifar-10-batches-bin")
    ran = 0
    for path in (inner, tmp_path, archive, archive.parent):
        train, test = read_cifar10(path)
        assert train.shape == (3, 32, 32)
        expected = np.concatenate([records[name] for name in TRAIN_FILES])
        assert np.array_equal(train.images.reshape(10, -1), expected[:, 1:])
        assert np.array_equal(test.labels, records[TEST_FILE][:, 0])
        ran += 1
    assert ran == 4


def test_cifar10_names_the_bad_file(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    write_cifar(folder)
    victim = folder / "data_batch_3.bin"
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"data_batch_3.bin.*whole records"):
        read_cifar10(folder)
    victim.write_bytes(whole[:RECORD] + b"\x0b" + whole[RECORD + 1 :])
    with pytest.raises(DataError, match=r"data_batch_3.bin.*got 11 at position 1"):
        read_cifar10(folder)
    victim.unlink()
    with pytest.raises(DataError, match=r"data_batch_3.bin"):
        read_cifar10(folder)


def test_cifar10_refuses_damaged_or_incomplete_archives(tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        member = tarfile.TarInfo("x/test_batch.bin")
        member.size = RECORD
        packed.addfile(member, io.BytesIO(RNG.bytes(RECORD)))
    with pytest.raises(DataError, match=r"data_batch_1\.bin"):
        read_cifar10(archive)
    whole = archive.read_bytes()
    ran = 0
    for damaged in (whole[: len(whole) // 2], b"no archive", b""):
        archive.write_bytes(damaged)
        with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
            read_cifar10(archive)
        ran += 1
    assert ran == 3
    with pytest.raises(DataError, match="absent"):
        read_cifar10(tmp_path / "absent.tar.gz")


def test_svhn_turns_class_ten_into_zero_and_axes_around(tmp_path: Path) -> None:
    images = pixels(32, 32, 3, 4)
    for half in ("train", "test"):
        labels = np.array([[10], [1], [9], [5]], dtype=np.uint8)
        savemat(tmp_path / f"{half}_32x32.mat", {"X": images, "y": labels}, do_compression=True)
    train, test = read_svhn(tmp_path)
    assert train.labels.tolist() == [0, 1, 9, 5]
    assert np.array_equal(train.images, images.transpose(3, 2, 0, 1))
    assert train.images.flags.c_contiguous
    assert len(test) == 4


def test_svhn_refuses_bad_content_by_name(tmp_path: Path) -> None:
    path = tmp_path / "train_32x32.mat"
    images = pixels(32, 32, 3, 2)
    cases = (
        ({"X": images, "y": np.array([1, 11])}, "got 11 at position 1"),
        ({"X": images, "y": np.array([0, 1])}, "got 0 at position 0"),
        ({"X": images, "y": np.array([1])}, "expected y"),
        ({"X": images.astype(float), "y": np.array([1, 2])}, "expected X"),
        ({"X": images}, "variables X and y"),
    )
    ran = 0
    for content, words in cases:
        savemat(path, content)
        with pytest.raises(DataError, match=rf"train_32x32.mat.*{words}"):
            read_svhn_file(path)
        ran += 1
    assert ran == 5
    whole_path = tmp_path / "whole.mat"
    savemat(whole_path, {"X": images, "y": np.array([1, 2])}, do_compression=True)
    whole = whole_path.read_bytes()
    for damaged in (whole[:300], b"junk" * 50, b""):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"train_32x32\.mat"):
            read_svhn_file(path)
    with pytest.raises(DataError, match="absent"):
        read_svhn_file(tmp_path / "absent.mat")


def test_npz_reads_every_layout_to_the_same_images(tmp_path: Path) -> None:
    grey, colour = pixels(4, 9, 8), pixels(4, 3, 9, 8)
    layouts = (
        (grey, None, grey[:, None]),
        (grey[:, None], None, grey[:, None]),
        (grey[..., None], None, grey[:, None]),
        (colour, None, colour),
        (colour.transpose(0, 2, 3, 1), None, colour),
        (colour[:, :, :, :3], "NCHW", colour[:, :, :, :3]),
        (colour[:, :, :, :3].transpose(0, 2, 3, 1), "NHWC", colour[:, :, :, :3]),
    )
    ran = 0
    for stored, layout, expected in layouts:
        path = tmp_path / "own.npz"
        labels = np.array([[0], [1], [2], [1]])
        arrays = {"x_train": stored, "y_train": labels, "x_test": stored, "y_test": labels[:, 0]}
        if layout is not None:
            arrays["layout"] = np.array(layout)
        np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]
        loaded = read_npz(path)
        assert np.array_equal(loaded.train.images, expected)
        assert loaded.train.labels.tolist() == loaded.test.labels.tolist() == [0, 1, 2, 1]
        assert loaded.classes == ("0", "1", "2")
        ran += 1
    assert ran == 7


def test_npz_refuses_bad_content_by_name(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    good = {
        "x_train": pixels(3, 8, 8),
        "y_train": np.array([0, 1, 2]),
        "x_test": pixels(2, 8, 8),
        "y_test": np.array([0, 1]),
    }
    cases: tuple[tuple[dict[str, object], str], ...] = (
        ({"x_train": good["x_train"].astype(np.float32)}, "x_train.*float32"),
        ({"x_train": pixels(3, 3, 8, 3)}, "x_train.*layout"),
        ({"x_train": pixels(3, 5, 8, 4)}, "x_train.*1 or 3 channels"),
        ({"x_train": pixels(3, 8)}, "x_train.*three or four axes"),
        ({"y_train": np.array([0, 1])}, "as many images"),
        ({"y_train": np.array([0.0, 1.0, 2.0])}, "y_train.*float64"),
        ({"y_train": np.array([0, -1, 2])}, "y_train.*-1 at position 1"),
        ({"y_test": np.array([0, 7])}, "y_test.*7 at position 1"),
        ({"x_test": np.array([object(), object()])}, "pickled"),
        ({"layout": np.array("WHNC"), "x_train": pixels(3, 8, 8, 1)}, "layout"),
    )
    ran = 0
    for change, words in cases:
        np.savez(path, **{**good, **change})  # pyright: ignore[reportArgumentType]
        with pytest.raises(DataError, match=rf"own.npz.*{words}"):
            read_npz(path)
        ran += 1
    assert ran == 10
    np.savez(path, x_train=good["x_train"])
    with pytest.raises(DataError, match="missing y_train"):
        read_npz(path)
    for damaged in (path.read_bytes()[:80], b"junk", b""):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"own\.npz"):
            read_npz(path)


def test_image_sets_refuse_what_they_do_not_promise() -> None:
    images, labels = pixels(3, 1, 4, 4), np.zeros(3, dtype=np.int64)
    cases = (
        (images.astype(np.float32), labels, "float32"),
        (images[:, 0], labels, "N x C x H x W"),
        (images, labels.astype(np.int32), "int32"),
        (images, labels[:2], "3 images and 2 labels"),
        (images[:0], labels[:0], "at least one"),
        (images.transpose(0, 1, 3, 2)[:, :, ::2], labels, "contiguous"),
    )
    ran = 0
    for pictures, classes, words in cases:
        with pytest.raises(DataError, match=words):
            ImageSet(pictures, classes)  # pyright: ignore[reportArgumentType]
        ran += 1
    assert ran == 6
    with pytest.raises(DataError, match="got 3"):
        ImageSet(images, labels).take(np.array([0, 3]))


def test_data_sets_refuse_halves_that_do_not_fit() -> None:
    one = ImageSet(pixels(3, 1, 4, 4), np.array([0, 1, 2]))
    other = ImageSet(pixels(3, 1, 4, 5), np.array([0, 1, 2]))
    with pytest.raises(DataError, match="one shape"):
        Dataset("x", one, other, ("a", "b", "c"), "here", "none")
    with pytest.raises(DataError, match="got 2 at position 2"):
        Dataset("x", one, one, ("a", "b"), "here", "none")
