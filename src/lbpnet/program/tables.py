"""Integer tables as few bits as they need: the constants of a program's file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProgramError
from .nodes import Table

MAX_ENTRIES = 1 << 24
_TRITS = 5  # 3^5 = 243 values fit a byte


class TableWriter:
    """Collects tables into one blob; `add` returns what the JSON half says of a table.

    Encodings, least significant bit or digit first: `bits`, `b` bits an entry, from the value `low`; `trits`, five
    entries of three values a byte; `range`, nothing stored, entries 0, 1, 2 ... Each table starts on a byte.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, table: Table) -> dict[str, Any]:
        """Store a table in its smallest encoding."""
        flat = table.reshape(-1).astype(np.int64)
        if np.array_equal(flat, np.arange(len(flat))):
            return {"shape": list(table.shape), "as": "range"}
        low = int(flat.min()) if len(flat) else 0
        span = int(flat.max()) - low + 1 if len(flat) else 1
        entry = {"shape": list(table.shape), "low": low, "at": self._size}
        if span == 3:
            self._append(_pack_trits(flat - low))
            return {**entry, "as": "trits"}
        bits = (span - 1).bit_length()
        self._append(_pack_bits(flat - low, bits))
        return {**entry, "as": "bits", "bits": bits}

    def _append(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)

    def blob(self) -> bytes:
        """Return everything stored so far."""
        return b"".join(self._parts)


def read_table(entry: object, blob: bytes, where: str) -> Table:
    """Return the table that an entry of the JSON half describes.

    Raises:
        ProgramError: the entry is malformed, or reaches outside the blob; nothing is allocated before that is known.
    """
    if not isinstance(entry, dict) or "shape" not in entry or "as" not in entry:
        raise ProgramError(f"{where}: expected a table (shape, as, ...)")
    keys = {"range": set(), "trits": {"low", "at"}, "bits": {"low", "at", "bits"}}.get(str(entry["as"]))
    if keys is None or set(entry) != keys | {"shape", "as"}:
        raise ProgramError(f"{where}: expected an encoding range, trits or bits with its keys, got {sorted(entry)}")
    shape, count = _shape(entry["shape"], where)
    if entry["as"] == "range":
        return np.arange(count, dtype=np.int32).reshape(shape)
    low = _integer(entry["low"], where, "low", -(1 << 31), (1 << 31) - 1)
    bits = _integer(entry["bits"], where, "bits", 0, 32) if entry["as"] == "bits" else 0
    size = (count * bits + 7) // 8 if entry["as"] == "bits" else -(-count // _TRITS)
    at = _integer(entry["at"], where, "at", 0, len(blob))
    if at + size > len(blob):
        raise ProgramError(f"{where}: expected {size} bytes at {at}, the blob has {len(blob)}")
    part = np.frombuffer(blob, np.uint8, size, at)
    values = low + (_unpack_bits(part, bits, count) if entry["as"] == "bits" else _unpack_trits(part, count, where))
    if count and not (int(values.min()) >= -(1 << 31) and int(values.max()) < 1 << 31):
        raise ProgramError(f"{where}: expected values of 32 bits, got {int(values.min())} to {int(values.max())}")
    return values.astype(np.int32).reshape(shape)


def _shape(shape: object, where: str) -> tuple[tuple[int, ...], int]:
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        raise ProgramError(f"{where}: shape: expected one or two sizes, got {shape!r}")
    count = 1
    for size in shape:
        count *= _integer(size, where, "shape", 0, MAX_ENTRIES)
    if count > MAX_ENTRIES:
        raise ProgramError(f"{where}: shape: expected at most {MAX_ENTRIES:,} entries, got {shape}")
    return tuple(shape), count


def _integer(value: object, where: str, name: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ProgramError(f"{where}: {name}: expected an integer from {low} to {high}, got {value!r}")
    return value


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
    if len(part) and int(part.max()) >= 3**_TRITS:
        raise ProgramError(f"{where}: expected bytes below {3**_TRITS} (five trits), got {int(part.max())}")
    return (part[:, None].astype(np.int64) // 3 ** np.arange(_TRITS) % 3).reshape(-1)[:count]
