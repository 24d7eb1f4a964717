"""A person's own pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lbpnet.data.channels import convert_channels
from lbpnet.data.dataset import Dataset
from lbpnet.data.image_folder import read_image_folder
from lbpnet.errors import DataError


def save(path: Path, value: int = 0, mode: str = "L", size: tuple[int, int] = (6, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = value if mode in ("L", "P", "1", "I;16") else (value,) * len(mode)
    Image.new(mode, size, colour).save(path)


def read(root: Path, channels: int = 1, seed: int = 0) -> Dataset:
    return read_image_folder(root, image_size=(4, 6), channels=channels, split_seed=seed)


def test_train_and_test_folders_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    save(tmp_path / "train/dog/b.png", 20)
    save(tmp_path / "train/dog/a.bmp", 10)
    save(tmp_path / "train/cat/x.PNG", 30)
    save(tmp_path / "test/dog/y.png", 40)
    (tmp_path / "train/dog/notes.txt").write_text("no picture")
    (tmp_path / "train/dog/.hidden.png").write_text("no picture")
    loaded = read(tmp_path)
    assert loaded.classes == ("cat", "dog")
    assert loaded.train.labels.tolist() == [0, 1, 1]
    assert loaded.train.images[:, 0, 0, 0].tolist() == [30, 10, 20]
    assert loaded.test.labels.tolist() == [1]


def test_without_halves_a_fifth_of_every_class_is_drawn_for_the_test(tmp_path: Path) -> None:
    counts = {"a": 10, "b": 7, "c": 2}
    for name, count in counts.items():
        for number in range(count):
            save(tmp_path / name / f"{number:02}.png", number)
    loaded = read(tmp_path, seed=3)
    assert np.bincount(loaded.test.labels).tolist() == [2, 1, 1]
    assert np.bincount(loaded.train.labels).tolist() == [8, 6, 1]
    for label, count in enumerate(counts.values()):
        seen = [half.images[half.labels == label, 0, 0, 0].tolist() for half in (loaded.train, loaded.test)]
        assert sorted(seen[0] + seen[1]) == list(range(count))
    again, other = read(tmp_path, seed=3), read(tmp_path, seed=4)
    assert np.array_equal(again.test.images, loaded.test.images)
    assert not np.array_equal(other.test.images, loaded.test.images)


def test_mixed_sizes_and_modes_come_out_alike(tmp_path: Path) -> None:
    modes = {"L": 200, "RGB": 200, "RGBA": 200, "P": 7, "1": 1, "LA": 200, "CMYK": 55}
    for number, (mode, value) in enumerate(modes.items()):
        suffix = "jpg" if mode == "CMYK" else "png"
        for name in ("a", "b"):
            save(tmp_path / "train" / name / f"{mode}.{suffix}", value, mode, (9 + number, 5))
    save(tmp_path / "test/a/x.png")
    ran = 0
    for channels in (1, 3):
        images = read(tmp_path, channels).train.images
        assert images.shape == (14, channels, 4, 6)
        ran += 1
    assert ran == 2


def test_sixteen_bits_keep_their_upper_eight_and_transparency_is_black(tmp_path: Path) -> None:
    deep = np.full((4, 6), 0x8234, dtype=np.uint16)
    save(tmp_path / "train/b/x.png")
    (tmp_path / "train/a").mkdir()
    Image.fromarray(deep).save(tmp_path / "train/a/deep.png")
    Image.new("RGBA", (6, 4), (255, 255, 255, 0)).save(tmp_path / "train/a/hole.png")
    save(tmp_path / "test/a/x.png")
    images = read(tmp_path).train.images
    assert np.all(images[0] == 0x82)
    assert np.all(images[1] == 0)


def test_grey_is_the_same_whether_pillow_or_numpy_makes_it(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    for name in ("a", "b"):
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.fromarray(pixels).save(tmp_path / "train" / name / "x.png")
    save(tmp_path / "test/a/x.png")
    ours = convert_channels(np.ascontiguousarray(pixels.transpose(2, 0, 1))[None], 1)
    assert np.array_equal(read(tmp_path).train.images[:1], ours)


def test_pictures_stand_as_their_exif_orientation_says(tmp_path: Path) -> None:
    lying = np.zeros((6, 4), dtype=np.uint8)
    lying[0] = 255
    picture = Image.fromarray(lying)
    exif = picture.getexif()
    exif[0x0112] = 6
    (tmp_path / "train/a").mkdir(parents=True)
    picture.save(tmp_path / "train/a/x.png", exif=exif)
    save(tmp_path / "train/b/x.png")
    save(tmp_path / "test/a/x.png")
    turned = read(tmp_path).train.images[0, 0]
    assert np.all(turned[:, -1] == 255)
    assert np.all(turned[:, :-1] == 0)


BROKEN = "broken"
TEXT = "text"


def build(root: Path, entries: str) -> None:
    """Make the pictures named; `broken` ones are cut, `text` ones are none, x/ is a folder."""
    for entry in entries.split():
        path = root / entry
        if entry.endswith("/"):
            path.mkdir(parents=True)
            continue
        save(path.with_suffix(".png"))
        data = path.with_suffix(".png").read_bytes()
        if BROKEN in entry:
            path.write_bytes(data[:40])
        elif TEXT in entry:
            path.write_bytes(b"text")


def test_folders_that_cannot_be_used_are_refused_with_the_reason(tmp_path: Path) -> None:
    cases = (
        ("a/x.png a/y.png", "at least two class folders"),
        ("a/x.png b/", r"b: expected at least one picture"),
        ("a/x.png a/y.png b/x.png b/broken.png", r"broken\.png"),
        ("a/x.png a/y.png b/x.png b/text.jpg", r"text\.jpg"),
        ("train/a/x.png train/b/x.png test/zebra/x.png", "zebra"),
        ("train/a/x.png train/b/x.png test/a/", r"a: expected at least one picture"),
        ("train/a/x.png test/a/x.png", "at least two class folders"),
        ("train/a/x.png", "train alone"),
        ("test/a/x.png", "test alone"),
        ("a/x.png a/y.png b/x.png", "b: expected at least two pictures"),
        ("./", "expected class folders"),
        ("", "expected a folder"),
    )
    ran = 0
    for number, (entries, words) in enumerate(cases):
        root = tmp_path / str(number)
        build(root, entries)
        with pytest.raises(DataError, match=words):
            read(root)
        ran += 1
    assert ran == 12
