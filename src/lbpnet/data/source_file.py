"""A file of a known data set, with the digests that make it trustworthy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lbpnet.errors import DataError


@dataclass(frozen=True)
class SourceFile:
    """A file to fetch: its name, size in bytes, SHA-256 and the addresses that offer it.

    raw_sha256: SHA-256 of the decompressed file, for files that other parties pack differently.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]
    raw_sha256: str | None = None

    @property
    def raw_name(self) -> str:
        """The name without .gz, under which a decompressed copy is kept."""
        return self.name.removesuffix(".gz")

    def verified_in(self, folder: Path) -> Path | None:
        """Find the file, packed or raw, in `folder` with the pinned digest; None otherwise.

        Raises DataError if it is there and cannot be read.
        """
        packed, raw = folder / self.name, folder / self.raw_name
        if self.raw_sha256 is not None and raw.is_file() and digest(raw) == self.raw_sha256:
            return raw
        if packed.is_file() and digest(packed) == self.sha256:
            return packed
        return None

    def present_in(self, folder: Path) -> bool:
        """Tell whether a file of that name is there, without reading it."""
        named = (folder / self.name).is_file()
        return named or (self.raw_sha256 is not None and (folder / self.raw_name).is_file())


def digest(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal; DataError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
