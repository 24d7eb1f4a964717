"""Strict reading and writing of IDX files, the format of MNIST: raw, .gz and .xz.

An IDX file is two zero bytes, a type byte (8: unsigned byte, the only one accepted), the number of
dimensions, each dimension as a big-endian 32-bit integer, then the values. Nothing may follow.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.atomic import write_atomically
from lbpnet.errors import ChecksumError, DataError

UNSIGNED_BYTE = 8
CHUNK = 1 << 22
SUFFIXES = ("", ".gz", ".xz")
# LZMA's position bits model 32-bit alignment, which pixels do not have: without them, and with the
# most literal context, digits pack smallest.
XZ_FILTERS: Sequence[dict[str, int]] = (
    {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0},
)


def read_idx(path: Path, *, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read an IDX file into a uint8 array of the shape that its header states.

    A name ending in .gz or .xz is decompressed. `sha256` is the digest that the decompressed bytes
    must have. Raises DataError naming the file if it is missing, truncated, corrupt, of another
    type or longer than its header says; ChecksumError if its digest differs.
    """
    try:
        with path.open("rb") as stream:
            return parse_idx(stream, str(path), suffix=path.suffix, sha256=sha256)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def parse_idx(stream: IO[bytes], name: str, *, suffix: str = "", sha256: str | None = None) -> NDArray[np.uint8]:
    """Read an IDX file from an open stream; `name` is what errors call it, `suffix` its packing.

    Returns uint8 of the shape in the header; raises like `read_idx`.
    """
    try:
        if suffix == ".gz":
            with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
                return _parse(unpacked, name, sha256)
        if suffix == ".xz":
            with lzma.LZMAFile(stream, mode="rb") as unpacked:
                return _parse(unpacked, name, sha256)
        return _parse(stream, name, sha256)
    except EOFError as error:
        raise DataError(f"{name}: the {suffix} data end too early; the file is truncated, fetch it again") from error
    except (zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise DataError(f"{name}: the {suffix} data are corrupt ({error}); fetch the file again") from error


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _parse(stream: _Readable, name: str, sha256: str | None) -> NDArray[np.uint8]:
    digest = hashlib.sha256()
    magic = _read_header(stream, 4, name)
    if magic[:2] != b"\0\0" or magic[2] != UNSIGNED_BYTE or magic[3] == 0:
        raise DataError(
            f"{name}: expected an IDX file of unsigned bytes (first bytes 00 00 08 and the number "
            f"of dimensions), got {magic.hex(' ')}; check that this is the right file"
        )
    header = _read_header(stream, 4 * magic[3], name)
    shape = struct.unpack(f">{magic[3]}I", header)
    expected = math.prod(shape)
    digest.update(magic + header)
    payload = bytearray()
    # Read piece by piece: a header that promises terabytes must not make us allocate them.
    while len(payload) < expected:
        piece = stream.read(min(CHUNK, expected - len(payload)))
        if not piece:
            raise DataError(
                f"{name}: the header promises {expected} values ({' x '.join(map(str, shape))}), "
                f"the file holds {len(payload)}; it is truncated or its header is wrong"
            )
        payload += piece
    digest.update(payload)
    # This last read also makes gzip and xz compare their own checksums.
    if stream.read(1):
        raise DataError(
            f"{name}: bytes follow the {expected} values that the header promises; "
            "the header is wrong or the file is damaged"
        )
    if sha256 is not None and digest.hexdigest() != sha256:
        raise ChecksumError(
            f"{name}: expected the decompressed SHA-256 {sha256}, got {digest.hexdigest()}; "
            "remove the file and fetch it again"
        )
    return np.frombuffer(payload, dtype=np.uint8).reshape(shape)


def _read_header(stream: _Readable, count: int, name: str) -> bytes:
    data = b""
    while len(data) < count:
        piece = stream.read(count - len(data))
        if not piece:
            raise DataError(f"{name}: the file ends inside its IDX header; it is truncated or empty")
        data += piece
    return data


def encode_idx(array: NDArray[Any]) -> bytes:
    """Lay a uint8 array of 1 to 255 dimensions out as the bytes of an IDX file, else DataError."""
    if array.dtype != np.uint8 or array.ndim < 1:
        raise DataError(
            f"expected uint8 of at least one dimension for an IDX file, got {array.dtype} of shape "
            f"{array.shape}; convert it"
        )
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + np.ascontiguousarray(array).tobytes()


def write_idx(path: Path, array: NDArray[Any]) -> None:
    """Write a uint8 array as IDX, packed as the name's ending (.gz, .xz or none) says.

    The bytes depend on the values alone: no time, no name. Raises DataError for another dtype, or
    if the file cannot be written.
    """
    data = encode_idx(array)
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=9, mtime=0)
    elif path.suffix == ".xz":
        data = lzma.compress(data, check=lzma.CHECK_CRC32, filters=XZ_FILTERS)
    write_atomically(path, data)
