"""Integers of equal width, and of three values, as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import ProgramError
from .nodes import Table

TRITS = 5  # 3^5 = 243 values fit a byte
_CHUNK = 8 * TRITS * 256  # entries at a time, whole bytes either way


def packed_size(count: int, bits: int | None) -> int:
    """Return the bytes of `count` entries of `bits` bits, or of trits."""
    return -(-count // TRITS) if bits is None else (count * bits + 7) // 8


def pack(flat: NDArray[np.int64], bits: int | None) -> bytes:
    """Return entries of `bits` bits, or trits (0 to 2, five a byte), least significant first."""
    chunks = [flat[start : start + _CHUNK] for start in range(0, len(flat), _CHUNK)]
    return b"".join(_pack_trits(chunk) if bits is None else _pack_bits(chunk, bits) for chunk in chunks)


def unpack(part: NDArray[np.uint8], bits: int | None, low: int, count: int, where: str) -> Table:
    """Return `count` entries of `bits` bits, or of trits: chunk by chunk, since whole they would take 64 bits each."""
    table = np.empty(count, np.int32)
    for start in range(0, count, _CHUNK):
        length = min(_CHUNK, count - start)
        if bits is None:
            piece = _unpack_trits(part[start // TRITS : (start + length + TRITS - 1) // TRITS], length, where)
        else:
            piece = _unpack_bits(part[start * bits // 8 : ((start + length) * bits + 7) // 8], bits, length)
        largest = low + int(piece.max())
        if largest >= 1 << 31:
            raise ProgramError(f"{where}: expected values of 32 bits, got {largest}")
        table[start : start + length] = low + piece
    return table


def _pack_bits(values: NDArray[np.int64], bits: int) -> bytes:
    digits = (values[:, None] >> np.arange(bits)) & 1
    return np.packbits(digits.astype(np.uint8).reshape(-1), bitorder="little").tobytes()


def _unpack_bits(part: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.int64]:
    digits = np.unpackbits(part, bitorder="little", count=count * bits).reshape(count, bits)
    return digits.astype(np.int64) @ (1 << np.arange(bits, dtype=np.int64))


def _pack_trits(values: NDArray[np.int64]) -> bytes:
    padded = np.concatenate([values, np.zeros(-len(values) % TRITS, np.int64)]).reshape(-1, TRITS)
    return (padded @ 3 ** np.arange(TRITS)).astype(np.uint8).tobytes()


def _unpack_trits(part: NDArray[np.uint8], count: int, where: str) -> NDArray[np.int64]:
    if int(part.max()) >= 3**TRITS:
        raise ProgramError(f"{where}: expected bytes below {3**TRITS} (five trits), got {int(part.max())}")
    return (part[:, None].astype(np.int64) // 3 ** np.arange(TRITS) % 3).reshape(-1)[:count]
