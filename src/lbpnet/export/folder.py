"""The folder of an export: written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import ExportError
from .manifest import MANIFEST_FILE, Manifest


def write_folder(
    folder: Path, write: Callable[[Path], None], *, target: str, name: str, source: str = "program"
) -> Manifest:
    """Fill a new or empty folder with what `write` writes, and its manifest.

    Files are written into a hidden folder inside and moved up when all are there, the manifest last; after an error
    the folder is as it was.

    Raises:
        ExportError: the folder is not empty, is no folder, or cannot be written.
    """
    made = _require_empty(folder)
    stage: Path | None = None
    try:
        stage = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
        write(stage)
        manifest = Manifest.of(stage, target=target, name=name, source=source)
        entries = sorted(stage.iterdir())
        (stage / MANIFEST_FILE).write_text(manifest.text(), encoding="utf-8")
        for entry in (*entries, stage / MANIFEST_FILE):
            entry.rename(folder / entry.name)
        stage.rmdir()
    except BaseException as error:
        _empty(folder, made)
        if isinstance(error, OSError):
            raise ExportError(f"{folder}: cannot be written ({error.strerror or error}); choose another") from error
        raise
    return manifest


def _require_empty(folder: Path) -> Path | None:
    """Make a folder where there is none; return the outermost folder that was made."""
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise ExportError(f"{folder}: expected an empty folder; name a new one, or empty it")
            return None
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        folder.mkdir(parents=True)
        return missing[-1]
    except OSError as error:
        raise ExportError(f"{folder}: cannot be made or read ({error.strerror or error}); choose another") from error


def _empty(folder: Path, made: Path | None) -> None:
    """Take back what an export wrote into a folder that was empty, and the folders that it made."""
    if made is not None:
        shutil.rmtree(made, ignore_errors=True)
        return
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
