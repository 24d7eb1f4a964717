"""Chromium without a window, driven over the DevTools protocol: real pointer, touch and key events."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--overscroll-history-navigation=0",
    "--remote-debugging-port=0",
)
_TIMEOUT = 60.0

Point = tuple[float, float]
Command = tuple[str, dict[str, Any]]


class Page:
    """One page; every method returns when the browser has done it.

    Attributes:
        errors: uncaught exceptions, and what was written to the console as an error or a warning.
        requests: addresses that were asked for, the page's own first.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session: str | None = None
        self._number = 0
        self._loaded = 0
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        return self.call_all([(method, parameters)])[0]

    def call_all(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """Send commands one right after the other and return their results: events come as fast as a hand's."""
        numbers = [self._send(method, parameters) for method, parameters in commands]
        answers: dict[int, dict[str, Any]] = {}
        while len(answers) < len(commands):
            answer = self._receive()
            if answer.get("id") in numbers:
                if "error" in answer:
                    raise RuntimeError(f"{commands[numbers.index(answer['id'])]}: {answer['error']}")
                answers[answer["id"]] = answer["result"]
        return [answers[number] for number in numbers]

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        return self._number

    def _receive(self) -> dict[str, Any]:
        message = json.loads(self._socket.recv(_TIMEOUT))
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.errors.append(json.dumps(parameters["entry"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.errors.append(json.dumps(parameters["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded += 1
        return message

    def open(self, url: str, ready: str) -> None:
        """Load a page and wait until the expression `ready` is true."""
        loaded = self._loaded
        self.call("Page.navigate", url=url)
        while self._loaded == loaded:
            self._receive()
        self.wait(ready)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, JSON-like; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _TIMEOUT
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression}: {self.errors}")
            time.sleep(0.02)

    def frames(self, count: int = 2) -> None:
        """Wait until the page was painted so many times."""
        for _ in range(count):
            self.evaluate("new Promise((done) => requestAnimationFrame(() => done(0)))")

    def view(self, width: int, height: int, *, dark: bool = False, scale: float = 1, mobile: bool = False) -> None:
        """Set the size of the window, its pixel ratio and its colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def draw(self, strokes: Iterable[Sequence[Point]], kind: str = "mouse") -> None:
        """Draw strokes with a `mouse`, `pen` or `touch`: press at the first point, move along the others, release."""
        events = _touch_events if kind == "touch" else partial(_mouse_events, kind)
        self.call_all([event for points in strokes for event in events(points)])

    def press(self, key: str, code: int, text: str = "", modifiers: int = 0) -> None:
        """Press and release a key by its name and Windows code."""
        named = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, modifiers=modifiers, **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **named)

    def drop(self, file: Path, x: float, y: float) -> None:
        """Drag a file from the desktop onto a point and drop it."""
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_browser() -> Iterator[Page]:
    """Start Chromium with a fresh profile and give its page.

    Raises:
        FileNotFoundError: no Chromium; Debian's package is `chromium`.
    """
    command = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if command is None:
        raise FileNotFoundError("'chromium' is not installed; install it: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="lbpnet-browser-", ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [command, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(_address(Path(profile), browser), max_size=None, compression=None) as socket:
                yield Page(socket)
        finally:
            browser.terminate()
            browser.wait(_TIMEOUT)


def _address(profile: Path, browser: subprocess.Popen[bytes]) -> str:
    """Return where the browser listens, once it has written that down."""
    note, end = profile / "DevToolsActivePort", time.monotonic() + _TIMEOUT
    while time.monotonic() < end and browser.poll() is None:
        lines = note.read_text().splitlines() if note.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.02)
    raise TimeoutError(f"Chromium did not start (exit status {browser.poll()})")


def _mouse_events(kind: str, points: Sequence[Point]) -> Iterator[Command]:
    names = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
    for name, (x, y) in zip(names, (*points, points[-1]), strict=True):
        held = {"button": "left", "buttons": int(name != "mouseReleased"), "clickCount": 1}
        yield "Input.dispatchMouseEvent", {"type": name, "x": x, "y": y, "pointerType": kind, **held}


def _touch_events(points: Sequence[Point]) -> Iterator[Command]:
    for number, (x, y) in enumerate(points):
        yield (
            "Input.dispatchTouchEvent",
            {
                "type": "touchMove" if number else "touchStart",
                "touchPoints": [{"x": x, "y": y}],
            },
        )
    yield "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
