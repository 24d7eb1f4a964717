"""Integer tables as few bits as they need: the constants of a program's file."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProgramError
from .nodes import Table

MAX_ENTRIES = 1 << 24
"""Entries of all tables of a file."""
MAX_UNSTORED = 1 << 18
"""Entries of all tables of which the blob holds nothing: a short file makes no large arrays."""
_KEYS = {"range": set(), "trits": {"low", "at"}, "bits": {"low", "at", "bits"}}
_TRITS = 5  # 3^5 = 243 values fit a byte
_CHUNK = 8 * _TRITS * 256  # entries at a time, whole bytes in every encoding


class TableWriter:
    """Collects tables into one blob; `add` returns what the JSON half says of a table.

    Encodings, least significant bit or digit first: `bits`, `b` bits an entry, from the value `low`; `trits`, five
    entries of three values a byte; `range`, nothing stored, entries 0, 1, 2 ... Each table starts on a byte, where the
    one before it ends.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._entries = 0
        self._unstored = 0

    def add(self, table: Table) -> dict[str, Any]:
        """Store a table in its smallest encoding.

        Raises:
            ProgramError: the tables have more entries than a file holds.
        """
        self._entries += table.size
        if self._entries > MAX_ENTRIES:
            raise ProgramError(f"tables: expected at most {MAX_ENTRIES:,} entries in all, got {self._entries:,}")
        flat = table.reshape(-1).astype(np.int64)
        if np.array_equal(flat, np.arange(len(flat))) and self._leave_out(len(flat)):
            return {"shape": list(table.shape), "as": "range"}
        low = int(flat.min()) if len(flat) else 0
        span = int(flat.max()) - low + 1 if len(flat) else 1
        entry = {"shape": list(table.shape), "low": low, "at": self._size}
        chunks = [flat[start : start + _CHUNK] - low for start in range(0, len(flat), _CHUNK)]
        if span == 3:
            self._append(b"".join(_pack_trits(chunk) for chunk in chunks))
            return {**entry, "as": "trits"}
        bits = 0 if span == 1 and self._leave_out(len(flat)) else max((span - 1).bit_length(), 1)
        self._append(b"".join(_pack_bits(chunk, bits) for chunk in chunks))
        return {**entry, "as": "bits", "bits": bits}

    def _leave_out(self, count: int) -> bool:
        """Whether `count` more entries may be stored as nothing; counts them if so."""
        if self._unstored + count > MAX_UNSTORED:
            return False
        self._unstored += count
        return True

    def _append(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)

    def blob(self) -> bytes:
        """Return everything stored so far."""
        return b"".join(self._parts)


class TableReader:
    """Reads the tables of a blob in the order in which they were added: one after the other, nothing between."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._at = 0
        self._entries = 0
        self._unstored = 0

    def read(self, entry: object, where: str) -> Table:
        """Return the table that an entry of the JSON half describes.

        Raises:
            ProgramError: the entry is malformed, or is not the next of the blob; nothing is allocated before that is
                known, and never more than 32 times the blob and `MAX_UNSTORED` entries.
        """
        if not isinstance(entry, dict) or "shape" not in entry or "as" not in entry:
            raise ProgramError(f"{where}: expected a table (shape, as, ...)")
        keys = _KEYS.get(entry["as"]) if isinstance(entry["as"], str) else None
        if keys is None or set(entry) != keys | {"shape", "as"}:
            got = reprlib.repr(sorted(entry))
            raise ProgramError(f"{where}: expected an encoding range, trits or bits with its keys, got {got}")
        shape, count = _shape(entry["shape"], where)
        bits = _integer(entry["bits"], where, "bits", 0, 32) if entry["as"] == "bits" else None
        self._count(count, entry["as"] == "range" or bits == 0, where)
        if entry["as"] == "range":
            return np.arange(count, dtype=np.int32).reshape(shape)
        low = _integer(entry["low"], where, "low", -(1 << 31), (1 << 31) - 1)
        size = -(-count // _TRITS) if bits is None else (count * bits + 7) // 8
        _integer(entry["at"], where, "at", self._at, self._at)
        if self._at + size > len(self._blob):
            raise ProgramError(f"{where}: expected {size} bytes at {self._at}, the blob has {len(self._blob)}")
        part = np.frombuffer(self._blob, np.uint8, size, self._at)
        self._at += size
        return _decode(part, bits, low, count, where).reshape(shape)

    def finish(self) -> None:
        """Raise a ProgramError where the blob has bytes of no table."""
        if self._at != len(self._blob):
            raise ProgramError(f"blob: expected {self._at} bytes, as many as the tables have, got {len(self._blob)}")

    def _count(self, count: int, unstored: bool, where: str) -> None:
        self._entries += count
        self._unstored += count if unstored else 0
        if self._entries > MAX_ENTRIES or self._unstored > MAX_UNSTORED:
            raise ProgramError(
                f"{where}: shape: expected at most {MAX_ENTRIES:,} entries in all tables and {MAX_UNSTORED:,} in those "
                f"that store nothing, got {self._entries:,} and {self._unstored:,}"
            )


def _shape(shape: object, where: str) -> tuple[tuple[int, ...], int]:
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        raise ProgramError(f"{where}: shape: expected one or two sizes, got {reprlib.repr(shape)}")
    sizes = tuple(_integer(size, where, "shape", 0, MAX_ENTRIES) for size in shape)
    return sizes, sizes[0] * sizes[-1] if len(sizes) == 2 else sizes[0]


def _integer(value: object, where: str, name: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        expected = f"an integer from {low} to {high}" if low < high else f"{low}"
        raise ProgramError(f"{where}: {name}: expected {expected}, got {reprlib.repr(value)}")
    return value


def _decode(part: NDArray[np.uint8], bits: int | None, low: int, count: int, where: str) -> Table:
    """Return `count` entries of `bits` bits, or of trits: chunk by chunk, since whole they would take 64 bits each."""
    table = np.empty(count, np.int32)
    for start in range(0, count, _CHUNK):
        length = min(_CHUNK, count - start)
        if bits is None:
            piece = _unpack_trits(part[start // _TRITS : (start + length + _TRITS - 1) // _TRITS], length, where)
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
    padded = np.concatenate([values, np.zeros(-len(values) % _TRITS, np.int64)]).reshape(-1, _TRITS)
    return (padded @ 3 ** np.arange(_TRITS)).astype(np.uint8).tobytes()


def _unpack_trits(part: NDArray[np.uint8], count: int, where: str) -> NDArray[np.int64]:
    if int(part.max()) >= 3**_TRITS:
        raise ProgramError(f"{where}: expected bytes below {3**_TRITS} (five trits), got {int(part.max())}")
    return (part[:, None].astype(np.int64) // 3 ** np.arange(_TRITS) % 3).reshape(-1)[:count]
