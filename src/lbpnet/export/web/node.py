"""A page's own module and scripts, run in Node.js."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import VerificationError
from ..tools import find_tool


@dataclass(frozen=True, eq=False)
class PageRun:
    """What a page computed.

    Attributes:
        scores: (B, classes) int32, of the module.
        classes: (B,) int32, of the module.
        maps: uint16, of the first images: the values of every node of maps, in order, channel first.
        microseconds: one image's time in the module.
        imports: what the module wants from outside.
        sha256: of the module.
        program: what the page says of the program.
        version: of Node.js.
    """

    scores: NDArray[np.int32]
    classes: NDArray[np.int32]
    maps: NDArray[np.uint16]
    microseconds: float
    imports: int
    sha256: str
    program: dict[str, Any]
    version: str


def run_page(page: Path, images: NDArray[np.uint8], *, maps: int = 0) -> PageRun:
    """Run a page on images.

    Args:
        page: the HTML file.
        images: (B, C, H, W) uint8 of the program's size.
        maps: of how many images the maps are wanted.

    Raises:
        MissingToolError: no Node.js.
        VerificationError: the page cannot be run; says why.
    """
    node = find_tool("node", "nodejs")
    with (
        tempfile.TemporaryDirectory(prefix="lbpnet-web-") as place,
        as_file(files("lbpnet.export.web") / "run.mjs") as script,
    ):
        folder = Path(place)
        images.tofile(folder / "images")
        command = [str(node), str(script), str(page), str(folder / "images"), str(folder), str(maps)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise VerificationError(f"{page}: cannot be run in Node.js: {done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        return PageRun(
            np.fromfile(folder / "scores", np.int32).reshape(len(images), -1),
            np.fromfile(folder / "classes", np.int32),
            np.fromfile(folder / "maps", np.uint16),
            said["microseconds"],
            said["imports"],
            said["sha256"],
            said["program"],
            said["node"],
        )
