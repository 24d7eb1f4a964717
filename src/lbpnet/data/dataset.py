"""Images with their labels, checked once when they are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lbpnet.errors import DataError


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images and the class of each.

    images: uint8, N x C x H x W, C-contiguous. labels: int64, N.
    Raises DataError where type, shape, order in memory or number does not fit, or N is 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4:
            raise DataError(
                "images: expected uint8 of shape N x C x H x W, "
                f"got {images.dtype} of shape {images.shape}; convert them first"
            )
        if labels.dtype != np.int64 or labels.ndim != 1:
            raise DataError(
                f"labels: expected int64 of shape N, got {labels.dtype} of shape {labels.shape}; convert them first"
            )
        if len(images) != len(labels):
            raise DataError(
                f"expected as many labels as images, got {len(images)} images and {len(labels)} "
                "labels; check that both files belong together"
            )
        if images.size == 0:
            raise DataError(
                f"expected at least one image with at least one pixel, got shape {images.shape}; "
                "check the file or the selection"
            )
        if not images.flags.c_contiguous:
            raise DataError(
                "images: expected a C-contiguous array, got another order in memory; "
                "pass numpy.ascontiguousarray(images)"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of every image."""
        _, channels, rows, columns = self.images.shape
        return channels, rows, columns

    def take(self, indices: NDArray[np.intp] | NDArray[np.int64]) -> ImageSet:
        """Copy the images at `indices` (integers, M) into a set of their own, in that order.

        Raises DataError if there are none or one lies outside 0..N-1.
        """
        outside = indices[(indices < 0) | (indices >= len(self))]
        if outside.size:
            raise DataError(
                f"expected image positions in 0..{len(self) - 1}, got {int(outside[0])}; select within this set"
            )
        return ImageSet(np.take(self.images, indices, axis=0), np.take(self.labels, indices))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test images of one shape, the names of the classes and where they came from.

    source: where this copy came from, in words. licence: the terms its publishers state.
    Raises DataError where the two halves differ in shape or a label names no class.
    """

    name: str
    train: ImageSet
    test: ImageSet
    classes: tuple[str, ...]
    source: str
    licence: str

    def __post_init__(self) -> None:
        if self.train.shape != self.test.shape:
            raise DataError(
                f"{self.source}: expected training and test images of one shape, got "
                f"{self.train.shape} and {self.test.shape} (channels, rows, columns); resize one"
            )
        check_labels(self.train.labels, len(self.classes), f"{self.source}, training labels")
        check_labels(self.test.labels, len(self.classes), f"{self.source}, test labels")


def check_labels(labels: NDArray[np.int64], classes: int, origin: str) -> None:
    """Refuse a label (int64, N) outside 0..classes-1 with a DataError.

    The message names the origin (a file), the position and the value of the first one.
    """
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        position = int(wrong[0])
        raise DataError(
            f"{origin}: expected labels in 0..{classes - 1}, got {int(labels[position])} at "
            f"position {position} ({wrong.size} such in all); mend the labels or name the classes"
        )
