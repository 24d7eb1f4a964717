"""Images without labels, from pictures, arrays, folders or bytes: what a trained network is asked about."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.channels import convert_channels
from lbpnet.data.idx import UNSIGNED_BYTE, parse_idx
from lbpnet.data.npz import LAYOUTS, channels_first
from lbpnet.data.picture_file import SUFFIXES, read_picture
from lbpnet.errors import DataError

BATCH = 256
_GZIP, _XZ, _ZIP, _IDX = b"\x1f\x8b", b"\xfd7zXZ", b"PK\x03\x04", bytes([0, 0, UNSIGNED_BYTE])

Batch = tuple[list[str], NDArray[np.uint8]]
Shape = tuple[int, int, int]


def read_unlabelled(path: Path, shape: Shape) -> Iterator[Batch]:
    """Yield (names, images) of at most 256, images uint8 N x C x H x W of `shape` (C, H, W).

    A folder: its PNG, JPEG and BMP files, those of inner folders too, in order of their paths, hidden ones left out.
    A file: see `decode_unlabelled`. Raises DataError naming what cannot be read.
    """
    if not path.is_dir():
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
        yield from decode_unlabelled(data, str(path), shape)
        return
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not _hidden(p.relative_to(path)))
    if not found:
        raise DataError(f"{path}: expected at least one picture ({', '.join(SUFFIXES)}), found none")
    _require_pictures(str(path), shape)
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        yield [str(p) for p in part], np.stack([read_picture(p, shape[1:], shape[0]) for p in part])


def decode_unlabelled(data: bytes, name: str, shape: Shape) -> Iterator[Batch]:
    """Yield (names, images) of a file's bytes: what it is, its first bytes say.

    - A picture (PNG, JPEG, BMP ...) of any size: `read_picture` says how it becomes pixels.
    - IDX, raw, gzip or xz: N x H x W, or as below.
    - .npz: the array `x_test`, or else the only array; uint8, N x H x W, or N x C x H x W, or N x H x W x C, told
      apart as `read_npz` does.

    Arrays must have the network's height and width: they are never resized. Grey becomes colour and colour grey.
    Raises DataError with `name`.
    """
    if not data:
        raise DataError(f"{name}: is empty; expected a picture, IDX or .npz")
    if data.startswith(_ZIP):
        images = _read_npz(data, name)
    elif data.startswith(_GZIP) or data.startswith(_XZ) or data.startswith(_IDX):
        suffix = ".gz" if data.startswith(_GZIP) else ".xz" if data.startswith(_XZ) else ""
        images = channels_first(parse_idx(io.BytesIO(data), name, suffix=suffix), name, None)
    else:
        _require_pictures(name, shape)
        yield [name], read_picture(io.BytesIO(data), shape[1:], shape[0], name=name)[None]
        return
    fitted = _fit(images, name, shape)
    for start in range(0, len(fitted), BATCH):
        part = fitted[start : start + BATCH]
        yield [f"{name}[{start + i}]" for i in range(len(part))], part


def _read_npz(data: bytes, name: str) -> NDArray[np.uint8]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = [key for key in archive.files if key != "layout"]
            key = "x_test" if "x_test" in arrays else arrays[0] if len(arrays) == 1 else None
            if key is None:
                raise DataError(f"{name}: expected an array x_test, or one array alone; got {', '.join(arrays)}")
            images = archive[key]
            layout = str(archive["layout"]) if "layout" in archive.files else None
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{name}: damaged, pickled or no .npz file ({error})") from error
    if layout is not None and layout not in LAYOUTS:
        raise DataError(f"{name}: layout: expected NCHW or NHWC, got {layout!r}")
    if images.dtype != np.uint8:
        raise DataError(f"{name}: {key}: expected uint8, got {images.dtype}; scale to 0..255 and convert")
    return channels_first(images, f"{name}: {key}", layout)


def _fit(images: NDArray[np.uint8], name: str, shape: Shape) -> NDArray[np.uint8]:
    channels, *sides = shape
    if list(images.shape[2:]) != sides:
        raise DataError(
            f"{name}: expected images of {sides[0]} x {sides[1]} pixels, got {images.shape[2]} x {images.shape[3]}; "
            "arrays are not resized, pictures are"
        )
    if images.shape[1] != channels and {images.shape[1], channels} != {1, 3}:
        raise DataError(f"{name}: expected images of {channels} channels, got {images.shape[1]}")
    return np.ascontiguousarray(convert_channels(images, channels))


def _require_pictures(name: str, shape: Shape) -> None:
    if shape[0] not in (1, 3):
        raise DataError(f"{name}: a picture is grey or colour, the network takes {shape[0]} channels; give it an .npz")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
