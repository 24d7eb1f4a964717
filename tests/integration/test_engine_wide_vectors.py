"""Vectors of 64 bytes, as AVX-512 has them, equal the reference; in plain C, for CPUs that lack it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from engine_harness import PLAIN, build_harness, checksum, write_case
from random_programs import Limits, Size, adversarial_images, random_images, random_program
from routed_programs import routed_program

from lbpnet.engine import reference_scores

SIDES = ((28, 28), (8, 16), (16, 16), (5, 9), (7, 33), (11, 64), (3, 70), (9, 130), (20, 31), (1, 1))
SLICE = 512


def test_vectors_of_64_bytes_equal_the_reference(tmp_path: Path) -> None:
    harness = build_harness(tmp_path, ("avx512",), PLAIN)
    programs = [routed_program(seed, kernels=(6, 8), points=3 + seed, shrink=1 + seed) for seed in range(2)]
    for seed in range(20):
        size = Size(1 + seed % 3, *SIDES[seed % len(SIDES)], steps=6)
        limits = Limits(comparisons=12, kernels=6, pack_points=8)
        programs.append(random_program(np.random.default_rng(seed), size, limits))
    ran = 0
    for number, program in enumerate(programs):
        noise = random_images(np.random.default_rng(number), program.input, 30)
        images = np.concatenate([adversarial_images(program.input), noise])
        images = images[np.arange(SLICE) % len(images)]
        expected = checksum(reference_scores(program, images))
        for vector in (0, 64):  # pixels as lanes, images as lanes
            case = write_case(tmp_path, "case", program, images, vector)
            assert harness.run(case, "avx512", count=True).figures["checksum"] == expected, (number, vector)
            ran += 1
    assert ran == 44
