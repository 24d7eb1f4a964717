"""NumPy archives with the keys x_train, y_train, x_test and y_test."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import Dataset, ImageSet, check_labels
from lbpnet.errors import DataError

KEYS = ("x_train", "y_train", "x_test", "y_test")
LAYOUTS = ("NHWC", "NCHW")


def read_npz(path: Path) -> Dataset:
    """Read a .npz file of uint8 images and integer labels.

    x_*: N x H x W (grey), or four axes of which exactly one of the second (N x C x H x W) and the
    last (N x H x W x C) has size 1 or 3: that one is the channels. Where both have, the file must
    say so itself in a key `layout` ("NCHW" or "NHWC"). y_*: N or N x 1, from 0 up. An optional key
    `classes` (strings) names the classes; without it they are "0", "1", … up to the largest label.
    Nothing is unpickled. Raises DataError naming the file and the key.
    """
    arrays = _load(path)
    layout = str(arrays["layout"]) if "layout" in arrays else None
    if layout is not None and layout not in LAYOUTS:
        raise DataError(f"{path}: layout: expected NCHW or NHWC, got {layout!r}")
    train = _image_set(path, arrays, "train", layout)
    test = _image_set(path, arrays, "test", layout)
    if "classes" in arrays:
        classes = tuple(str(name) for name in arrays["classes"].reshape(-1))
    else:
        classes = tuple(str(number) for number in range(int(train.labels.max()) + 1))
    check_labels(train.labels, len(classes), f"{path}: y_train")
    check_labels(test.labels, len(classes), f"{path}: y_test")
    return Dataset(path.stem, train, test, classes, str(path), "as stated by its owner")


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # NumPy leaves a file open that it opened itself and found damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: expected a .npz archive, got a single array")
            missing = [key for key in KEYS if key not in archive]
            if missing:
                raise DataError(
                    f"{path}: expected the keys {', '.join(KEYS)}; missing {', '.join(missing)} "
                    f"among {', '.join(archive.files)}"
                )
            wanted = [key for key in (*KEYS, "layout", "classes") if key in archive]
            return {key: archive[key] for key in wanted}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: damaged, pickled or no .npz file ({error}); write it again with numpy.savez"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _image_set(path: Path, arrays: dict[str, NDArray[Any]], half: str, layout: str | None) -> ImageSet:
    images, labels = arrays[f"x_{half}"], arrays[f"y_{half}"]
    name = f"{path}: x_{half}"
    if images.dtype != np.uint8:
        raise DataError(f"{name}: expected uint8, got {images.dtype}; scale to 0..255 and convert")
    if not np.issubdtype(labels.dtype, np.integer) or labels.size != len(labels):
        raise DataError(f"{path}: y_{half}: expected one integer an image, got {labels.dtype} of shape {labels.shape}")
    if len(images) != len(labels) or images.size == 0:
        raise DataError(
            f"{name}: expected as many images as labels and at least one, got {len(images)} images "
            f"and {len(labels)} labels"
        )
    stacked = channels_first(images, name, layout)
    return ImageSet(np.ascontiguousarray(stacked), labels.reshape(-1).astype(np.int64))


def channels_first(images: NDArray[np.uint8], name: str, layout: str | None) -> NDArray[np.uint8]:
    """Return images as N x C x H x W; `read_npz` says how axes are told apart. Raises DataError with `name`."""
    if images.ndim == 3:
        return images[:, None]
    if images.ndim != 4:
        raise DataError(f"{name}: expected three or four axes, got shape {images.shape}")
    second, last = images.shape[1] in (1, 3), images.shape[3] in (1, 3)
    if layout is None and second and last:
        raise DataError(
            f"{name}: shape {images.shape} fits both N x C x H x W and N x H x W x C; add a key "
            'layout="NCHW" or layout="NHWC" to the file'
        )
    if layout is None:
        layout = "NCHW" if second else "NHWC"
    channels = images.shape[1] if layout == "NCHW" else images.shape[3]
    if channels not in (1, 3):
        raise DataError(f"{name}: expected 1 or 3 channels as second or last axis, got shape {images.shape}")
    return images if layout == "NCHW" else images.transpose(0, 3, 1, 2)
