"""Small text files of a run, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import RunError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text through a temporary file that takes the old one's place.

    Raises:
        RunError: it cannot be written; an older file is untouched.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error
