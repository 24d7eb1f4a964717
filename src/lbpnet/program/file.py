"""The file of a program, `.lbp`: a header, one JSON text, one blob of bit-packed tables."""

from __future__ import annotations

import hashlib
import json
import reprlib
import struct
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ProgramError
from .nodes import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Shrink,
    SumPool,
    Table,
    field_types,
)
from .program import MAX_NODES, Program
from .tables import TableReader, TableWriter

MAGIC = b"LBPN"
VERSION = 1
_HEADER = struct.Struct("<4sHHII8s")  # magic, version, zero, JSON bytes, blob bytes, digest of JSON and blob
MAX_FILE = 1 << 26
MAX_TEXT = 1 << 20
"""Bytes of the JSON half: parsed, it takes up to thirty times as much."""

_OPS: dict[str, type[Node]] = {
    "input": Input,
    "shrink": Shrink,
    "compare": Compare,
    "encode": Encode,
    "join": Join,
    "max_pool": MaxPool,
    "sum_pool": SumPool,
    "add_weights": AddWeights,
    "argmax": Argmax,
}
_NAMES = {node: name for name, node in _OPS.items()}


def to_bytes(program: Program) -> bytes:
    """Return a program's file.

    Raises:
        ProgramError: it is too large to be read again.
    """
    writer = TableWriter()
    nodes = [_entry(node, writer) for node in program.nodes]
    text = json.dumps({"nodes": nodes, "classes": program.classes}, separators=(",", ":"), ensure_ascii=False)
    payload, blob = text.encode(), writer.blob()
    _check_sizes(len(payload), len(blob), "program")
    return _HEADER.pack(MAGIC, VERSION, 0, len(payload), len(blob), _digest(payload, blob)) + payload + blob


def blob_bytes(program: Program) -> int:
    """Return the bytes of a program's tables alone: what a device stores beside code that knows the wiring."""
    writer = TableWriter()
    for node in program.nodes:
        _entry(node, writer)
    return len(writer.blob())


def from_bytes(data: bytes, name: str = "program") -> Program:
    """Return the program of a file's bytes.

    Args:
        data: the whole file.
        name: what messages call it.

    Raises:
        ProgramError: not a program, another version, cut short, changed, or breaking a rule of its nodes.
    """
    payload, blob = _split(data, name)
    try:
        tree = json.loads(payload.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, or a number of too many digits
        raise ProgramError(f"{name}: its JSON half cannot be read ({error})") from error
    try:
        return _program(tree, blob)
    except ProgramError as error:
        raise ProgramError(f"{name}: {error}") from error


def save_program(program: Program, path: Path) -> None:
    """Write a program's file."""
    path.write_bytes(to_bytes(program))


def load_program(path: Path) -> Program:
    """Read a program's file; errors as `from_bytes`, and `ProgramError` where there is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise ProgramError(f"{path}: cannot be read ({error.strerror})") from error
    return from_bytes(data, str(path))


def _split(data: bytes, name: str) -> tuple[bytes, bytes]:
    if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
        raise ProgramError(f"{name}: not an lbpnet program; `lbpnet freeze` writes one")
    _, version, zero, json_size, blob_size, digest = _HEADER.unpack_from(data)
    if version != VERSION:
        older = "an older" if version < VERSION else "a newer"
        raise ProgramError(
            f"{name}: format {version}, {older} one; this lbpnet reads format {VERSION}: freeze the run again with it"
        )
    _check_sizes(json_size, blob_size, name)
    expected = _HEADER.size + json_size + blob_size
    if zero != 0 or len(data) != expected:
        raise ProgramError(f"{name}: cut short or damaged: expected {expected:,} bytes, got {len(data):,}")
    payload, blob = data[_HEADER.size : _HEADER.size + json_size], data[_HEADER.size + json_size :]
    if _digest(payload, blob) != digest:
        raise ProgramError(f"{name}: damaged: its checksum does not match")
    return payload, blob


def _check_sizes(json_size: int, blob_size: int, name: str) -> None:
    size = _HEADER.size + json_size + blob_size
    if json_size > MAX_TEXT or size > MAX_FILE:
        raise ProgramError(
            f"{name}: expected at most {MAX_TEXT:,} bytes of JSON and {MAX_FILE:,} in all, "
            f"got {json_size:,} and {size:,}"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ProgramError(f"a key comes twice in {reprlib.repr([key for key, _ in pairs])}")
    return tree


def _digest(payload: bytes, blob: bytes) -> bytes:
    return hashlib.blake2b(payload + blob, digest_size=8).digest()


def _entry(node: Node, writer: TableWriter) -> dict[str, Any]:
    entry: dict[str, Any] = {"op": _NAMES[type(node)]}
    for field in fields(node):
        value = getattr(node, field.name)
        entry[field.name] = writer.add(value) if isinstance(value, np.ndarray) else value
    return entry


def _program(tree: object, blob: bytes) -> Program:
    if not isinstance(tree, dict) or set(tree) != {"nodes", "classes"}:
        raise ProgramError("expected an object with nodes and classes")
    nodes, classes = tree["nodes"], tree["classes"]
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        raise ProgramError(f"nodes: expected a list of at most {MAX_NODES}")
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ProgramError("classes: expected a list of names")
    reader = TableReader(blob)
    read = tuple(_node(entry, reader, i) for i, entry in enumerate(nodes))
    reader.finish()
    return Program(read, tuple(classes))


def _node(entry: object, reader: TableReader, index: int) -> Node:
    if not isinstance(entry, dict) or not isinstance(entry.get("op"), str) or entry["op"] not in _OPS:
        raise ProgramError(f"node {index}: op: expected one of {', '.join(_OPS)}")
    kind = _OPS[entry["op"]]
    hints = field_types(kind)
    if set(entry) != {"op", *hints}:
        got = reprlib.repr(sorted(set(entry) - {"op"}))
        raise ProgramError(f"node {index} ({entry['op']}): expected the fields {sorted(hints)}, got {got}")
    where = f"node {index} ({entry['op']})"
    values: dict[str, Any] = {
        name: _value(entry[name], hint, reader, f"{where}: {name}") for name, hint in hints.items()
    }
    return kind(**values)


def _value(value: object, hint: object, reader: TableReader, where: str) -> object:
    if hint == Table:
        return reader.read(value, where)
    if hint is int:
        if type(value) is not int or not 0 <= value < 1 << 31:
            raise ProgramError(f"{where}: expected an integer from 0 to 2^31 - 1, got {reprlib.repr(value)}")
        return value
    if hint == tuple[int, ...]:
        if not isinstance(value, list) or not all(type(v) is int and 0 <= v < 1 << 31 for v in value):
            raise ProgramError(f"{where}: expected a list of integers from 0 to 2^31 - 1, got {reprlib.repr(value)}")
        return tuple(value)
    if not isinstance(value, str):
        raise ProgramError(f"{where}: expected a word, got {reprlib.repr(value)}")
    return value
