"""EMNIST: one zip of gzipped IDX files, six ways to divide the same characters."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import ImageSet
from lbpnet.data.idx import parse_idx
from lbpnet.data.mnist import image_set
from lbpnet.errors import DataError

ARCHIVE = "gzip.zip"


def read_emnist(path: Path, *, split: str, classes: int, first_label: int) -> tuple[ImageSet, ImageSet]:
    """Read one division (`balanced`, `letters`, `digits`) out of NIST's `gzip.zip`.

    path: the zip or the folder that holds it. first_label: the number of the first class in the
    files (`letters` counts from 1). The files store every image transposed; the result (uint8,
    N x 1 x 28 x 28) stands upright. Raises DataError naming the archive and the member.
    """
    archive_path = path / ARCHIVE if path.is_dir() else path
    try:
        with zipfile.ZipFile(archive_path) as archive:
            halves = [_read_half(archive, archive_path, split, half) for half in ("train", "test")]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        # A damaged directory may also claim encryption or an unknown packing.
        raise DataError(f"{archive_path}: damaged zip ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(
            f"{archive_path}: cannot be read ({error.strerror or error}); expected NIST's {ARCHIVE}"
        ) from error
    sets: list[ImageSet] = []
    for (images, labels), half in zip(halves, ("train", "test"), strict=True):
        name = f"{archive_path}: emnist-{split}-{half}"
        if labels.size and int(labels.min()) < first_label:
            position = int(np.argmin(labels))
            raise DataError(
                f"{name}-labels: expected labels in {first_label}..{first_label + classes - 1}, "
                f"got {int(labels[position])} at position {position}"
            )
        upright = np.ascontiguousarray(images.transpose(0, 2, 1))
        shifted = labels - np.uint8(first_label)
        sets.append(image_set(upright, shifted, f"{name}-images", f"{name}-labels", classes))
    return sets[0], sets[1]


def _read_half(
    archive: zipfile.ZipFile, path: Path, split: str, half: str
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images = _read_member(archive, path, f"emnist-{split}-{half}-images-idx3-ubyte.gz")
    labels = _read_member(archive, path, f"emnist-{split}-{half}-labels-idx1-ubyte.gz")
    if images.ndim != 3 or labels.ndim != 1:
        raise DataError(
            f"{path}: emnist-{split}-{half}: expected N x H x W images and N labels, got shapes "
            f"{images.shape} and {labels.shape}"
        )
    return images, labels


def _read_member(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[np.uint8]:
    for member in archive.namelist():
        if member.rpartition("/")[2] == name:
            with archive.open(member) as stream:
                return parse_idx(stream, f"{path}: {member}", suffix=".gz")
    raise DataError(f"{path}: expected the member {name}, found none; is this NIST's {ARCHIVE}?")
