"""Writes files of format 1, as older versions did; and files made by hand: any JSON, any blob, a right checksum."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import fields
from typing import Any

import numpy as np

from lbpnet.errors import ProgramError
from lbpnet.program import Node, Program, Table
from lbpnet.program.operations import OPERATIONS
from lbpnet.program.packing import pack as pack_numbers
from lbpnet.program.tables import MAX_ENTRIES, MAX_UNSTORED

HEADER = struct.Struct("<4sHHII8s")  # written down again: a reader that changes the layout must change the version
_OP_NAMES = {node: name for name, node in OPERATIONS.items()}


def to_json_bytes(program: Program) -> bytes:
    """Return a program's file of format 1."""
    writer = JsonTableWriter()
    nodes = [_entry(node, writer) for node in program.nodes]
    text = json.dumps({"nodes": nodes, "classes": program.classes}, separators=(",", ":"), ensure_ascii=False)
    return pack(text.encode(), writer.blob())


def pack(payload: bytes, blob: bytes, magic: bytes = b"LBPN", version: int = 1, zero: int = 0) -> bytes:
    """Return a file whose sizes and checksum are right."""
    digest = hashlib.blake2b(payload + blob, digest_size=8).digest()
    return HEADER.pack(magic, version, zero, len(payload), len(blob), digest) + payload + blob


def unpack(data: bytes) -> tuple[bytes, bytes]:
    """Return the JSON text and the blob of a file."""
    size = HEADER.unpack_from(data)[3]
    return data[HEADER.size : HEADER.size + size], data[HEADER.size + size :]


def halves(program: Program) -> tuple[dict[str, Any], bytes]:
    """Return the JSON tree and the blob of a program's file."""
    payload, blob = unpack(to_json_bytes(program))
    return json.loads(payload), blob


def forge(tree: object, blob: bytes) -> bytes:
    """Return the file of any tree that JSON can write, and of any blob."""
    return pack(json.dumps(tree).encode(), blob)


def _entry(node: Node, writer: JsonTableWriter) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": _OP_NAMES[type(node)]}
    for field in fields(node):
        value = getattr(node, field.name)
        entry[field.name] = writer.add(value) if isinstance(value, np.ndarray) else value
    return entry


class JsonTableWriter:
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
        if span == 3:
            self._append(pack_numbers(flat - low, None))
            return {**entry, "as": "trits"}
        bits = 0 if span == 1 and self._leave_out(len(flat)) else max((span - 1).bit_length(), 1)
        self._append(pack_numbers(flat - low, bits))
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
