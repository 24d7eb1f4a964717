"""Exported Verilog of a program, simulated on a few images against the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from random_programs import adversarial_images, random_images

from lbpnet.export.verilog import check, verify, write
from lbpnet.program import Program


def prove(program: Program, draw: np.random.Generator, place: Path) -> None:
    """Write a program to a new folder and compare one random image and two extreme ones."""
    images = np.concatenate([random_images(draw, program.input, 1), adversarial_images(program.input)[3:5]])
    place.mkdir()
    check(program)
    write(program, place, "net")
    verify(place, program, images)
