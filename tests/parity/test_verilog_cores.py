"""Exported Verilog gives the reference's scores and classes in simulation, on random programs and on digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from random_programs import kinds, random_program
from routed_programs import routed_program
from simulated_verilog import prove

from lbpnet.data.embedded_digits import read_embedded
from lbpnet.export.verilog import verify, write

SEEDS_IN_CI, SEEDS = range(12), range(12, 120)
KINDS = {"Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"}


def run(seeds: Iterable[int], folder: Path) -> tuple[int, Counter[str]]:
    """Compare a program a seed; return how many, and what they contained."""
    ran, met = 0, Counter[str]()
    for seed in seeds:
        draw = np.random.default_rng(seed)
        program = random_program(draw)
        prove(program, draw, folder / str(seed))
        ran += 1
        met.update(kinds(program))
    return ran, met


def test_random_programs_simulate_to_the_scores_of_the_reference(tmp_path: Path) -> None:
    ran, met = run(SEEDS_IN_CI, tmp_path)
    assert ran == 12
    assert set(met) >= KINDS


@pytest.mark.slow
def test_many_random_programs_simulate_to_the_scores_of_the_reference(tmp_path: Path) -> None:
    ran, met = run(SEEDS, tmp_path)
    assert ran == 108
    assert all(met[name] >= 10 for name in KINDS), met


def test_200_digits_through_one_core_give_the_reference_s_scores(tmp_path: Path) -> None:
    program = routed_program(0, kernels=(3, 3, 4), points=3, shrink=4)
    write(program, tmp_path, "digits")
    images = read_embedded()[1].images[:200]
    assert len(images) == 200
    lines = verify(tmp_path, program, images)
    assert "200 images" in lines[0]
