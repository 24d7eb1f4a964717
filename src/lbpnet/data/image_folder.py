"""A person's own pictures: one folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lbpnet.data.dataset import Dataset, ImageSet
from lbpnet.data.order import stable_permutation
from lbpnet.data.picture_file import SUFFIXES, read_picture
from lbpnet.errors import ConfigError, DataError

TEST_SHARE = 5
FOLDER_SPLIT = 3

ClassFiles = dict[str, list[Path]]


def read_image_folder(root: Path, *, image_size: tuple[int, int], channels: int, split_seed: int) -> Dataset:
    """Read pictures of any size and mode as uint8, N x channels x image_size (rows, columns).

    Either `root/train/<class>/*` with `root/test/<class>/*`, or `root/<class>/*`, of which a fifth
    of every class (rounded, at least one) is drawn for the test with `split_seed`. PNG, JPEG and
    BMP count, other files and hidden ones do not; `read_picture` says how a picture becomes pixels.
    Raises DataError for a missing half, fewer than two classes, an empty class, a test class that
    has no training class, or naming the picture that cannot be read.
    """
    if channels not in (1, 3):
        raise ConfigError(f"data.in_channels: expected 1 (grey) or 3 (colour), got {channels}")
    if not root.is_dir():
        raise DataError(f"{root}: expected a folder of class folders, found none; check data.root")
    halves = [root / "train", root / "test"]
    present = [half.is_dir() for half in halves]
    if any(present):
        if not all(present):
            raise DataError(
                f"{root}: expected both train and test, found {'train' if present[0] else 'test'} "
                "alone; add the other, or put the class folders into the root itself"
            )
        train, test = _list_classes(halves[0]), _list_classes(halves[1])
        _check_classes(halves[0], train)
        unknown = sorted(set(test) - set(train))
        if unknown:
            raise DataError(
                f"{halves[1] / unknown[0]}: expected only classes of {halves[0]} "
                f"({', '.join(train)}), got {unknown[0]!r}; rename or remove it"
            )
    else:
        train = _list_classes(root)
        _check_classes(root, train)
        train, test = _split(root, train, split_seed)
    classes = tuple(train)
    return Dataset(
        root.name,
        _read(train, classes, image_size, channels),
        _read(test, classes, image_size, channels),
        classes,
        f"image folder {root}",
        "as stated by its owner",
    )


def _list_classes(folder: Path) -> ClassFiles:
    found: ClassFiles = {}
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if not entry.is_dir() or entry.name.startswith("."):
            continue
        found[entry.name] = sorted(
            (path for path in entry.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")),
            key=lambda path: path.name,
        )
        if not found[entry.name]:
            raise DataError(
                f"{entry}: expected at least one picture ({', '.join(SUFFIXES)}), found none; add "
                "some or remove the folder"
            )
    if not found:
        raise DataError(f"{folder}: expected class folders, found none")
    return found


def _check_classes(folder: Path, found: ClassFiles) -> None:
    if len(found) < 2:
        raise DataError(
            f"{folder}: expected at least two class folders, found {len(found)} "
            f"({', '.join(found)}); a classifier needs something to tell apart"
        )


def _split(root: Path, found: ClassFiles, seed: int) -> tuple[ClassFiles, ClassFiles]:
    train: ClassFiles = {}
    test: ClassFiles = {}
    for number, (name, paths) in enumerate(found.items()):
        if len(paths) < 2:
            raise DataError(
                f"{root / name}: expected at least two pictures to divide into training and test, "
                f"found {len(paths)}; add some, or make train and test folders yourself"
            )
        order = stable_permutation(len(paths), FOLDER_SPLIT, seed, number)
        drawn = max(1, (len(paths) + TEST_SHARE // 2) // TEST_SHARE)
        test[name] = [paths[position] for position in np.sort(order[:drawn])]
        train[name] = [paths[position] for position in np.sort(order[drawn:])]
    return train, test


def _read(found: ClassFiles, classes: tuple[str, ...], size: tuple[int, int], channels: int) -> ImageSet:
    count = sum(len(paths) for paths in found.values())
    images = np.empty((count, channels, *size), dtype=np.uint8)
    labels = np.empty(count, dtype=np.int64)
    position = 0
    for name, paths in found.items():
        for path in paths:
            images[position] = read_picture(path, size, channels)
            labels[position] = classes.index(name)
            position += 1
    return ImageSet(images, labels)
