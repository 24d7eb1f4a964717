"""The manifest of an export: who wrote it, for what, and the digest of every file."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from .. import __version__
from ..errors import ExportError
from .names import require_identifier
from .targets import find_target

MANIFEST_FILE = "manifest.json"
PROGRAM_FILE = "program.lbp"
FORMAT = 1
SOURCES = ("program", "network")
"""What was exported: an integer program, or a trained network that multiplies."""

_MAX_FILE = 1 << 28
_SHA256 = re.compile("[0-9a-f]{64}")
_AGAIN = "export it again"


@dataclass(frozen=True)
class Manifest:
    """What a folder is.

    Attributes:
        target: a key of `TARGETS`.
        name: of the network in files and symbols.
        source: one of `SOURCES`.
        lbpnet: version that wrote the folder.
        files: SHA-256 of every file but the manifest, by path relative to the folder, parts joined by `/`.
    """

    target: str
    name: str
    source: str
    lbpnet: str
    files: dict[str, str]

    @classmethod
    def of(cls, folder: Path, *, target: str, name: str, source: str) -> Manifest:
        """Return the manifest of the files that a folder holds."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): _digest(path.read_bytes()) for path in paths}
        return cls(target, name, source, __version__, files)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a folder's manifest.

        Raises:
            ExportError: there is none, or it was changed or is of another format.
        """
        file = folder / MANIFEST_FILE
        try:
            tree = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ExportError(f"{folder}: no export, {MANIFEST_FILE} cannot be read ({error.strerror})") from error
        except (ValueError, RecursionError) as error:
            raise ExportError(f"{file}: damaged, not JSON ({error}); {_AGAIN}") from error
        if not isinstance(tree, dict) or tree.get("format") != FORMAT:
            raise ExportError(f"{file}: expected a manifest of format {FORMAT}; {_AGAIN} with this lbpnet")
        return cls._checked(tree, file)

    @classmethod
    def _checked(cls, tree: dict[str, Any], file: Path) -> Manifest:
        names = [field.name for field in fields(cls)]
        if set(tree) != {"format", "digest", *names}:
            raise ExportError(f"{file}: changed: expected the keys format, digest, {', '.join(names)}; {_AGAIN}")
        files = tree["files"]
        texts = [tree[name] for name in names if name != "files"]
        if not all(isinstance(text, str) for text in texts) or not isinstance(files, dict):
            raise ExportError(f"{file}: changed: expected texts and a table of files; {_AGAIN}")
        for path, digest in files.items():
            if not _inside(path) or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
                raise ExportError(f"{file}: changed: '{path}' is no file of the folder with its SHA-256; {_AGAIN}")
        manifest = cls(**{name: tree[name] for name in names})
        if manifest._tree()["digest"] != tree["digest"] or manifest.source not in SOURCES:
            raise ExportError(f"{file}: changed: its digest does not match; {_AGAIN}")
        find_target(manifest.target)
        require_identifier(manifest.name)
        return manifest

    def text(self) -> str:
        """Return the manifest's file."""
        return json.dumps(self._tree(), indent=1) + "\n"

    def copy_files(self, folder: Path, copy: Path) -> None:
        """Copy the listed files of a folder, each checked against its digest, to another.

        Raises:
            ExportError: names the file that is missing or was changed.
        """
        for name, digest in self.files.items():
            path = folder / name
            try:
                if path.stat().st_size > _MAX_FILE:
                    raise ExportError(f"{path}: changed since it was exported: larger than any file of an export")
                data = path.read_bytes()
            except OSError as error:
                raise ExportError(f"{path}: cannot be read ({error.strerror}); {_AGAIN}") from error
            if _digest(data) != digest:
                raise ExportError(f"{path}: changed since it was exported: its SHA-256 does not match; {_AGAIN}")
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(data)
            shutil.copymode(path, copy / name)

    def _tree(self) -> dict[str, Any]:
        tree = {"format": FORMAT, **asdict(self)}
        return tree | {"digest": _digest(json.dumps(tree, sort_keys=True).encode())}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _inside(name: str) -> bool:
    """Say whether a name is a plain relative path: no drive, no way up, no empty part."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and path.as_posix() == name
    return plain and name not in (".", MANIFEST_FILE) and not set(name) & set("\\:\0")
