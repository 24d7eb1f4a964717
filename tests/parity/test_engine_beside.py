"""Programs of the usual shapes, which AVX-512 runs on several images beside each other, equal the reference."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from random_programs import adversarial_images, random_images
from routed_programs import routed_program

from lbpnet.engine import Engine, reference_scores
from lbpnet.program import AddWeights, Compare, Encode, Program

NATIVE = tuple(isa for isa in Engine.isas() if isa != "reference")
SHAPES = ((1, 4, True), (1, 4, False), (2, 3, True))
"""Shrink, points, floor: four images of 28 x 28, of `bit_pack` and of `binary`, and eight of 14 x 14."""


def usual(shrink: int, points: int, floor: bool, classes: int = 10, scale: int = 1) -> Program:
    """An odd number of maps; weights of so many classes, `scale` times as large."""
    program = routed_program(shrink, kernels=(4, 6, 9), points=points, shrink=shrink, floor=floor)
    nodes = [
        replace(node, weights=np.resize(node.weights, (classes, node.weights.shape[1])) * np.int32(scale),
                bias=np.resize(node.bias, classes))
        if isinstance(node, AddWeights) else node
        for node in program.nodes
    ]  # fmt: skip
    return Program(tuple(nodes))


def check(program: Program, count: int, threads: tuple[int, ...] = (1,)) -> int:
    hard = adversarial_images(program.input)
    images = np.concatenate([hard, random_images(np.random.default_rng(count), program.input, count)])
    expected = reference_scores(program, images)
    for isa, number in product(NATIVE, threads):
        engine = Engine(program, isa=isa)
        for part in (slice(0, count), slice(len(images) - count, len(images))):
            assert np.array_equal(engine.scores(images[part], number), expected[part]), (isa, number)
            assert np.array_equal(engine.predict(images[part], number), expected[part].argmax(1)), (isa, number)
    return len(NATIVE) * len(threads)


@pytest.mark.parametrize(("shrink", "points", "floor"), SHAPES)
def test_batches_of_every_small_size_equal_the_reference(shrink: int, points: int, floor: bool) -> None:
    ran = sum(check(usual(shrink, points, floor), count, (1, 2, 3)) for count in range(19))
    assert ran == 19 * len(NATIVE) * 3


@pytest.mark.parametrize(("shrink", "points", "floor"), SHAPES)
@pytest.mark.parametrize("classes", [2, 9, 11, 23])
def test_any_number_of_classes_equals_the_reference(shrink: int, points: int, floor: bool, classes: int) -> None:
    assert check(usual(shrink, points, floor, classes), 9) == len(NATIVE)


@pytest.mark.parametrize(("shrink", "points", "floor"), SHAPES)
@pytest.mark.parametrize("scale", [63, 64, 127])
def test_weights_of_up_to_seven_bits_equal_the_reference(shrink: int, points: int, floor: bool, scale: int) -> None:
    assert check(usual(shrink, points, floor, scale=scale), 9) == len(NATIVE)


@pytest.mark.parametrize(("shrink", "points", "floor"), SHAPES)
@pytest.mark.parametrize("tap", [0, 4, 13, 24])
def test_windows_of_the_highest_values_equal_the_reference(shrink: int, points: int, floor: bool, tap: int) -> None:
    program = usual(shrink, points, floor)
    nodes = [
        replace(node, tap=np.full_like(node.tap, tap)) if isinstance(node, Compare) and index < 3 else node
        for index, node in enumerate(program.nodes)
    ]
    program = Program(tuple(nodes))
    # Every pixel is below its neighbour in some direction: all bits are ones, and sums leave a byte.
    y, x = np.indices((28, 28))
    ramps = [(4 * (a * y + b * x)) % 256 for a, b in product((-1, 0, 1), repeat=2)]
    images = np.stack(ramps)[:, None].astype(np.uint8)
    expected = reference_scores(program, images)
    ran = 0
    for isa in NATIVE:
        for count in (1, len(images)):
            assert np.array_equal(Engine(program, isa=isa).scores(images[:count]), expected[:count]), isa
            ran += 1
    assert ran == 2 * len(NATIVE)


@pytest.mark.parametrize("gated", list(product((True, False), repeat=3)))
def test_stages_of_different_codes_equal_the_reference(gated: tuple[bool, ...]) -> None:
    program, turn = usual(1, 4, True), iter(gated)
    nodes = [
        replace(node, floor=7 if next(turn) else 0) if isinstance(node, Encode) else node for node in program.nodes
    ]
    assert next(turn, None) is None
    assert check(Program(tuple(nodes)), 9) == len(NATIVE)
