"""Runs an exported folder's testbench: Icarus Verilog, or Verilator for many images."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import VerificationError
from ..tools import find_tool
from .write import image_bytes

_VERILATOR = 5
"""The first version that takes testbenches with delays."""
_CLOCKS = re.compile(r"clocks: (\d+) from the first pixel to the class, (\d+) from the last, (\d+) between classes")


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a simulation gave.

    Attributes:
        scores: (B, classes) int64.
        classes: (B,) int64.
        latency: clocks from the last image's first pixel to its class; 0 where it was not timed.
        answer: clocks from its last pixel to its class.
        interval: clocks between the last two classes.
    """

    scores: NDArray[np.int64]
    classes: NDArray[np.int64]
    latency: int
    answer: int
    interval: int


def top_name(folder: Path) -> str:
    """Return the name of the network whose testbench a folder holds."""
    (found,) = folder.glob("*_tb.v")
    return found.name.removesuffix("_tb.v")


def sources(folder: Path) -> list[str]:
    """Return the folder's Verilog files but the testbench's, relative to it."""
    return [*sorted(f"rtl/{path.name}" for path in (folder / "rtl").glob("*.v")), f"{top_name(folder)}_top.v"]


def testbench(folder: Path) -> list[str]:
    """Return all of the folder's Verilog files, relative to it."""
    return [*sources(folder), "bench/lbp_testbench.v", f"{top_name(folder)}_tb.v"]


def build_icarus(folder: Path) -> list[str]:
    """Compile a folder's testbench; return the command that runs it there.

    Raises:
        MissingToolError: Icarus Verilog is not installed.
        VerificationError: the folder does not compile.
    """
    compiler, runner = find_tool("iverilog", "iverilog"), find_tool("vvp", "iverilog")
    program = f"{top_name(folder)}.vvp"
    _run([str(compiler), "-g2001", "-Wall", "-o", program, "-s", f"{top_name(folder)}_tb", *testbench(folder)], folder)
    return [str(runner), "-n", program]


def has_verilator() -> bool:
    """Return whether `build_verilator` finds what it needs."""
    if not all(shutil.which(command) for command in ("verilator", "g++")):
        return False
    said = subprocess.run(["verilator", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"Verilator (\d+)", said)
    return version is not None and int(version[1]) >= _VERILATOR


def build_verilator(folder: Path) -> list[str]:
    """Compile a folder's testbench with Verilator; return the command that runs it there.

    Raises:
        MissingToolError: Verilator is not installed.
        VerificationError: the folder does not compile.
    """
    compiler = find_tool("verilator", "verilator")
    find_tool("g++", "g++")
    top = f"{top_name(folder)}_tb"
    options = ["--binary", "--timing", "-O3", "-Wno-fatal", "--Mdir", "verilated", "--top-module", top, "-j", "1"]
    _run([str(compiler), *options, "-CFLAGS", "-O2", *testbench(folder)], folder)
    return [f"verilated/V{top}"]


def simulate(folder: Path, command: Sequence[str], images: NDArray[np.uint8], classes: int, gaps: bool) -> Simulated:
    """Run a built testbench.

    Args:
        folder: where it was built.
        command: of `build_icarus` or `build_verilator`.
        images: (B, C, H, W) uint8.
        classes: scores of an image.
        gaps: leave out pixels in a random pattern.

    Raises:
        VerificationError: the simulation ended without all results.
    """
    (folder / "images.run").write_bytes(image_bytes(images))
    results = folder / "results.run"
    results.unlink(missing_ok=True)
    options = [f"+count={len(images)}", "+images=images.run", "+results=results.run", f"+gaps={int(gaps)}"]
    said = _run([*command, *options], folder)
    numbers = np.array(results.read_text(encoding="ascii").split() if results.exists() else [], str)
    timed = _CLOCKS.search(said)
    if timed is None or len(numbers) != len(images) * (classes + 1):
        raise VerificationError(f"the simulation ended with {len(numbers):,} numbers of {len(images)} images:\n{said}")
    table = numbers.astype(np.int64).reshape(len(images), classes + 1)
    return Simulated(table[:, :-1], table[:, -1], *(int(number) for number in timed.groups()))


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise VerificationError(f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout
