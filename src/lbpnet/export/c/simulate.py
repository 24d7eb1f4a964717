"""Runs a proof firmware in its board's simulator, image after image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingToolError, VerificationError
from .boards import SOURCES, Board
from .firmware import Firmware
from .run_tool import run_tool

_HOST_COMPILER = "gcc"


@dataclass(frozen=True, eq=False)
class Records:
    """What a firmware reported.

    Attributes:
        classes: (images,) int32.
        scores: (images, classes) int32.
        counts: (images,) float64, the board's unit, exact to one step of its counter.
        stack: bytes of stack that were ever used, from the end of RAM down.
    """

    classes: NDArray[np.int32]
    scores: NDArray[np.int32]
    counts: NDArray[np.float64]
    stack: int


def simulate(board: Board, firmware: Firmware, images: NDArray[np.uint8], classes: int, seconds: float) -> Records:
    """Classify images (B, C, H, W) on a simulated board.

    Raises:
        MissingToolError: the simulator is not installed.
        VerificationError: the firmware stopped before the last image, or was not done in so many seconds.
    """
    folder = firmware.elf.parent.resolve()
    ordered = images.swapaxes(1, 2) if board.row_by_row else images
    ordered.tofile(folder / "images.bin")
    (folder / "records.bin").unlink(missing_ok=True)
    command = [board.simulator.command, *board.arguments, str(firmware.elf.resolve())]
    if board.simulator.command == "simulate_avr":
        command = [str(build_avr_simulator(folder)), command[-1], "images.bin", "records.bin"]
    run_tool(command, board.simulator.package, folder, seconds)
    records = np.fromfile(folder / "records.bin", "<i4")
    if records.size != len(images) * (classes + 3):
        done = records.size // (classes + 3)
        raise VerificationError(f"{board.title}: {done:,} records of {len(images):,} images: the firmware stopped")
    records = records.reshape(len(images), classes + 3)
    ticks = records[:, -2].astype(np.int64) & ((1 << board.tick_bits) - 1)
    return Records(records[:, 0], records[:, 1:-2], (ticks * board.tick).astype(np.float64), int(records[-1, -1]))


def build_avr_simulator(folder: Path) -> Path:
    """Compile the program that runs a firmware under libsimavr."""
    binary = folder / "simulate_avr"
    command = [_HOST_COMPILER, "-O2", "-o", str(binary), str(SOURCES / "simulate_avr.c"), "-lsimavr", "-lelf"]
    if not Path("/usr/include/simavr/sim_avr.h").exists():
        raise MissingToolError("simavr's headers: not found; install the package libsimavr-dev")
    run_tool(command, "gcc")
    return binary
