"""ONNX exports of random programs equal the reference in ONNX Runtime, score by score."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from random_programs import Limits, adversarial_images, kinds, random_images, random_program

from lbpnet.export import export, verify

QUICK, ALL = 60, 240
WIDE = Limits(steps=4, pack_points=16, count_points=16)
EVERY_KIND = {"Shrink", "Compare", "Encode", "Join", "MaxPool", "SumPool", "AddWeights", "pack", "count", "threshold"}


def compare_seeds(seeds: range, folder: Path, limits: Limits | None = None) -> Counter[str]:
    """Export and verify a program a seed; return how many contained what."""
    ran: Counter[str] = Counter()
    for seed in seeds:
        draw = np.random.default_rng(seed)
        program = random_program(draw, limits=limits)
        images = np.concatenate([adversarial_images(program.input), random_images(draw, program.input, 12)])
        export(program, "onnx", folder / str(seed))
        assert verify(folder / str(seed), images)[-1].endswith("22 images: every score and class equals the reference")
        wide = {"maps above 255"} if any(kind.kind == "maps" and kind.high > 255 for kind in program.types) else set()
        ran.update(kinds(program) | {"program"} | wide)
    return ran


def test_random_programs_equal_the_reference(tmp_path: Path) -> None:
    ran = compare_seeds(range(QUICK), tmp_path)
    assert ran["program"] == QUICK
    assert ran.keys() >= EVERY_KIND


def test_random_programs_with_maps_above_255_equal_the_reference(tmp_path: Path) -> None:
    ran = compare_seeds(range(30), tmp_path, WIDE)
    assert ran["program"] == 30
    assert ran["maps above 255"] >= 5


@pytest.mark.slow
def test_many_random_programs_equal_the_reference(tmp_path: Path) -> None:
    ran = compare_seeds(range(QUICK, ALL), tmp_path)
    assert ran["program"] == ALL - QUICK
    assert ran.keys() >= EVERY_KIND
