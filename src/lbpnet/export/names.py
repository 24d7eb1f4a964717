"""Names of networks: identifiers in C, C++, Verilog and JavaScript, and file names everywhere."""

from __future__ import annotations

import re
import unicodedata

from ..errors import ExportError
from .reserved import RESERVED

DEFAULT_NAME = "classifier"
MAX_NAME = 40

_NAME = re.compile("[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


def identifier(text: str) -> str:
    """Return a name made of any text: accents dropped, other signs to `_`, at most `MAX_NAME` characters.

    No two underscores follow each other and none stands first or last (C, C++ and Verilog keep those), a leading digit
    gets `net_` before it, a reserved word `_net` after it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub("[^A-Za-z0-9]+", "_", plain).strip("_") or DEFAULT_NAME
    if name[0].isdigit():
        name = f"net_{name}"
    name = name[:MAX_NAME].rstrip("_")
    return f"{name}_net" if name.lower() in RESERVED else name


def require_identifier(name: str) -> str:
    """Return a name that `identifier` would leave as it is.

    Raises:
        ExportError: it would not; says which name would do.
    """
    if not _NAME.fullmatch(name) or identifier(name) != name:
        raise ExportError(
            f"name {name!a:.80}: expected at most {MAX_NAME} letters, digits and single underscores, first a letter, "
            f"and no reserved word of C, C++, Verilog or JavaScript; '{identifier(name)}' would do"
        )
    return name
