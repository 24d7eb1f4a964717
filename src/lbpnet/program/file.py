"""The file of a program, `.lbp`: a header, one JSON text, one blob of bit-packed tables."""

from __future__ import annotations

import hashlib
import json
import struct
import typing
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
)
from .program import MAX_NODES, Program
from .tables import TableWriter, read_table

MAGIC = b"LBPN"
VERSION = 1
_HEADER = struct.Struct("<4sHHII8s")  # magic, version, zero, JSON bytes, blob bytes, digest of JSON and blob
MAX_FILE = 1 << 26

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
    """Return a program's file."""
    writer = TableWriter()
    nodes = [_entry(node, writer) for node in program.nodes]
    text = json.dumps({"nodes": nodes, "classes": program.classes}, separators=(",", ":"), ensure_ascii=False)
    payload, blob = text.encode(), writer.blob()
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
        tree = json.loads(payload)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
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
    if len(data) > MAX_FILE:
        raise ProgramError(f"{name}: expected at most {MAX_FILE:,} bytes")
    if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
        raise ProgramError(f"{name}: not an lbpnet program; `lbpnet freeze` writes one")
    _, version, zero, json_size, blob_size, digest = _HEADER.unpack_from(data)
    if version != VERSION:
        older = "an older" if version < VERSION else "a newer"
        raise ProgramError(
            f"{name}: format {version}, {older} one; this lbpnet reads format {VERSION}: freeze the run again with it"
        )
    expected = _HEADER.size + json_size + blob_size
    if zero != 0 or len(data) != expected:
        raise ProgramError(f"{name}: cut short or damaged: expected {expected:,} bytes, got {len(data):,}")
    payload, blob = data[_HEADER.size : _HEADER.size + json_size], data[_HEADER.size + json_size :]
    if _digest(payload, blob) != digest:
        raise ProgramError(f"{name}: damaged: its checksum does not match")
    return payload, blob


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
    return Program(tuple(_node(entry, blob, i) for i, entry in enumerate(nodes)), tuple(classes))


def _node(entry: object, blob: bytes, index: int) -> Node:
    if not isinstance(entry, dict) or entry.get("op") not in _OPS:
        raise ProgramError(f"node {index}: op: expected one of {', '.join(_OPS)}")
    kind = _OPS[entry["op"]]
    hints = typing.get_type_hints(kind)
    if set(entry) != {"op", *hints}:
        raise ProgramError(f"node {index} ({entry['op']}): expected the fields {sorted(hints)}, got {sorted(entry)}")
    where = f"node {index} ({entry['op']})"
    values: dict[str, Any] = {name: _value(entry[name], hint, blob, f"{where}: {name}") for name, hint in hints.items()}
    return kind(**values)


def _value(value: object, hint: object, blob: bytes, where: str) -> object:
    if hint == Table:
        return read_table(value, blob, where)
    if hint is int:
        if type(value) is not int or not 0 <= value < 1 << 31:
            raise ProgramError(f"{where}: expected an integer from 0 to 2^31 - 1, got {value!r}")
        return value
    if hint == tuple[int, ...]:
        if not isinstance(value, list) or not all(type(v) is int for v in value):
            raise ProgramError(f"{where}: expected a list of integers, got {value!r}")
        return tuple(value)
    if not isinstance(value, str):
        raise ProgramError(f"{where}: expected a word, got {value!r}")
    return value
