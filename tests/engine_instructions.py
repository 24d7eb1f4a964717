"""Instructions that the engine executes an image, counted under callgrind: the same on a busy machine.

Valgrind decodes no AVX-512, so the portable code and AVX2 are counted. A count is what 16 more images add, so loading
does not count; the C library's memory functions do. `scripts/count_engine_instructions.py` records it.
"""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

import numpy as np
from engine_harness import NATIVE, Harness, write_case
from random_programs import random_images
from routed_programs import routed_program

from lbpnet.program import Program

ISAS = ("portable", "avx2")
FEW, MANY = 1, 17
GOLDEN = Path(__file__).parent / "golden" / "engine_instructions.json"
CAN_COUNT = all(shutil.which(tool) for tool in ("valgrind", NATIVE.compiler)) and platform.machine() in (
    "x86_64",
    "AMD64",
)


def counted_programs() -> dict[str, Program]:
    """Return the programs of the record."""
    return {
        "39-40-80, n=4, 28x28": routed_program(0),
        "39-40-80, n=4, 14x14 by shrink 2": routed_program(0, shrink=2),
        "39-40-80, n=4, 28x28, binary": routed_program(0, floor=False),
    }


def instructions_an_image(harness: Harness, program: Program, isa: str, folder: Path) -> float:
    """Count one program on one instruction set; works in a folder."""
    images = random_images(np.random.default_rng(0), program.input, MANY)
    totals = []
    for number in (FEW, MANY):
        case = write_case(folder, f"{isa}{number}", program, images[:number])
        output = folder / f"callgrind.{isa}{number}"
        before = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={output}")
        said = harness.run(case, isa, count=True, before=before).said
        found = re.search(r"Collected : (\d+)", said)
        if found is None:
            raise RuntimeError(f"valgrind gave no count: {said}")
        totals.append(int(found[1]))
    return (totals[1] - totals[0]) / (MANY - FEW)


def count_instructions(harness: Harness, folder: Path) -> dict[str, dict[str, int]]:
    """Return instructions an image of each program and instruction set."""
    return {
        name: {isa: round(instructions_an_image(harness, program, isa, folder)) for isa in ISAS}
        for name, program in counted_programs().items()
    }
