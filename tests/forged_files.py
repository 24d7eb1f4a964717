"""Program files made by hand: any wiring, any tables, a right checksum."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from lbpnet.program import VERSION, Program, to_bytes

HEADER = struct.Struct("<4sHI")  # written down again: a reader that changes the layout must change the version


class Parts(NamedTuple):
    """The three parts of a file after its header and their sizes."""

    wiring: bytes
    packed: bytes
    coded: bytes


def number(value: int) -> bytes:
    """Return a number as a file has it: seven bits a byte, lowest first."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + number(value >> 7)


def pack(parts: Parts, magic: bytes = b"LBPN", version: int = VERSION) -> bytes:
    """Return a file whose sizes and checksum are right."""
    return seal(number(len(parts.wiring)) + number(len(parts.packed)) + b"".join(parts), magic, version)


def seal(payload: bytes, magic: bytes = b"LBPN", version: int = VERSION) -> bytes:
    """Return a file whose checksum is right."""
    return HEADER.pack(magic, version, zlib.crc32(payload)) + payload


def unpack(data: bytes) -> Parts:
    """Return the parts of a valid file."""
    at, sizes = HEADER.size, []
    for _ in range(2):
        size = shift = 0
        while True:
            byte = data[at]
            size, shift, at = size | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                break
        sizes.append(size)
    wiring, packed = sizes
    return Parts(data[at : at + wiring], data[at + wiring : at + wiring + packed], data[at + wiring + packed :])


def parts_of(program: Program) -> Parts:
    """Return the parts of a program's file."""
    return unpack(to_bytes(program))
