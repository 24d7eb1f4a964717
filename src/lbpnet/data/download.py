"""Fetching a pinned file from several hosts: resumable, verified, atomic.

pooch keeps the cache and compares digests; this module gives it a downloader that continues where
an interrupted one stopped, and goes through the sources until one delivers the right bytes. One
process at a time may fetch the same file: of several, let the first fetch before the others start.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lbpnet.data.source_file import SourceFile
from lbpnet.errors import ChecksumError, DataError, DownloadError

if TYPE_CHECKING:
    import requests
    from rich.progress import Progress, TaskID

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ATTEMPTS = 5
CHUNK = 1 << 16


def cache_root() -> Path:
    """Return the folder of all data sets: `LBPNET_DATA`, or the user's cache folder."""
    import pooch

    chosen = os.environ.get("LBPNET_DATA")
    return Path(chosen).expanduser() if chosen else Path(pooch.os_cache("lbpnet"))


def fetch_file(file: SourceFile, folder: Path, *, progress: bool = True) -> Path:
    """Return the path of `file` in `folder`, downloading it unless it is there and right.

    The sources are tried in turn. A broken connection is continued from `<name>.part`, also by the
    next call; a wrong digest removes the bytes. Raises ChecksumError if every source delivered
    wrong bytes, DownloadError otherwise; both list each source with its reason.
    """
    import pooch
    import requests

    # pooch announces every download on stderr; the progress bar already does.
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be made ({error.strerror or error}); set LBPNET_DATA to a folder that can be written"
        ) from error
    part = folder / f"{file.name}.part"
    reasons: list[tuple[str, str, bool]] = []
    for url in file.urls:
        # A part that another source began may be wrong bytes: then once more from the start.
        for resumed in ([True] if part.exists() else []) + [False]:
            try:
                with _bar(file, shown=progress) as bar:
                    path = pooch.retrieve(
                        url,
                        known_hash=f"sha256:{file.sha256}",
                        fname=file.name,
                        path=folder,
                        downloader=ResumingDownloader(part, file.size, bar),
                    )
                return Path(path)
            except requests.RequestException as error:
                reasons.append((url, _reason(error), False))
                break
            except ValueError as error:
                if not resumed:
                    reasons.append((url, f"wrong content: {error}", True))
            except OSError as error:
                raise DataError(f"{folder}: cannot be written ({error})") from error
    listed = "\n".join(f"  {url}: {reason}" for url, reason, _ in reasons)
    message = f"{file.name}: no source delivered the pinned file:\n{listed or '  no source is known'}"
    if reasons and all(wrong for _, _, wrong in reasons):
        raise ChecksumError(f"{message}\nexpected SHA-256 {file.sha256}; nothing was kept")
    raise DownloadError(f"{message}\ncheck the connection, or place the file in {folder}")


class ResumingDownloader:
    """A pooch downloader that collects into a `.part` file and continues it with HTTP Range."""

    def __init__(self, part: Path, size: int, bar: tuple[Progress, TaskID] | None) -> None:
        self.part = part
        self.size = size
        self.bar = bar

    def __call__(self, fname: str, action: Any, pooch: Any, *, check_only: bool | None = None) -> None:
        """Fetch the address `fname` and move it to the path `action` (the names are pooch's).

        Raises requests.RequestException if the connection fails for good (the part stays), and
        ValueError if the server's file has another size (the part is removed).
        """
        import requests

        for attempt in range(ATTEMPTS):
            before = self._have()
            try:
                self._stream(fname)
                break
            except (requests.ConnectionError, requests.Timeout):
                # Give up only where the last attempt brought nothing new.
                if attempt == ATTEMPTS - 1 or self._have() <= before:
                    raise
        self.part.replace(action)

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _stream(self, url: str) -> None:
        import requests
        from urllib3.exceptions import HTTPError

        offset = self._have()
        if offset == self.size:
            return
        # identity: a server must not pack, nor requests unpack, what is compared byte for byte.
        headers = {"Accept-Encoding": "identity"}
        if 0 < offset < self.size:
            headers["Range"] = f"bytes={offset}-"
        with requests.get(url, stream=True, headers=headers, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
            offset = self._accept(response, offset)
            with self.part.open("ab" if offset else "wb") as stream:
                have = offset
                self._show(have)
                try:
                    for piece in response.raw.stream(CHUNK, decode_content=False):
                        stream.write(piece)
                        have += len(piece)
                        self._show(have)
                        if have > self.size:
                            break
                except HTTPError as error:
                    raise requests.ConnectionError(f"broke off at byte {have}: {error}") from error
        if have < self.size:
            raise requests.ConnectionError(f"ended after {have} of {self.size} bytes")

    def _accept(self, response: requests.Response, offset: int) -> int:
        """Check the answer's head; return the byte that its body begins at."""
        if response.status_code == 416:
            self.part.unlink(missing_ok=True)
            raise ValueError(f"the source holds no byte {offset}, expected {self.size} bytes")
        response.raise_for_status()
        wanted = f"bytes {offset}-"
        if response.status_code != 206 or not response.headers.get("Content-Range", "").startswith(wanted):
            offset = 0
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and offset + int(announced) != self.size:
            self.part.unlink(missing_ok=True)
            raise ValueError(f"{offset + int(announced)} bytes, expected {self.size}")
        return offset

    def _show(self, have: int) -> None:
        if self.bar is not None:
            progress, task = self.bar
            progress.update(task, completed=have)


def _reason(error: Exception) -> str:
    """Shorten what requests and urllib3 wrap around the one thing that went wrong."""
    text = str(error).rpartition("(Caused by ")[2].rstrip(")") or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "…"


@contextmanager
def _bar(file: SourceFile, *, shown: bool) -> Iterator[tuple[Progress, TaskID] | None]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield None
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        transient=True,
    ) as progress:
        yield progress, progress.add_task(file.name, total=file.size)
