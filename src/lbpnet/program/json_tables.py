"""The tables of a file of format 1: each described in JSON, packed one after the other."""

from __future__ import annotations

import reprlib

import numpy as np

from ..errors import ProgramError
from .nodes import Table
from .packing import packed_size, unpack
from .tables import MAX_ENTRIES, MAX_UNSTORED

_KEYS = {"range": set(), "trits": {"low", "at"}, "bits": {"low", "at", "bits"}}


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
        size = packed_size(count, bits)
        _integer(entry["at"], where, "at", self._at, self._at)
        if self._at + size > len(self._blob):
            raise ProgramError(f"{where}: expected {size} bytes at {self._at}, the blob has {len(self._blob)}")
        part = np.frombuffer(self._blob, np.uint8, size, self._at)
        self._at += size
        return unpack(part, bits, low, count, where).reshape(shape)

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
