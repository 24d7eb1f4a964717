"""The extractor hands out the reference's pooled sums, of every map of the program and in its order."""

from __future__ import annotations

import numpy as np
import pytest
from random_programs import random_images, random_program
from small_program import small_program

from lbpnet.engine import Engine, Extractor, reference_values
from lbpnet.errors import ConfigError
from lbpnet.program import AddWeights, Input, Program, SumPool

ISAS = tuple(isa for isa in Engine.isas() if isa != "reference")
pytestmark = pytest.mark.skipif(not ISAS, reason="the native engine was not built")


def pooled(program: Program, images: np.ndarray) -> np.ndarray:
    (head,) = [node for node in program.nodes if isinstance(node, AddWeights)]
    assert isinstance(program.nodes[head.source], SumPool)
    return reference_values(program, images)[head.source].reshape(len(images), -1)


@pytest.mark.parametrize("isa", ISAS)
def test_features_equal_the_reference_on_random_programs(isa: str) -> None:
    draw, ran = np.random.default_rng(11), 0
    for _ in range(40):
        program = random_program(draw)
        images = random_images(draw, program.input, 5)
        expected = pooled(program, images)
        if expected.max(initial=0) >= 1 << 14:
            continue
        try:
            extractor = Extractor(program, isa)
        except ConfigError:
            continue  # its largest sum, which these images do not reach, needs more than 15 bits
        assert np.array_equal(extractor.features(images, threads=2), expected)
        ran += 1
    assert ran >= 20


def test_features_do_not_depend_on_weights() -> None:
    program = small_program()
    nodes = [
        AddWeights(n.source, np.zeros_like(n.weights), n.bias) if isinstance(n, AddWeights) else n
        for n in program.nodes
    ]
    images = random_images(np.random.default_rng(3), program.input, 4)
    expected = pooled(program, images)
    assert expected.any()
    assert np.array_equal(Extractor(Program(tuple(nodes), program.classes)).features(images), expected)


def test_without_a_native_engine_the_extractor_is_refused() -> None:
    with pytest.raises(ConfigError, match="'reference'"):
        Extractor(small_program(), "reference")


def test_no_image_gives_no_features() -> None:
    program = small_program()
    assert isinstance(program.nodes[0], Input)
    first = program.input
    none = np.zeros((0, first.channels, first.height, first.width), np.uint8)
    assert Extractor(program).features(none).shape[0] == 0
