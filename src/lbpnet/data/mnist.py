"""The four-file layout of MNIST, shared by Fashion-MNIST and KMNIST."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import ImageSet, check_labels
from lbpnet.data.idx import SUFFIXES, read_idx
from lbpnet.errors import DataError


def read_mnist_folder(folder: Path, *, classes: int = 10) -> tuple[ImageSet, ImageSet]:
    """Read `train-…` and `t10k-images-idx3-ubyte` with their labels, raw, .gz or .xz.

    Returns training and test set (uint8, N x 1 x H x W). Raises DataError naming the file that is
    missing, damaged, of unequal length or holds a label outside 0..classes-1.
    """
    train = _read_pair(folder, "train", classes)
    return train, _read_pair(folder, "t10k", classes)


def _read_pair(folder: Path, half: str, classes: int) -> ImageSet:
    image_path = _find(folder, f"{half}-images-idx3-ubyte")
    label_path = _find(folder, f"{half}-labels-idx1-ubyte")
    return image_set(read_idx(image_path), read_idx(label_path), str(image_path), str(label_path), classes)


def image_set(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    image_name: str,
    label_name: str,
    classes: int,
) -> ImageSet:
    """Join grey images (uint8, N x H x W) and labels (uint8, N) that were read from two files.

    Raises DataError naming the file whose shape, length or label is wrong.
    """
    if images.ndim != 3:
        raise DataError(f"{image_name}: expected N x H x W images, got shape {images.shape}")
    if labels.shape != (len(images),):
        raise DataError(
            f"{label_name}: expected {len(images)} labels for the images in {image_name}, got "
            f"shape {labels.shape}; check that both files belong together"
        )
    wide = labels.astype(np.int64)
    check_labels(wide, classes, label_name)
    return ImageSet(np.ascontiguousarray(images[:, None]), wide)


def _find(folder: Path, stem: str) -> Path:
    for suffix in SUFFIXES:
        path = folder / (stem + suffix)
        if path.is_file():
            return path
    raise DataError(f"{folder}: expected {stem} (or .gz, .xz), found none; check the folder")
