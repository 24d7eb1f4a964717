"""The page: one HTML file of hand-written parts, the module and what the page says of the program."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html import escape
from importlib.resources import files
from string import Template

from ...program import Program, to_bytes
from .stages import count_operations, describe

CORE = ("network.js", "maps.js", "picture.js")
"""Scripts without a page, which `verify` runs too."""
_UNREAD = re.compile(r"^[ ]*(?://[^\n]*\n|/\*\*.*?\*/\n)?", re.MULTILINE | re.DOTALL)


def page_text(program: Program, module: bytes, name: str, version: str) -> str:
    """Return the page of a program.

    Args:
        program: what it shows.
        module: the program in WebAssembly.
        name: the title.
        version: of lbpnet, for the page's stamp.
    """
    operations = sum(vars(count_operations(program)).values())
    return Template(_part("page.html")).substitute(
        title=escape(name),
        version=escape(version),
        style=pack(_bare("page.css")),
        width=program.input.width,
        height=program.input.height,
        stored=f"{len(to_bytes(program)):,}",
        operations=f"{operations:,}",
        module_bytes=f"{len(module):,}",
        module=pack(module),
        program=pack(json.dumps(describe(program), separators=(",", ":")).encode()),
        core=pack(b"".join(map(_bare, CORE))),
        page=pack(_bare("page.js")),
        loader=_bare("loader.js").decode().strip(),
    )


def pack(data: bytes) -> str:
    """Return bytes as loader.js reads them: deflated without header (RFC 1951), base64."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(data) + packer.flush()).decode()


def _bare(name: str) -> bytes:
    """Return a script or style without indentation and without the comments that have lines of their own."""
    return _UNREAD.sub("", _part(name)).encode()


def _part(name: str) -> str:
    return files("lbpnet.export.web").joinpath(name).read_text(encoding="utf-8")
