"""`lbpnet demo`: one page on this machine alone, until Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from browser import open_browser
from small_program import small_program

from lbpnet.cli.demo import make_page, open_server
from lbpnet.errors import ConfigError
from lbpnet.program import save_program


def _heed_ctrl_c() -> None:
    # A shell starts its background jobs deaf to Ctrl-C, and they hand that on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_command_serves_the_exported_page_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    save_program(small_program(), tmp_path / "my net.lbp")
    command = [sys.executable, "-m", "lbpnet", "demo", "my net.lbp"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, preexec_fn=_heed_ctrl_c
    ) as served:
        assert served.stdout is not None
        assert served.stderr is not None
        first = served.stdout.readline()
        found = re.fullmatch(r"my net: (http://127\.0\.0\.1:\d+/)\n", first)
        assert found, first
        with urlopen(found[1], timeout=60) as answer:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.read() == make_page(tmp_path / "my net.lbp")
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{found[1]}favicon.ico", timeout=60)
        served.send_signal(signal.SIGINT)
        assert served.wait(60) == 0
        assert served.stdout.read() == "Ctrl-C ends\nended\n"
        assert served.stderr.read() == ""


def test_the_browser_asks_the_server_for_the_page_alone(tmp_path: Path) -> None:
    save_program(small_program(), tmp_path / "x.lbp")
    with open_server(make_page(tmp_path / "x.lbp")) as server, open_browser() as browser:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        browser.open(url, "globalThis.lbpnet?.scores")
        browser.frames()
        assert browser.requests == [url]
        assert browser.errors == []
        server.shutdown()


def test_a_taken_port_is_refused_in_words() -> None:
    with open_server(b"") as server, pytest.raises(ConfigError, match="--port: cannot listen"):
        open_server(b"", server.server_port)
