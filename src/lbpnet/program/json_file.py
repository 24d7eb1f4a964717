"""Files of format 1, which older versions wrote: a header, one JSON text, one blob of packed tables."""

from __future__ import annotations

import hashlib
import json
import reprlib
import struct
from typing import Any

from ..errors import ProgramError
from .json_tables import TableReader
from .nodes import Node, Table, field_types
from .operations import OPERATIONS
from .program import MAX_NODES, Program

_HEADER = struct.Struct("<4sHHII8s")  # magic, version, zero, JSON bytes, blob bytes, digest of JSON and blob
_MAX_FILE = 1 << 26
_MAX_TEXT = 1 << 20  # bytes of the JSON half: parsed, it takes up to thirty times as much


def read_json_file(data: bytes) -> Program:
    """Return the program of a file of format 1.

    Raises:
        ProgramError: cut short, changed, or breaking a rule of its nodes.
    """
    payload, blob = _split(data)
    try:
        tree = json.loads(payload.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, or a number of too many digits
        raise ProgramError(f"its JSON half cannot be read ({error})") from error
    return _program(tree, blob)


def _split(data: bytes) -> tuple[bytes, bytes]:
    if len(data) < _HEADER.size:
        raise ProgramError(f"cut short: expected at least {_HEADER.size} bytes, got {len(data)}")
    _, _, zero, json_size, blob_size, digest = _HEADER.unpack_from(data)
    expected = _HEADER.size + json_size + blob_size
    if json_size > _MAX_TEXT or expected > _MAX_FILE:
        raise ProgramError(
            f"expected at most {_MAX_TEXT:,} bytes of JSON and {_MAX_FILE:,} in all, got {json_size:,} and {expected:,}"
        )
    if zero != 0 or len(data) != expected:
        raise ProgramError(f"cut short or damaged: expected {expected:,} bytes, got {len(data):,}")
    payload, blob = data[_HEADER.size : _HEADER.size + json_size], data[_HEADER.size + json_size :]
    if hashlib.blake2b(payload + blob, digest_size=8).digest() != digest:
        raise ProgramError("damaged: its checksum does not match")
    return payload, blob


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ProgramError(f"a key comes twice in {reprlib.repr([key for key, _ in pairs])}")
    return tree


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
    if not isinstance(entry, dict) or not isinstance(entry.get("op"), str) or entry["op"] not in OPERATIONS:
        raise ProgramError(f"node {index}: op: expected one of {', '.join(OPERATIONS)}")
    kind = OPERATIONS[entry["op"]]
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
