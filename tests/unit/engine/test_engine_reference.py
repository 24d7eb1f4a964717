"""What each node means, worked out by hand: the definition itself has nothing else to be compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from netlist_scores import netlist_scores
from small_program import NONE, table

from lbpnet.engine import reference_scores, reference_values
from lbpnet.errors import ImageError
from lbpnet.program import AddWeights, Argmax, Compare, Encode, Input, Join, MaxPool, Node, Program, Shrink, SumPool
from lbpnet.program.expand import expand
from lbpnet.program.netlist import Constant
from lbpnet.program.simplify import merge_equal, simplify

IMAGE = np.array([[10, 20, 20], [30, 20, 40]], np.uint8)


def values(image: np.ndarray, *nodes: Node) -> list[list[list[int]]]:
    """Return the maps of the last node for one image (C, H, W) or (H, W)."""
    image = image.reshape(-1, *image.shape[-2:])
    whole = [Input(*image.shape), *nodes]
    pool = SumPool(len(nodes), table([0, 1]), table([0, 1]))
    probe = Program((*whole, pool, AddWeights(len(whole), _weights(whole), table(0, 0)), Argmax(len(whole) + 1)))
    return reference_values(probe, image[None])[len(nodes)][0].tolist()


def _weights(nodes: list[Node]) -> np.ndarray:
    last = nodes[-1]
    if isinstance(last, Compare):
        channels = len(last.channel)
    elif isinstance(last, Encode):
        channels = len(last.bits)
    else:
        channels = 4 if isinstance(last, Join) else 1
    return np.zeros((2, channels), np.int32)


# A window of 3: tap 5 is one to the right, 7 one below, 3 one to the left, 8 below and right.
BITS = Compare(0, 3, table(0, 0, 0, 0), table(5, 7, 3, 8))


@pytest.mark.parametrize(
    ("tap", "bits"),
    [
        (5, [[1, 0, 0], [0, 1, 0]]),  # right; equal is not greater, and outside is zero
        (3, [[0, 0, 0], [0, 1, 0]]),  # left
        (7, [[1, 0, 1], [0, 0, 0]]),  # below
        (1, [[0, 0, 0], [0, 0, 0]]),  # above
        (8, [[1, 1, 0], [0, 0, 0]]),  # below and right
        (2, [[0, 0, 0], [0, 0, 0]]),  # above and right
        (6, [[0, 1, 0], [0, 0, 0]]),  # below and left
        (4, [[0, 0, 0], [0, 0, 0]]),  # itself
    ],
)
def test_a_comparison_reads_its_offset_row_by_row_and_zero_outside(tap: int, bits: list[list[int]]) -> None:
    assert values(IMAGE, Compare(0, 3, table(0), table(tap))) == [bits]


def test_a_window_of_five_has_its_pivot_at_tap_twelve() -> None:
    two_right, two_up = Compare(0, 5, table(0), table(14)), Compare(0, 5, table(0), table(2))
    assert values(IMAGE, two_right) == [[[1, 0, 0], [1, 0, 0]]]
    assert values(np.array([[9], [0], [8]], np.uint8), two_up) == [[[0], [0], [1]]]


def test_a_code_packs_the_first_bit_lowest_counts_or_compares_a_count() -> None:
    order = Encode(1, "pack", table([0, 1, 2], [2, 1, 0]), 0, NONE)
    # Bits at each pixel, right, below, left: 110 001 010 / 000 101 000 (first bit first)
    assert values(IMAGE, BITS, order) == [[[3, 0, 2], [0, 5, 0]], [[6, 0, 2], [0, 5, 0]]]
    floor = replace(order, floor=3)
    assert values(IMAGE, BITS, floor) == [[[0, 0, 0], [0, 2, 0]], [[3, 0, 0], [0, 2, 0]]]
    count = Encode(1, "count", table([0, 1, 2, 0]), 0, NONE)
    assert values(IMAGE, BITS, count) == [[[3, 0, 1], [0, 3, 0]]]
    threshold = Encode(1, "threshold", table([0, 1, 2], [0, 1, 2], [0, 1, 2]), 0, table(2, 0, 4))
    assert values(IMAGE, BITS, threshold) == [[[1, 0, 0], [0, 1, 0]], [[1, 1, 1]] * 2, [[0, 0, 0]] * 2]


def test_a_shrink_rounds_the_mean_down_and_drops_the_rest() -> None:
    image = np.array([[1, 2, 9], [3, 5, 9], [9, 9, 9]], np.uint8)
    assert values(image, Shrink(0, 2)) == [[[2]]]
    assert values(np.full((5, 4), 255, np.uint8), Shrink(0, 4)) == [[[255]]]


def test_a_max_pool_keeps_the_largest_and_drops_the_rest() -> None:
    image = np.array([[1, 2, 200], [3, 5, 9], [250, 9, 9]], np.uint8)
    assert values(image, MaxPool(0, 2)) == [[[5]]]


def test_a_join_keeps_the_order_of_its_sources() -> None:
    two = Compare(0, 3, table(0, 0), table(5, 7))
    one = Compare(0, 3, table(0), table(3))
    assert values(IMAGE, two, one, Join((2, 0, 1))) == [
        [[0, 0, 0], [0, 1, 0]],
        IMAGE.tolist(),
        [[1, 0, 0], [0, 1, 0]],
        [[1, 0, 1], [0, 0, 0]],
    ]


def test_sums_overlap_and_scores_add_channel_row_and_column_in_this_order() -> None:
    image = np.stack([IMAGE, IMAGE + 100])[None]
    pool = SumPool(0, table([0, 2], [1, 2]), table([0, 2], [1, 3]))
    weights = np.zeros((9, 8), np.int32)
    weights[range(8), range(8)] = 1
    weights[8] = -127
    program = Program((Input(2, 2, 3), pool, AddWeights(1, weights, np.arange(9, dtype=np.int32)), Argmax(2)))
    sums = [80, 100, 50, 60, 480, 500, 250, 260]
    assert reference_scores(program, image).tolist() == [[*(s + i for i, s in enumerate(sums)), 8 - 127 * sum(sums)]]
    assert reference_values(program, image)[-1].tolist() == [5]


def corner(image: Input, *weights: int) -> Program:
    """The program whose scores are multiples of the first pixel."""
    classes = np.array(weights, np.int32)[:, None]
    pool = SumPool(0, table([0, 1]), table([0, 1]))
    return Program((image, pool, AddWeights(1, classes, np.zeros(len(weights), np.int32)), Argmax(2)))


def test_the_lowest_of_equal_classes_is_the_class() -> None:
    program = corner(Input(1, 1, 1), 0, 1, 1)
    assert reference_values(program, np.full((1, 1, 1, 1), 7, np.uint8))[-1].tolist() == [1]
    assert reference_values(program, np.zeros((1, 1, 1, 1), np.uint8))[-1].tolist() == [0]


def test_constants_fold_through_every_code_as_they_are_computed() -> None:
    """Ones from a limit of 0, zeros from a pixel against itself, packed above and below the floor."""
    always = Encode(1, "threshold", table([0], [0], [0]), 0, table(0, 2, 1))  # 1, 0, and a bit
    packs = Encode(2, "pack", table([0, 1, 0], [1, 1, 1], [1, 0, 0]), 3, NONE)  # 5 - 3, 0, 6 - 3
    counts = Encode(2, "count", table([0, 0, 1], [1, 1, 1], [0, 2, 2]), 0, NONE)  # 2, 0, 1 + 2 bits
    nodes = (Input(1, 2, 3), Compare(0, 3, table(0), table(5)), always, packs, counts, Join((3, 4)))
    pool, head = (
        SumPool(5, table([0, 2]), table([0, 3])),
        AddWeights(6, np.eye(6, dtype=np.int32), np.zeros(6, np.int32)),
    )
    program = Program((*nodes, pool, head, Argmax(7)))
    netlist = expand(program)
    assert reference_scores(program, IMAGE[None]).tolist() == [[12, 0, 18, 12, 0, 6 + 2 * 2]]
    assert netlist_scores(simplify(netlist), IMAGE[None, None]).tolist() == [[12, 0, 18, 12, 0, 10]]
    merged = merge_equal(netlist)
    assert sorted(c.value for c in merged.channels if isinstance(c, Constant)) == [0, 1, 2, 3]
    assert len(simplify(netlist).pooled) == 1


def test_images_of_another_shape_or_type_are_named() -> None:
    program = corner(Input(1, 2, 3), 0, 1)
    assert reference_scores(program, np.zeros((0, 1, 2, 3), np.uint8)).shape == (0, 2)
    assert reference_scores(program, np.zeros((300, 2, 3), np.uint8)).shape == (300, 2)
    one = IMAGE[None]
    for wrong in (IMAGE, one.astype(float), one[:, :, :2], one[None, None], one.astype(bool), one.astype(np.int8)):
        with pytest.raises(ImageError, match=r"images: expected .*, got "):
            reference_scores(program, wrong)
