"""The file of a program, `.lbp`: a header, the wiring, the packed tables, the coded tables."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import ProgramError
from .json_file import read_json_file
from .locate import program_path
from .program import Program
from .structure import read_structure, write_structure
from .tables import TableReader, TableWriter, packed_table_size
from .varints import NumberReader, put_number

MAGIC = b"LBPN"
VERSION = 2
_JSON_VERSION = 1
_HEADER = struct.Struct("<4sHI")  # magic, version, CRC-32 of everything after the header
MAX_FILE = 1 << 26
MAX_STRUCTURE = 1 << 20


def to_bytes(program: Program) -> bytes:
    """Return a program's file.

    Raises:
        ProgramError: it is too large to be read again.
    """
    structure, packed, coded = _parts(program)
    sizes = bytearray()
    put_number(sizes, len(structure))
    put_number(sizes, len(packed))
    payload = bytes(sizes) + structure + packed + coded
    _check_sizes(len(structure), _HEADER.size + len(payload), "program")
    return _HEADER.pack(MAGIC, VERSION, zlib.crc32(payload)) + payload


def blob_bytes(program: Program) -> int:
    """Return the bytes of a program's tables in its file: everything but the wiring."""
    _, packed, coded = _parts(program)
    return len(packed) + len(coded)


def packed_bytes(program: Program) -> int:
    """Return the bytes of a program's tables as bits and trits: what a device stores that reads them in place.

    The code that knows the wiring comes on top. Coded tables, which a file has, must be decoded first, once.
    """
    tables = [value for node in program.nodes for value in vars(node).values() if isinstance(value, np.ndarray)]
    return sum(packed_table_size(table) for table in tables)


def from_bytes(data: bytes, name: str = "program") -> Program:
    """Return the program of a file's bytes; of format 1 too, which older versions wrote.

    Args:
        data: the whole file.
        name: what messages call it.

    Raises:
        ProgramError: not a program, another version, cut short, changed, or breaking a rule of its nodes.
    """
    version = _version(data, name)
    try:
        return read_json_file(data) if version == _JSON_VERSION else _read(data)
    except ProgramError as error:
        raise ProgramError(f"{name}: {error}") from error


def save_program(program: Program, path: Path) -> None:
    """Write a program's file."""
    path.write_bytes(to_bytes(program))


def load_program(path: str | Path) -> Program:
    """Read a program's file, or `zoo:NAME`; errors as `from_bytes`, and `ProgramError` where there is none."""
    try:
        with program_path(path).open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except IsADirectoryError as error:
        raise ProgramError(
            f"{path}: expected a program (.lbp), got a folder; of a run, `lbpnet freeze {path} -o NAME.lbp` makes one"
        ) from error
    except OSError as error:
        raise ProgramError(f"{path}: cannot be read ({error.strerror})") from error
    return from_bytes(data, str(path))


def _parts(program: Program) -> tuple[bytes, bytes, bytes]:
    writer = TableWriter()
    structure = write_structure(program, writer)
    return structure, writer.packed(), writer.coded()


def _version(data: bytes, name: str) -> int:
    if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
        raise ProgramError(f"{name}: not an lbpnet program; `lbpnet freeze` writes one")
    _, version, _ = _HEADER.unpack_from(data)
    if version not in (_JSON_VERSION, VERSION):
        older = "an older" if version < VERSION else "a newer"
        raise ProgramError(
            f"{name}: format {version}, {older} one; this lbpnet reads formats {_JSON_VERSION} and {VERSION}: freeze "
            "the run again with it"
        )
    return version


def _read(data: bytes) -> Program:
    _, _, checksum = _HEADER.unpack_from(data)
    payload = data[_HEADER.size :]
    if len(data) > MAX_FILE or zlib.crc32(payload) != checksum:
        raise ProgramError(f"cut short or damaged: its checksum does not match its {len(data):,} bytes")
    reader = NumberReader(payload)
    structure_size, packed_size = reader.number("bytes of wiring"), reader.number("bytes of packed tables")
    _check_sizes(structure_size, len(data), "file")
    numbers = NumberReader(reader.take(structure_size, "wiring"))
    tables = TableReader(reader.take(packed_size, "packed tables"), reader.rest())
    program = read_structure(numbers, tables)
    numbers.finish("wiring")
    tables.finish()
    return program


def _check_sizes(structure_size: int, size: int, name: str) -> None:
    if structure_size > MAX_STRUCTURE or size > MAX_FILE:
        raise ProgramError(
            f"{name}: expected at most {MAX_STRUCTURE:,} bytes of wiring and {MAX_FILE:,} in all, "
            f"got {structure_size:,} and {size:,}"
        )
