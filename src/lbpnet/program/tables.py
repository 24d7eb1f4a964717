"""Integer tables as few bits as they need: the constants of a program's file."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np

from ..errors import ProgramError
from .nodes import Table
from .packing import pack, packed_size, unpack
from .range_coder import RangeDecoder, RangeEncoder
from .varints import NumberReader, put_number, put_signed
from .weight_model import MOST, decode_weights, encode_weights

MAX_ENTRIES = 1 << 24
"""Entries of all tables of a file."""
MAX_UNSTORED = 1 << 18
"""Entries of all tables of which the file holds nothing: a short file makes no large arrays."""
MAX_CODED = 1 << 18
"""Entries of all range-coded tables: they are read one by one, and some take next to nothing."""
_RANGE, _BITS, _TRITS, _DIGITS, _WEIGHTS = range(5)
_NAMES = ("range", "bits", "trits", "digits", "weights")
_LOWEST, _HIGHEST = -(1 << 31), (1 << 31) - 1


class TableWriter:
    """Collects tables: what describes each (`add` appends it to a structure), packed bytes, and coded bytes.

    Encodings, of which `add` takes the smallest: `range`, entries 0, 1, 2 ..., nothing stored; `bits`, so many bits an
    entry above the value `low` (none where all are equal); `trits`, three values, five a byte; `digits`, range-coded,
    all values from `low` to `low + span - 1` equally likely; `weights`, range-coded by `weight_model`. All coded
    tables share one stream. Tables too large to be coded (`MAX_CODED`) are packed.
    """

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._coder = RangeEncoder()
        self._entries = 0
        self._unstored = 0
        self._coded = 0

    def add(self, table: Table, out: bytearray) -> None:
        """Store a table in its smallest encoding, and append its description.

        Raises:
            ProgramError: the tables have more entries than a file holds.
        """
        self._entries += table.size
        if self._entries > MAX_ENTRIES:
            raise ProgramError(f"tables: expected at most {MAX_ENTRIES:,} entries in all, got {self._entries:,}")
        flat = table.reshape(-1).astype(np.int64)
        if np.array_equal(flat, np.arange(len(flat))) and self._leave_out(len(flat)):
            _describe(out, _RANGE, table)
            return
        low = int(flat.min()) if len(flat) else 0
        span = int(flat.max()) - low + 1 if len(flat) else 1
        if span > 1 and self._coded + len(flat) <= MAX_CODED:
            self._coded += len(flat)
            self._code(table, low, span, out)
            return
        trits = span == 3
        bits = 0 if span == 1 and self._leave_out(len(flat)) else max((span - 1).bit_length(), 1)
        _describe(out, _TRITS if trits else _BITS, table)
        put_signed(out, low)
        if not trits:
            put_number(out, bits)
        self._packed.append(pack(flat - low, None if trits else bits))

    def _code(self, table: Table, low: int, span: int, out: bytearray) -> None:
        most = max(-low, low + span - 1)
        if table.ndim == 2 and most <= MOST:
            trial = deepcopy(self._coder)
            encode_weights(trial, table)
            if trial.size - self._coder.size < table.size * math.log2(span) / 8:
                self._coder = trial
                _describe(out, _WEIGHTS, table)
                put_number(out, most)
                return
        _describe(out, _DIGITS, table)
        put_signed(out, low)
        put_number(out, span - 1)
        for value in table.reshape(-1).tolist():
            self._coder.digit(value - low, span)

    def _leave_out(self, count: int) -> bool:
        """Whether `count` more entries may be stored as nothing; counts them if so."""
        if self._unstored + count > MAX_UNSTORED:
            return False
        self._unstored += count
        return True

    def packed(self) -> bytes:
        """Return the bytes of the packed tables."""
        return b"".join(self._packed)

    def coded(self) -> bytes:
        """Return the bytes of the coded tables; nothing can be added afterwards."""
        return self._coder.finish()


def packed_table_size(table: Table) -> int:
    """Return the bytes of a table that is not coded: bits or trits, nothing for 0, 1, 2 ... or equal entries."""
    flat = table.reshape(-1).astype(np.int64)
    if not len(flat) or np.array_equal(flat, np.arange(len(flat))):
        return 0
    span = int(flat.max()) - int(flat.min()) + 1
    return packed_size(len(flat), None if span == 3 else (span - 1).bit_length())


class TableReader:
    """Reads tables in the order in which they were added.

    Args:
        packed: the packed bytes, one table after the other.
        coded: the coded bytes.
    """

    def __init__(self, packed: bytes, coded: bytes) -> None:
        self._packed = packed
        self._decoder = RangeDecoder(coded)
        self._at = 0
        self._entries = 0
        self._unstored = 0
        self._coded = 0

    def read(self, numbers: NumberReader, where: str) -> Table:
        """Return the table that is described next.

        Raises:
            ProgramError: the description is malformed, or the bytes are; nothing is allocated before sizes are known
                to be allowed, and never more than 32 times the packed bytes, `MAX_UNSTORED` and `MAX_CODED` entries.
        """
        kind, dimensions = divmod(numbers.number(where, 2 * len(_NAMES) - 1), 2)
        shape = tuple(numbers.number(f"{where}: shape", MAX_ENTRIES) for _ in range(dimensions + 1))
        count = math.prod(shape)
        if kind == _WEIGHTS:
            return self._weights(numbers, shape, where)
        low = numbers.signed(f"{where}: low") if kind != _RANGE else 0
        span = numbers.number(f"{where}: span") + 1 if kind == _DIGITS else 1
        bits = numbers.number(f"{where}: bits", 32) if kind == _BITS else None
        self._count(count, kind, bits, where)
        if kind == _RANGE:
            return np.arange(count, dtype=np.int32).reshape(shape)
        if kind == _DIGITS:
            if low + span - 1 > _HIGHEST or span < 2:
                raise ProgramError(f"{where}: span: expected 2 or more values of 32 bits, got {span} from {low}")
            digits = np.fromiter((low + self._decoder.digit(span) for _ in range(count)), np.int32, count)
            return digits.reshape(shape)
        size = packed_size(count, bits)
        if self._at + size > len(self._packed):
            raise ProgramError(f"{where}: expected {size} bytes at {self._at}, got {len(self._packed)} in all")
        part = np.frombuffer(self._packed, np.uint8, size, self._at)
        self._at += size
        return unpack(part, bits, low, count, where).reshape(shape)

    def finish(self) -> None:
        """Raise a ProgramError where there are bytes of no table."""
        if self._at != len(self._packed):
            raise ProgramError(f"tables: expected {self._at} packed bytes, got {len(self._packed)}")
        self._decoder.finish()

    def _weights(self, numbers: NumberReader, shape: tuple[int, ...], where: str) -> Table:
        most = numbers.number(f"{where}: most", MOST)
        if len(shape) != 2 or 0 in shape or most == 0:
            raise ProgramError(f"{where}: expected weights in two dimensions, up to 1 or more, got {shape}, {most}")
        self._count(math.prod(shape), _WEIGHTS, None, where)
        return decode_weights(self._decoder, (shape[0], shape[1]), most)

    def _count(self, count: int, kind: int, bits: int | None, where: str) -> None:
        self._entries += count
        self._unstored += count if kind == _RANGE or bits == 0 else 0
        self._coded += count if kind in (_DIGITS, _WEIGHTS) else 0
        if self._entries > MAX_ENTRIES or self._unstored > MAX_UNSTORED or self._coded > MAX_CODED:
            raise ProgramError(
                f"{where}: shape: expected at most {MAX_ENTRIES:,} entries in all tables, {MAX_UNSTORED:,} in those "
                f"that store nothing and {MAX_CODED:,} in coded ones, got {self._entries:,}, {self._unstored:,} and "
                f"{self._coded:,}"
            )


def _describe(out: bytearray, kind: int, table: Table) -> None:
    put_number(out, 2 * kind + table.ndim - 1)
    for size in table.shape:
        put_number(out, size)
