"""The native engine equals the reference on every grid of pooled sums that networks have."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from random_programs import adversarial_images, random_images
from routed_programs import routed_program

from lbpnet.engine import Engine, reference_scores
from lbpnet.program import Program

NATIVE = tuple(isa for isa in Engine.isas() if isa != "reference")


def compare(program: Program, seed: int) -> int:
    hard = adversarial_images(program.input)
    images = np.concatenate([hard, random_images(np.random.default_rng(seed), program.input, 12)])
    expected = reference_scores(program, images)
    for isa in NATIVE:
        assert np.array_equal(Engine(program, isa=isa).scores(images), expected), isa
    return len(NATIVE)


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_every_grid_of_codes_of_1_to_4_bits_equals_the_reference(shrink: int) -> None:
    ran = 0
    for grid, points, floor in product(range(1, 8), range(1, 5), (False, True)):
        program = routed_program(
            grid, kernels=(3, 3, 4), points=points, shrink=shrink, grid=grid, floor=floor and points > 1
        )
        ran += compare(program, grid)
    assert ran == 7 * 4 * 2 * len(NATIVE)


def test_every_grid_of_halved_maps_equals_the_reference() -> None:
    ran = 0
    for grid, pool_at in product(range(1, 8), ((0,), (1,), (0, 1))):
        ran += compare(routed_program(grid, kernels=(3, 3, 4), points=3, grid=grid, pool_at=pool_at), grid)
    assert ran == 7 * 3 * len(NATIVE)
