"""Program files made by hand: any JSON and any blob behind a valid header and checksum."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Any

from lbpnet.program import Program, to_bytes

HEADER = struct.Struct("<4sHHII8s")  # written down again: a reader that changes the layout must change the version


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
    payload, blob = unpack(to_bytes(program))
    return json.loads(payload), blob


def forge(tree: object, blob: bytes) -> bytes:
    """Return the file of any tree that JSON can write, and of any blob."""
    return pack(json.dumps(tree).encode(), blob)
