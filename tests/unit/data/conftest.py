"""A small HTTP host on this machine that can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lbpnet.data.dataset import ImageSet


@dataclass
class Host:
    """What the host serves and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    drops: list[int] = field(default_factory=list)
    """The next answers break off after so many bytes of their body, in turn."""
    ranges: bool = True
    announce: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            served.asked.append((self.path, wanted))
            body = served.files.get(self.path.strip("/"))
            if body is None:
                self.send_error(404)
                return
            start = 0
            if wanted is not None and served.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            if served.announce:
                self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            stop = start + served.drops.pop(0) if served.drops else len(body)
            self.wfile.write(body[start:stop])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("LBPNET_DATA", str(folder))
    return folder


@pytest.fixture
def numbered() -> ImageSet:
    """103 images of 2 x 5 x 4 pixels that all hold their own position; 3 uneven classes."""
    positions = np.arange(103, dtype=np.uint8)
    images = np.broadcast_to(positions[:, None, None, None], (103, 2, 5, 4)).copy()
    labels = np.where(positions < 50, 0, np.where(positions < 90, 1, 2)).astype(np.int64)
    return ImageSet(images, labels)
