"""Comparison: hand-made images, plain loops, numeric derivatives, and the seed's grid_sample."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from lbpnet.ops import compare, compare_reference

ALPHA = torch.tensor(0.5)
IMAGE = torch.tensor([[1.0, 2.0, 2.0], [5.0, 3.0, 0.0], [5.0, 4.0, 9.0]]).view(1, 1, 3, 3)

HAND_MADE: list[tuple[tuple[float, float], list[list[int]]]] = [
    # To the right; the last column meets itself: a tie, and strict means 0.
    ((0.0, 1.0), [[1, 0, 0], [0, 0, 0], [0, 1, 0]]),
    # Below; the last row meets itself.
    ((1.0, 0.0), [[1, 1, 0], [0, 1, 1], [0, 0, 0]]),
    # Above left, over the replicated corner and borders.
    ((-1.0, -1.0), [[0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    # The pivot itself never exceeds itself.
    ((0.0, 0.0), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
    # Half way to the right: the sign of the difference stays that of the whole step.
    ((0.0, 0.5), [[1, 0, 0], [0, 0, 0], [0, 1, 0]]),
    # Half way down and right: mean of four against the pivot.
    # 11/4 > 1, 7/4 < 2, 1 < 2; 17/4 < 5, 16/4 > 3, 18/4 > 0; 18/4 < 5, 26/4 > 4, 9 = 9.
    ((0.5, 0.5), [[1, 0, 0], [0, 1, 1], [0, 1, 0]]),
]


def point(offset: tuple[float, float]) -> Tensor:
    return torch.tensor([[offset]])


@pytest.mark.parametrize("function", [compare, compare_reference])
def test_a_small_image_gives_the_bits_read_off_by_hand(every_way: Any, function: Any) -> None:
    ran = 0
    for _ in every_way:
        for offset, expected in HAND_MADE:
            bits = function(IMAGE, point(offset), ALPHA, window=3, hard=True)
            assert bits.dtype == torch.float32
            assert bits[0, 0].tolist() == expected, offset
            ran += 1
    assert ran == 6 * len(every_way) >= 6


def test_bits_are_averaged_over_channels_and_a_route_reads_one(every_way: Any) -> None:
    x = torch.cat([IMAGE, 10 - IMAGE], 1)
    offsets = torch.tensor([[(0.0, 1.0), (1.0, 0.0)]])
    right, below = torch.tensor([[1, 0, 0], [0, 0, 0], [0, 1, 0]]), torch.tensor([[1, 1, 0], [0, 1, 1], [0, 0, 0]])
    # In the negative a bit is set where the original is smaller: nor tie nor set.
    right_negative = torch.tensor([[0, 0, 0], [1, 1, 0], [1, 0, 0]])
    ran = 0
    for _ in every_way:
        averaged = compare(x, offsets, ALPHA, window=3, hard=True)
        assert averaged[0, 0].tolist() == ((right + right_negative) / 2).tolist()
        assert averaged[0, 0, 0].tolist() == [0.5, 0.0, 0.0]
        routed = compare(x, offsets, ALPHA, window=3, hard=True, route=torch.tensor([1, 0], dtype=torch.int32))
        assert torch.equal(routed[0], torch.stack([right_negative, below]).float())
        ran += 1
    assert ran == len(every_way) >= 1


def test_offsets_of_their_own_move_each_channel_apart(every_way: Any) -> None:
    x = IMAGE.expand(1, 2, 3, 3)
    offsets = torch.tensor([[(0.0, 1.0)], [(1.0, 0.0)]])
    expected = (torch.tensor(HAND_MADE[0][1]) + torch.tensor(HAND_MADE[1][1])) / 2
    ran = 0
    for _ in every_way:
        assert torch.equal(compare(x, offsets, ALPHA, window=3, hard=True)[0, 0], expected)
        ran += 1
    assert ran == len(every_way) >= 1


def cases() -> list[tuple[tuple[int, int, int, int], int, bool, bool]]:
    """Shape, window, offsets shared, routed."""
    shapes = [(1, 1, 1, 1), (2, 1, 3, 5), (1, 3, 4, 2), (2, 2, 1, 6)]
    return [(s, w, g, r) for s, w, g, r in itertools.product(shapes, (3, 5), (True, False), (True, False))]


def test_every_path_agrees_with_plain_loops(every_way: Any, loop_oracle: Any, draw: Any) -> None:
    ran = decided = 0
    for way, (seed, (shape, window, shared, routed)) in every_way.times(enumerate(cases())):
        rng = draw(seed)
        x = rng.uniform(*shape)
        offsets = rng.offsets(1 if shared else shape[1], 3, window)
        route = rng.route(3, shape[1]) if routed else None
        oracle = loop_oracle(x, offsets, 0.5, route)
        soft = compare(x, offsets, ALPHA, window=window, hard=False, route=route)
        torch.testing.assert_close(soft.flatten(), torch.tensor(oracle.soft()), rtol=0, atol=2e-6)
        hard = compare(x, offsets, ALPHA, window=window, hard=True, route=route).flatten().tolist()
        for found, (wanted, distance) in zip(hard, oracle.hard(), strict=True):
            # Rounding may decide only where sample and pivot agree to 1e-5.
            if distance > 1e-5:
                assert found == pytest.approx(wanted, abs=1e-6), (way, shape)
                decided += 1
        ran += 1
    assert ran == 32 * len(every_way) >= 32
    assert decided > 1000 * len(every_way)


def weighted_sum(oracle: Any, weights: list[float]) -> float:
    return sum(w * bit for w, bit in zip(weights, oracle.soft(), strict=True))


def numeric(oracle: Any, weights: list[float], nested: str, place: tuple[int, ...]) -> float:
    """Central difference, in Python's double precision, of one pixel or one offset."""
    holder = getattr(oracle, nested)
    for index in place[:-1]:
        holder = holder[index]
    before, h = holder[place[-1]], 1e-5
    holder[place[-1]] = before + h
    above = weighted_sum(oracle, weights)
    holder[place[-1]] = before - h
    below = weighted_sum(oracle, weights)
    holder[place[-1]] = before
    return (above - below) / (2 * h)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("routed", [True, False])
