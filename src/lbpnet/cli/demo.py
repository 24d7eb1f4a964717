"""`lbpnet demo`: a program's page, served on this machine."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import tyro
from rich.console import Console

from ..errors import ConfigError
from ..export import export, identifier
from ..export.web import PAGE_FILE
from ..program import load_program, short_name

HOST = "127.0.0.1"


@dataclass(frozen=True)
class DemoOptions:
    """Serve a page that runs a program: draw a digit, see what the network makes of it; Ctrl-C ends it.

    The page is what `lbpnet export --to web` writes. Only this machine can reach it.

    Example: lbpnet demo

    Example: lbpnet demo digits.lbp
    """

    program: tyro.conf.Positional[Path] = Path("zoo:mnist-9k")
    """Program (.lbp) that `lbpnet freeze` wrote, or zoo:NAME (`lbpnet zoo ls`)."""
    port: int = 0
    """Port to listen on; 0: any that is free."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(DemoOptions, args=argv, prog="lbpnet demo")
    name = short_name(options.program)
    page = make_page(options.program)
    with open_server(page, options.port) as server:
        console = Console(soft_wrap=True)
        console.print(f"{name}: http://{HOST}:{server.server_port}/", highlight=False, markup=False)
        console.print("Ctrl-C ends", highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("ended", highlight=False)
    return 0


def make_page(path: Path) -> bytes:
    """Return the page of a program; errors as `lbpnet.export.export`."""
    with tempfile.TemporaryDirectory(prefix="lbpnet-demo-") as place:
        folder = Path(place) / "page"
        export(load_program(path), "web", folder, identifier(short_name(path)))
        return (folder / PAGE_FILE).read_bytes()


def open_server(page: bytes, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of one page at `/` that listens on this machine alone.

    Raises:
        ConfigError: the port is taken or is none.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the terminal belongs to the address."""

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--port: cannot listen on {HOST}:{port} ({error}); 0 takes a free one") from error
