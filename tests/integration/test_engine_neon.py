"""The engine's NEON code, cross-compiled and run under QEMU, equals the reference."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import numpy as np
import pytest
from engine_harness import AARCH64, build_harness, checksum, write_case
from random_programs import Limits, Size, adversarial_images, random_images, random_program
from routed_programs import routed_program

from lbpnet.engine import reference_scores

TOOLS = (AARCH64.compiler, AARCH64.runner[0])
CAN_EMULATE = all(shutil.which(tool) for tool in TOOLS)
# Words of 16, 32 and 64 bits, strips, lanes side by side.
SIDES = ((28, 28), (8, 16), (16, 16), (5, 9), (7, 33), (11, 64), (3, 70), (17, 130), (40, 31), (1, 1))


@pytest.mark.skipif(
    os.environ.get("CI") != "true" or platform.machine() != "x86_64", reason="only CI promises a cross-compiler"
)
def test_ci_can_emulate_neon() -> None:
    assert CAN_EMULATE, f"missing: {', '.join(tool for tool in TOOLS if not shutil.which(tool))}"


@pytest.mark.skipif(not CAN_EMULATE, reason=f"needs {' and '.join(TOOLS)}")
def test_neon_equals_the_reference(tmp_path: Path) -> None:
    harness = build_harness(tmp_path, ("neon",), AARCH64)
    limits = Limits(comparisons=12, kernels=6, pack_points=8)
    programs = [routed_program(seed, kernels=(6, 8), shrink=1 + seed) for seed in range(2)]
    for seed in range(20):
        size = Size(1 + seed % 3, *SIDES[seed % len(SIDES)], steps=6)
        programs.append(random_program(np.random.default_rng(seed), size, limits))
    ran = 0
    for number, program in enumerate(programs):
        noise = random_images(np.random.default_rng(number), program.input, 5)
        images = np.concatenate([adversarial_images(program.input), noise])
        expected = checksum(reference_scores(program, images))
        case = write_case(tmp_path, "case", program, images)
        assert harness.run(case, "neon", count=True).figures["checksum"] == expected, number
        ran += 1
    assert ran == 22