def test_gradients_of_both_forwards_are_numeric_derivatives_of_the_smoothed_loops(
    every_way: Any, loop_oracle: Any, draw: Any, shared: bool, routed: bool
) -> None:
    rng = draw(5)
    x, offsets = rng.uniform(1, 2, 3, 4), rng.inside_cells(1 if shared else 2, 3, 5)
    route = torch.tensor([1, 0, 1], dtype=torch.int32) if routed else None
    weights = rng.uniform(1, 3, 3, 4) - 0.3
    flat = weights.flatten().tolist()
    oracle = loop_oracle(x, offsets, 0.5, route)
    wanted: dict[str, Tensor] = {}
    for nested, like in (("pixels", x), ("offsets", offsets)):
        places = list(itertools.product(*map(range, like.shape)))
        wanted[nested] = torch.tensor([numeric(oracle, flat, nested, p) for p in places]).view(like.shape)
    h = 1e-5
    above, below = (weighted_sum(replace(oracle, alpha=0.5 + s * h), flat) for s in (1, -1))
    by_alpha = (above - below) / (2 * h)
    assert min(t.abs().max().item() for t in wanted.values()) > 0.1
    assert abs(by_alpha) > 0.01
    ran = 0
    for way, (function, hard) in every_way.times(itertools.product((compare, compare_reference), (True, False))):
        leaves = [t.clone().requires_grad_() for t in (x, offsets, ALPHA)]
        (function(*leaves, window=5, hard=hard, route=route) * weights).sum().backward()
        grads = [leaf.grad for leaf in leaves]
        # fp32 sums of some hundred terms against double precision.
        for grad, expected in zip(grads, (wanted["pixels"], wanted["offsets"], torch.tensor(by_alpha)), strict=True):
            assert grad is not None
            torch.testing.assert_close(grad, expected, rtol=1e-4, atol=5e-6, msg=lambda m, w=way: f"{w}: {m}")
        ran += 1
    assert ran == 4 * len(every_way) >= 4


def test_the_hard_forwards_gradient_is_the_soft_forwards_own(every_way: Any, draw: Any) -> None:
    rng = draw(11)
    x, offsets, weights = rng.uniform(2, 3, 6, 5), rng.offsets(1, 4, 3), rng.uniform(2, 4, 6, 5) - 0.5
    ran = 0
    for _ in every_way:
        grads: list[list[Tensor | None]] = []
        for hard in (True, False):
            leaves = [t.clone().requires_grad_() for t in (x, offsets, ALPHA)]
            (compare(*leaves, window=3, hard=hard) * weights).sum().backward()
            grads.append([leaf.grad for leaf in leaves])
        for from_hard, from_soft in zip(*grads, strict=True):
            assert from_hard is not None and from_soft is not None
            assert torch.equal(from_hard, from_soft)
            assert bool(from_hard.any())
        ran += 1
    assert ran == len(every_way) >= 1


@pytest.mark.parametrize("function", [compare, compare_reference])
def test_the_seeds_grid_sample_gives_the_same_smoothed_bits(every_way: Any, function: Any, draw: Any) -> None:
    ran = 0
    for _, (seed, (channels, window)) in every_way.times(enumerate([(1, 3), (3, 3), (2, 5), (4, 7)])):
        rng = draw(seed)
        batch, height, width, points = 2, 7, 5, 4
        x, offsets = rng.uniform(batch, channels, height, width), rng.offsets(1, points, window)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        total = []
        for dy, dx in offsets[0].tolist():
            grid = torch.stack([2 * (columns + dx) / (width - 1) - 1, 2 * (rows + dy) / (height - 1) - 1], -1)
            grid = grid.expand(batch, height, width, 2)
            sampled = torch.nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=True)
            total.append(torch.sigmoid((sampled - x) / ALPHA).mean(1))
        found = function(x, offsets, ALPHA, window=window, hard=False)
        # grid_sample maps positions to -1..1 and back: its sampling point is off by some 1e-6 of a pixel.
        torch.testing.assert_close(found, torch.stack(total, 1), rtol=0, atol=1e-5)
        ran += 1
    assert ran == 4 * len(every_way) >= 4


def test_half_precision_is_computed_in_single_precision(every_way: Any, draw: Any) -> None:
    rng = draw(3)
    x, offsets = rng.uniform(1, 2, 5, 5).to(torch.bfloat16), rng.offsets(1, 3, 3)
    ran = 0
    for _ in every_way:
        found = compare(x, offsets, ALPHA, window=3, hard=False)
        assert found.dtype == torch.float32
        assert torch.equal(found, compare(x.float(), offsets, ALPHA, window=3, hard=False))
        ran += 1
    assert ran == len(every_way) >= 1


def test_a_pivot_equal_to_its_whole_surroundings_gives_no_bit_at_any_offset(every_way: Any, draw: Any) -> None:
    offsets = draw(1).offsets(1, 64, 5)
    ran = 0
    for _ in every_way:
        for value in (0.1, 1 / 3, 200.0):
            x = torch.full((1, 2, 4, 5), value)
            assert not bool(compare(x, offsets, ALPHA, window=5, hard=True).any())
            ran += 1
    assert ran == 3 * len(every_way) >= 3
