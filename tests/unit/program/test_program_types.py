"""Each rule of a node, broken once, is refused with the node and the field; types say what values really are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from broken_nodes import BROKEN
from random_programs import adversarial_images, random_images, random_program
from small_program import shrink_nodes, small_nodes, small_program, table

from lbpnet.engine import reference_values
from lbpnet.errors import ProgramError
from lbpnet.program import Input, Node, Program, TensorType


def refused(nodes: list[Node], index: int, field: str) -> bool:
    with pytest.raises(ProgramError) as caught:
        Program(tuple(nodes))
    message = str(caught.value)
    assert message.startswith(f"node {index} ({type(nodes[index]).__name__}): {field}: expected "), message
    assert len(message) < 300
    return True


def test_the_unbroken_programs_are_valid() -> None:
    assert small_program().types[9] == Program(tuple(small_nodes())).types[9]
    assert len(Program(tuple(shrink_nodes())).types) == 5


def test_every_broken_rule_names_its_node_and_field() -> None:
    ran = 0
    for index, field, value, *named in BROKEN:
        nodes = small_nodes()
        nodes[index] = replace(nodes[index], **{field: value})
        ran += refused(nodes, index, named[0] if named else field)
    assert ran == len(BROKEN) == 82


@pytest.mark.parametrize("factor", [1, 3, 8, 0, -2])
def test_a_shrink_has_two_factors(factor: int) -> None:
    nodes = shrink_nodes()
    nodes[1] = replace(nodes[1], factor=factor)
    assert refused(nodes, 1, "factor")


def test_maps_that_shrink_to_nothing_are_refused() -> None:
    nodes = shrink_nodes()
    nodes[0] = Input(2, 1, 6)
    assert refused(nodes, 1, "shape")
    nodes = small_nodes()
    nodes[7] = replace(nodes[7], size=4)
    nodes[0] = Input(2, 3, 6)
    assert refused(nodes, 7, "shape")


def test_joined_maps_have_one_side() -> None:
    nodes = small_nodes()
    nodes.insert(8, replace(nodes[5], sources=(5, 7)))
    nodes[9:] = [replace(node, source=node.source + 1) for node in nodes[9:]]  # type: ignore[union-attr]
    assert refused(nodes, 8, "sources")


def test_more_elements_than_the_limit_are_refused() -> None:
    assert refused([Input(5, 4096, 4096), *small_nodes()[1:]], 0, "shape")


def test_sums_that_could_overflow_are_refused() -> None:
    nodes = shrink_nodes()
    nodes[0] = Input(1, 4096, 4096)
    nodes[1:3] = [replace(nodes[2], source=0, rows=table([0, 4096]), columns=table([0, 4096]))]
    assert refused([*nodes[:2], *(replace(n, source=n.source - 1) for n in nodes[2:])], 1, "rows")  # type: ignore


def test_the_first_node_is_the_input_and_the_last_the_class() -> None:
    nodes = small_nodes()
    wrong: list[list[Node]] = [
        [],
        nodes[:2],
        nodes[1:],
        nodes[:-1],
        [*nodes, nodes[-1]],
        [nodes[0], nodes[0], *nodes[2:]],
        [*nodes[:-2], nodes[-1]],
        [nodes[0]] * 1025,
    ]
    ran = 0
    for case in wrong:
        with pytest.raises(ProgramError, match="node"):
            Program(tuple(case))
        ran += 1
    assert ran == 8


@pytest.mark.parametrize("classes", [("a",), ("a", "b"), ("a", "b", "c", "d")])
def test_a_name_for_each_class_or_none(classes: tuple[str, ...]) -> None:
    with pytest.raises(ProgramError, match=f"classes: expected 3 names, got {len(classes)}"):
        Program(tuple(small_nodes()), classes)


def test_the_width_of_a_number_holds_its_range_and_no_less() -> None:
    ran = 0
    for low, high, bits in [(0, 0, 1), (0, 1, 1), (0, 2, 2), (0, 255, 8), (-1, 0, 1), (-1, 1, 2), (-128, 127, 8)]:
        assert TensorType("scores", (1,), low, high).bits == bits
        ran += 1
    assert TensorType("scores", (1,), -129, 0).bits == 9
    assert ran == 7


def test_values_have_the_shape_and_stay_in_the_range_of_their_type() -> None:
    ran = reached = 0
    for seed in range(150):
        draw = np.random.default_rng(seed)
        program = random_program(draw)
        images = np.concatenate([random_images(draw, program.input, 3), adversarial_images(program.input)])
        for kind, value in zip(program.types, reference_values(program, images), strict=True):
            assert value.shape == (len(images), *kind.shape)
            assert kind.low <= value.min() and value.max() <= kind.high, (seed, kind)
            reached += value.max() == kind.high
            ran += 1
    assert ran > 900
    assert reached > ran // 3  # ranges are not merely wide
