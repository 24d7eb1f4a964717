"""Simulates an exported folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores
from ...program import Encode, Program
from ..compare import require_equal_scores
from .simulate import build_icarus, build_verilator, has_verilator, simulate

_COMPILED_FROM = 1_000
"""Maps times images from which compiling takes less time than it saves."""


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    """Simulate a folder and compare every image's scores and class with the reference by `==`.

    With Verilator, where it is installed and the work is worth its quarter of a minute of compiling: an image of the
    zoo's networks then takes hundredths of a second, Icarus Verilog a second or many. Else with Icarus.

    Args:
        folder: of `write`.
        program: the one it was written from.
        images: (B, C, H, W) uint8, B >= 1.

    Returns:
        What was compared, and the clocks it took.

    Raises:
        VerificationError: names the first image that differs.
        MissingToolError: neither is installed, or Icarus is not and the work is small.
    """
    maps = sum(len(node.bits) for node in program.nodes if isinstance(node, Encode))
    compiled = maps * len(images) >= _COMPILED_FROM and has_verilator()
    simulator, build = ("Verilator", build_verilator) if compiled else ("Icarus Verilog", build_icarus)
    found = simulate(folder, build(folder), images, program.num_classes, gaps=False)
    require_equal_scores(simulator, reference_scores(program, images), found.scores, found.classes)
    return [
        f"{simulator}: {len(images):,} images streamed, {program.num_classes} scores and a class each",
        f"{found.latency:,} clocks from an image's first pixel to its class, {found.answer:,} from its last",
    ]
