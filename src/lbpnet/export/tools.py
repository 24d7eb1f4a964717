"""Tools that exports and their verification call."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import MissingToolError


def find_tool(command: str, package: str) -> Path:
    """Return where a command is.

    Args:
        command: as one types it.
        package: what to install, of Debian's packages.

    Raises:
        MissingToolError: it is not on the PATH.
    """
    found = shutil.which(command)
    if found is None:
        raise MissingToolError(f"'{command}' is not installed; install it: apt-get install {package}")
    return Path(found)
