"""The wiring of a program as bytes: its nodes, their numbers, what describes their tables, the names of the classes."""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any

import numpy as np

from ..errors import ProgramError
from .nodes import Code, Node, Table, field_types
from .operations import OPERATIONS
from .program import MAX_NODES, Program
from .tables import TableReader, TableWriter
from .types import MAX_CLASSES
from .varints import NumberReader, put_number

_NAMES = tuple(OPERATIONS)
_KINDS = tuple(OPERATIONS.values())
_CODES: tuple[str, ...] = typing.get_args(Code)
_UNNAMED, _NUMBERED, _NAMED = range(3)
_MOST_SOURCES = 64
_LARGEST = (1 << 31) - 1


def write_structure(program: Program, tables: TableWriter) -> bytes:
    """Return a program's wiring; its tables go to the writer.

    Raises:
        ProgramError: the tables have more entries than a file holds.
    """
    out = bytearray()
    put_number(out, len(program.nodes))
    for node in program.nodes:
        put_number(out, _KINDS.index(type(node)))
        for field in fields(node):
            _put(out, getattr(node, field.name), tables)
    _put_classes(out, program.classes)
    return bytes(out)


def read_structure(numbers: NumberReader, tables: TableReader) -> Program:
    """Return the program that `write_structure` wrote.

    Raises:
        ProgramError: names the node and the field.
    """
    count = numbers.number("nodes", MAX_NODES)
    nodes = tuple(_node(numbers, tables, index) for index in range(count))
    return Program(nodes, _classes(numbers))


def _put(out: bytearray, value: Any, tables: TableWriter) -> None:
    if isinstance(value, np.ndarray):
        tables.add(value, out)
    elif isinstance(value, str):
        put_number(out, _CODES.index(value))
    elif isinstance(value, tuple):
        put_number(out, len(value))
        for number in value:
            put_number(out, number)
    else:
        put_number(out, value)


def _node(numbers: NumberReader, tables: TableReader, index: int) -> Node:
    name = _NAMES[numbers.number(f"node {index}: op", len(_NAMES) - 1)]
    where = f"node {index} ({name})"
    kind = OPERATIONS[name]
    values: dict[str, Any] = {
        field: _value(hint, numbers, tables, f"{where}: {field}") for field, hint in field_types(kind).items()
    }
    return kind(**values)


def _value(hint: object, numbers: NumberReader, tables: TableReader, where: str) -> object:
    if hint == Table:
        return tables.read(numbers, where)
    if hint is int:
        return numbers.number(where, _LARGEST)
    if hint == tuple[int, ...]:
        count = numbers.number(where, _MOST_SOURCES)
        return tuple(numbers.number(where, _LARGEST) for _ in range(count))
    return _CODES[numbers.number(where, len(_CODES) - 1)]


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(str(index) for index in range(count))


def _put_classes(out: bytearray, classes: tuple[str, ...]) -> None:
    """Append 0 for no names; 1 and their number for names "0", "1", "2" ...; else 2, their number and each name."""
    numbered = classes == _numbered(len(classes))
    put_number(out, _UNNAMED if not classes else _NUMBERED if numbered else _NAMED)
    if classes:
        put_number(out, len(classes))
    for name in () if numbered else classes:
        text = name.encode()
        put_number(out, len(text))
        out += text


def _classes(numbers: NumberReader) -> tuple[str, ...]:
    kind = numbers.number("classes", _NAMED)
    if kind == _UNNAMED:
        return ()
    count = numbers.number("classes", MAX_CLASSES)
    if kind == _NUMBERED:
        return _numbered(count)
    names = [numbers.take(numbers.number("classes"), "classes") for _ in range(count)]
    try:
        return tuple(name.decode() for name in names)
    except UnicodeDecodeError as error:
        raise ProgramError(f"classes: expected UTF-8 ({error})") from error
