"""Routed stages: worked examples, a slow oracle, every instruction set against the definition.

Maps are compared exactly: they are sums of powers of two times one scale. Gradients are fp32 sums in another order:
relative 1e-4, absolute 1e-6.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from lbpnet.errors import KernelError
from lbpnet.ops import RoutedStages, routed_stages, routed_stages_reference

CODES = ("bit_pack", "binary", "count", "majority")
SHAPES = [(1, 1, 1, 1), (2, 1, 7, 5), (1, 3, 4, 9), (2, 2, 1, 17), (1, 1, 28, 28)]


def stack(
    channels: int, kernels: Sequence[int], points: int, window: int, code: Any, seed: int
) -> tuple[RoutedStages, list[Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    routes, positions = [], []
    for count in kernels:
        routes.append(torch.randint(0, channels, (count, points), generator=generator).int())
        positions.append((torch.rand(count, points, 2, generator=generator) * 2 - 1) * ((window - 1) // 2))
        channels += count
    return RoutedStages(tuple(routes), window, code, 0.3), positions


def images(shape: tuple[int, ...], seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 6, shape, generator=generator).float() / 5


def gradients(
    function: Callable[..., Tensor], x: Tensor, positions: list[Tensor], stages: RoutedStages
) -> list[Tensor]:
    leaves = [t.clone().requires_grad_() for t in (x, *positions)]
    out = function(leaves[0], leaves[1:], stages)
    (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    return [leaf.grad for leaf in leaves if leaf.grad is not None]


def slow(x: Tensor, positions: list[Tensor], stages: RoutedStages) -> list[Any]:
    """One image as nested lists of whole numbers: the sums of every stage, from integer pixels."""
    maps: list[Any] = (x[0] * 5).round().int().tolist()
    height, width = x.shape[2:]
    for offsets, route in zip(positions, stages.routes, strict=True):
        added = []
        for k in range(len(route)):
            plane = [[0] * width for _ in range(height)]
            for row, column in itertools.product(range(height), range(width)):
                bits = 0
                for i, channel in enumerate(route[k].tolist()):
                    dy, dx = (int(v) for v in offsets[k, i].round())
                    inside = 0 <= row + dy < height and 0 <= column + dx < width
                    sample = maps[channel][row + dy][column + dx] if inside else 0
                    if sample > maps[channel][row][column]:
                        bits |= 1 << i
                points = len(route[k])
                if stages.code == "bit_pack":
                    plane[row][column] = max(bits, 2 ** (points - 1) - 1)
                elif stages.code == "binary":
                    plane[row][column] = bits
                else:
                    count = bits.bit_count()
                    plane[row][column] = count if stages.code == "count" else int(2 * count > points)
            added.append(plane)
        # Comparisons within a channel only: input and codes need no common scale.
        maps = maps + added
    return maps[x.shape[1] :]


def test_bits_are_packed_with_point_i_at_weight_two_to_the_i(every_way: Any) -> None:
    # Only the right neighbour of the pivot is larger; point i of kernel i looks there, all others at the pivot.
    x = torch.tensor([[[[0.0, 0.5, 0.0]]]])
    ran = 0
    for _, hot in every_way.times(range(4)):
        positions = torch.zeros(1, 4, 2)
        positions[0, hot, 1] = 1.0
        stages = RoutedStages((torch.zeros(1, 4, dtype=torch.int32),), 3, "bit_pack", 0.3)
        code = routed_stages(x, [positions], stages)[0, 1, 0, 0] * 15
        assert round(code.item()) == max(1 << hot, 7)
        ran += 1
    assert ran == 4 * len(every_way)


def test_sums_equal_a_slow_integer_oracle_for_every_code(every_way: Any) -> None:
    ran = 0
    for _, (code, points) in every_way.times(itertools.product(CODES, (1, 3, 4))):
        x = images((1, 2, 5, 6), 3)
        stages, positions = stack(2, (3, 2), points, 5, code, 11)
        scale = 1 if code == "majority" else stages.scale(points)
        found = routed_stages(x, positions, stages)[0, 2:]
        assert (found / scale).round().int().tolist() == slow(x, positions, stages)
        ran += 1
    assert ran == 12 * len(every_way)


def test_input_is_kept_in_front_of_the_maps(every_way: Any) -> None:
    x = images((2, 3, 4, 4), 1)
    stages, positions = stack(3, (2, 2), 4, 3, "count", 1)
    for _ in every_way:
        out = routed_stages(x, positions, stages)
        assert out.shape == (2, 7, 4, 4)
        assert torch.equal(out[:, :3], x)


def test_equal_pixels_give_no_bit(every_way: Any) -> None:
    stages, positions = stack(1, (4,), 4, 5, "count", 5)
    for _ in every_way:
        assert torch.equal(routed_stages(torch.zeros(1, 1, 6, 6), positions, stages)[:, 1:], torch.zeros(1, 4, 6, 6))


def test_kernels_equal_the_definition_on_every_instruction_set(every_kernel: Any) -> None:
    ran = 0
    cases = itertools.product(SHAPES, (3, 5, 7), CODES)
    for _, (seed, (shape, window, code)) in every_kernel.times(enumerate(cases)):
        x = images(shape, seed)
        stages, positions = stack(shape[1], (3, 4), 4, window, code, seed)
        assert torch.equal(routed_stages(x, positions, stages), routed_stages_reference(x, positions, stages))
        pairs = zip(
            gradients(routed_stages, x, positions, stages),
            gradients(routed_stages_reference, x, positions, stages),
            strict=True,
        )
        for found, wanted in pairs:
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)
        ran += 1
    assert ran == 60 * len(every_kernel)


def test_result_does_not_depend_on_the_number_of_threads(every_kernel: Any) -> None:
    x = images((5, 2, 9, 8), 2)
    stages, positions = stack(2, (6, 7), 4, 5, "bit_pack", 2)
    for _ in every_kernel:
        found = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(gradients(routed_stages, x, positions, stages))
        for other in found[1:]:
            assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_position_gradient_is_surrogate_times_central_difference(every_way: Any) -> None:
    x = torch.tensor([[[[0.0, 0.2, 0.6, 0.1, 0.9]]]])
    stages = RoutedStages((torch.zeros(1, 1, dtype=torch.int32),), 3, "count", 0.5)
    expected_right = 0.0
    padded = [0.0, 0.0, *x.flatten().tolist(), 0.0, 0.0]
    for pixel in range(5):
        sample, pivot = padded[pixel + 3], padded[pixel + 2]
        surrogate = 1 / (2 * 0.5 * (1 + abs(sample - pivot) / 0.5) ** 2)
        expected_right += surrogate * (padded[pixel + 4] - padded[pixel + 2]) / 2
    for _ in every_way:
        positions = torch.tensor([[[0.0, 1.0]]], requires_grad=True)
        routed_stages(x, [positions], stages)[:, 1:].sum().backward()
        assert positions.grad is not None
        assert positions.grad[0, 0].tolist() == pytest.approx([0.0, expected_right], rel=1e-5)


def test_bad_arguments_are_named(every_way: Any) -> None:
    x = images((1, 2, 4, 4), 0)
    stages, positions = stack(2, (3,), 4, 3, "count", 0)
    route = stages.routes[0]
    nan = positions[0].clone()
    nan[0, 0, 0] = float("nan")
    cases: list[tuple[str, tuple[Any, ...]]] = [
        ("window", (x, positions, RoutedStages((route,), 4, "count", 0.3))),
        ("tau", (x, positions, RoutedStages((route,), 3, "count", 0.0))),
        ("x: expected float32", (x.double(), positions, stages)),
        ("x: expected float32", (x[0], positions, stages)),
        ("positions: expected one tensor", (x, [], stages)),
        ("positions: expected float32", (x, [positions[0][..., :1]], stages)),
        (r"within \+-1 pixels", (x, [positions[0] + 3], stages)),
        (r"within \+-1 pixels", (x, [nan], stages)),
        ("route: expected channels from 0 to 1", (x, positions, RoutedStages((route + 2,), 3, "count", 0.3))),
        ("route: expected int32", (x, positions, RoutedStages((route.long(),), 3, "count", 0.3))),
        ("expected positions and route on cpu", (x, [positions[0].to("meta")], stages)),
    ]
    ran = 0
    for _, (message, arguments) in every_way.times(cases):
        with pytest.raises(KernelError, match=message):
            routed_stages(*arguments)
        ran += 1
    assert ran == len(cases) * len(every_way)


def test_empty_batch_gives_an_empty_result(every_way: Any) -> None:
    stages, positions = stack(1, (2,), 4, 3, "count", 0)
    for _ in every_way:
        assert routed_stages(torch.empty(0, 1, 4, 4), positions, stages).shape == (0, 3, 4, 4)
