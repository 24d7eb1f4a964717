"""Fetching: several sources, resumed, verified, atomic. Every host is on this machine."""

from __future__ import annotations

import hashlib
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lbpnet.data.download import cache_root, fetch_file
from lbpnet.data.source_file import SourceFile
from lbpnet.errors import ChecksumError, DataError, DownloadError

if TYPE_CHECKING:
    from conftest import Host

BODY = np.random.default_rng(5).bytes(300_000)


def pinned(*urls: str, body: bytes = BODY) -> SourceFile:
    return SourceFile("file.bin", len(body), hashlib.sha256(body).hexdigest(), urls)


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "file.bin")


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    for _ in range(2):
        path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
        assert path.read_bytes() == BODY
    assert host.asked == [("/file.bin", None)]
    assert leftovers(cache) == []


def test_a_dropped_connection_is_continued_with_range(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    host.drops = [100_000, 50_000]
    path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert path.read_bytes() == BODY
    ranges = [wanted for _, wanted in host.asked]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_dropped_connection_of_unknown_length_is_continued_too(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    host.announce = False
    host.drops = [1234]
    path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert path.read_bytes() == BODY
    assert host.asked[1] == ("/file.bin", "bytes=1234-")


def test_an_interrupted_download_is_continued_by_the_next_call(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    host.drops = [100_000, 0]
    with pytest.raises(DownloadError, match="broke off at byte 100000"):
        fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert leftovers(cache) == ["file.bin.part"]
    path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert path.read_bytes() == BODY
    assert host.asked[-1] == ("/file.bin", "bytes=100000-")
    assert leftovers(cache) == []


def test_a_host_without_range_starts_again(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    host.ranges = False
    host.drops = [100_000]
    assert fetch_file(pinned(host.url + "file.bin"), cache, progress=False).read_bytes() == BODY


def test_a_part_of_other_bytes_is_dropped_and_fetched_afresh(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    cache.mkdir()
    parts = (b"x" * 1000, b"x" * len(BODY), b"x" * (len(BODY) + 1))
    ran = 0
    for part in parts:
        (cache / "file.bin").unlink(missing_ok=True)
        (cache / "file.bin.part").write_bytes(part)
        path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
        assert path.read_bytes() == BODY
        assert leftovers(cache) == []
        ran += 1
    assert ran == 3


def test_a_complete_part_is_verified_without_asking(host: Host, cache: Path) -> None:
    cache.mkdir()
    (cache / "file.bin.part").write_bytes(BODY)
    path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert path.read_bytes() == BODY
    assert host.asked == []


def test_wrong_bytes_are_removed_and_the_next_source_is_asked(host: Host, cache: Path) -> None:
    host.files["bad"] = bytes(len(BODY))
    host.files["short"] = BODY[:-1]
    host.files["good"] = BODY
    urls = [closed_port(), *(host.url + name for name in ("missing", "bad", "short", "good"))]
    assert fetch_file(pinned(*urls), cache, progress=False).read_bytes() == BODY
    assert leftovers(cache) == []


def test_when_every_source_is_wrong_each_is_listed_with_its_reason(host: Host, cache: Path) -> None:
    host.files["bad"] = bytes(len(BODY))
    host.files["short"] = BODY[:-1]
    urls = (host.url + "bad", host.url + "short")
    with pytest.raises(ChecksumError) as caught:
        fetch_file(pinned(*urls), cache, progress=False)
    message = str(caught.value)
    assert all(url in message for url in urls)
    assert "299999 bytes, expected 300000" in message
    assert leftovers(cache) == []
    assert not (cache / "file.bin").exists()


def test_an_offline_machine_fails_fast_and_lists_every_source(host: Host, cache: Path) -> None:
    urls = (closed_port(), host.url + "missing")
    began = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        fetch_file(pinned(*urls), cache, progress=False)
    assert time.monotonic() - began < 10
    assert not isinstance(caught.value, ChecksumError)
    assert all(url in str(caught.value) for url in urls)
    assert "refused" in str(caught.value)
    assert "404" in str(caught.value)


def test_a_damaged_cached_file_is_replaced(host: Host, cache: Path) -> None:
    host.files["file.bin"] = BODY
    cache.mkdir()
    (cache / "file.bin").write_bytes(b"damaged")
    path = fetch_file(pinned(host.url + "file.bin"), cache, progress=False)
    assert path.read_bytes() == BODY


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="LBPNET_DATA"):
        fetch_file(pinned(closed_port()), tmp_path / "file" / "cache", progress=False)


def test_the_cache_is_where_lbpnet_data_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBPNET_DATA", "/some/where")
    assert cache_root() == Path("/some/where")
    monkeypatch.delenv("LBPNET_DATA")
    assert cache_root().name == "lbpnet"
