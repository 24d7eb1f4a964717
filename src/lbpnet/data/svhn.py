"""Street View House Numbers, cropped digits (format 2): two MATLAB files."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from lbpnet.data.dataset import ImageSet
from lbpnet.errors import DataError


def read_svhn(folder: Path) -> tuple[ImageSet, ImageSet]:
    """Read `train_32x32.mat` and `test_32x32.mat` (uint8, N x 3 x 32 x 32).

    The files call the digit 0 class 10; here it is 0. Raises DataError naming the file.
    """
    return read_svhn_file(folder / "train_32x32.mat"), read_svhn_file(folder / "test_32x32.mat")


def read_svhn_file(path: Path) -> ImageSet:
    """Read one .mat file with `X` (uint8, H x W x 3 x N) and `y` (1..10, N x 1).

    Raises DataError naming the file if it is missing, damaged or of another shape, or naming the
    position and value of a label outside 1..10.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(str(path), variable_names=["X", "y"])
    except (MatReadError, ValueError, TypeError, NotImplementedError, zlib.error) as error:
        raise DataError(f"{path}: damaged or no MATLAB 5 file ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if "X" not in content or "y" not in content:
        raise DataError(f"{path}: expected the variables X and y, got {sorted(content)}")
    pixels, digits = np.asarray(content["X"]), np.asarray(content["y"]).reshape(-1)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[2] != 3:
        raise DataError(
            f"{path}: expected X as uint8 of shape H x W x 3 x N, got {pixels.dtype} of shape {pixels.shape}"
        )
    if not np.issubdtype(digits.dtype, np.integer) or len(digits) != pixels.shape[3]:
        raise DataError(f"{path}: expected y as {pixels.shape[3]} integers, got {len(digits)} of {digits.dtype}")
    labels = digits.astype(np.int64)
    wrong = np.flatnonzero((labels < 1) | (labels > 10))
    if wrong.size:
        raise DataError(f"{path}: expected labels in 1..10, got {int(labels[wrong[0]])} at position {int(wrong[0])}")
    return ImageSet(np.ascontiguousarray(pixels.transpose(3, 2, 0, 1)), labels % 10)
