"""Simulates an exported folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores
from ...program import Program
from ..compare import require_equal_scores
from .simulate import build_icarus, simulate


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    """Simulate a folder with Icarus Verilog and compare every image's scores and class with the reference by `==`.

    Args:
        folder: of `write`.
        program: the one it was written from.
        images: (B, C, H, W) uint8, B >= 1.

    Returns:
        What was compared, and the clocks it took.

    Raises:
        VerificationError: names the first image that differs.
        MissingToolError: Icarus Verilog is not installed.
    """
    found = simulate(folder, build_icarus(folder), images, program.num_classes, gaps=False)
    require_equal_scores("Icarus Verilog", reference_scores(program, images), found.scores, found.classes)
    return [
        f"Icarus Verilog: {len(images):,} images streamed, {program.num_classes} scores and a class each",
        f"{found.latency:,} clocks from an image's first pixel to its class, {found.answer:,} from its last",
    ]
