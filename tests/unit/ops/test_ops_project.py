"""Routed counts, thresholds, their means, channel mixing and pooling: numbers by hand, numeric derivatives."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from lbpnet.errors import KernelError
from lbpnet.ops import average_pool, mix_channels, project_routed, project_routed_reference, threshold

TAU = torch.tensor(2.0)
# Two pixels of four bits.
BITS = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]]).view(1, 4, 1, 2)
# Counts: (2, 1) and (1, 2).
ROUTE = torch.tensor([[0, 1, 3], [1, 2, 3]], dtype=torch.int32)
# theta = 2 for both, gates 0 and 0.25: z = (0, -1) and (-0.75, 0.25).
BIAS = torch.tensor([-2.0, -1.75])
Z = [0.0, -1.0, -0.75, 0.25]

BOTH = (project_routed, project_routed_reference)


def test_counts_meet_the_threshold_and_a_tie_opens(every_way: Any) -> None:
    ran = 0
    for _, function in every_way.times(BOTH):
        result = function(BITS, ROUTE, BIAS, TAU, hard=True, margin=1.0)
        assert result.maps.flatten().tolist() == [1, 0, 0, 1]
        assert float(result.alive) == 0.5
        # 1 + 0 + 0.25 + 0.75, over four.
        assert float(result.shortfall) == 0.5
        assert float(function(BITS, ROUTE, BIAS, TAU, hard=True, margin=0.5).shortfall) == 0.1875
        assert float(function(BITS, ROUTE, BIAS, TAU, hard=True, margin=0.0).shortfall) == 0.0
        ran += 1
    assert ran == 2 * len(every_way) >= 2


def test_the_gate_bias_decides_by_a_hair(every_way: Any) -> None:
    ran = 0
    for _, function in every_way.times(BOTH):
        shut = torch.nextafter(torch.tensor([-2.0, -2.0]), torch.tensor(-9.0))
        assert function(BITS, ROUTE, shut, TAU, hard=True).maps.flatten().tolist() == [0, 0, 0, 0]
        exact = torch.tensor([-2.0, -2.0])
        assert function(BITS, ROUTE, exact, TAU, hard=True).maps.flatten().tolist() == [1, 0, 0, 1]
        ran += 1
    assert ran == 2 * len(every_way) >= 2


def test_the_soft_forward_is_the_sigmoid_of_the_count(every_way: Any) -> None:
    ran = 0
    for _, function in every_way.times(BOTH):
        result = function(BITS, ROUTE, BIAS, TAU, hard=False)
        wanted = [1 / (1 + math.exp(-z / 2)) for z in Z]
        assert result.maps.flatten().tolist() == pytest.approx(wanted, abs=1e-6)
        assert float(result.alive) == pytest.approx(sum(wanted) / 4, abs=1e-6)
        assert float(result.shortfall) == pytest.approx(0.5, abs=1e-6)
        ran += 1
    assert ran == 2 * len(every_way) >= 2


def test_temperature_never_changes_the_hard_maps(every_way: Any) -> None:
    ran = 0
    for _, tau in every_way.times((0.1, 1.0, 50.0)):
        assert project_routed(BITS, ROUTE, BIAS, torch.tensor(tau), hard=True).maps.flatten().tolist() == [1, 0, 0, 1]
        ran += 1
    assert ran == 3 * len(every_way) >= 3


def loss_by_loops(
    bits: list[list[float]], route: list[list[int]], bias: list[float], weights: list[list[float]], margin: float
) -> float:
    """Smoothed maps times weights, plus 2 x alive, minus 3 x shortfall; bits (D, pixels)."""
    pixels, count = len(bits[0]), len(route) * len(bits[0])
    total = alive = shortfall = 0.0
    for k, row in enumerate(route):
        for p in range(pixels):
            z = bias[k] + sum(bits[i][p] for i in row)
            gate = 1 / (1 + math.exp(-z / 2))
            total += weights[k][p] * gate
            alive += gate / count
            shortfall += max(0.0, margin - abs(z)) / count
    return total + 2 * alive - 3 * shortfall


def test_gradients_of_both_forwards_are_numeric_derivatives_of_the_smoothed_loops(every_way: Any, draw: Any) -> None:
    rng = draw(8)
    bits, bias, route = rng.uniform(5, 6), rng.uniform(3) - 1.8, rng.rows(3, 5, 3)
    weights = rng.uniform(3, 6) - 0.4
    z = bias[:, None] + bits[route.long()].sum(1)
    # Neither zero nor the margin is near: the derivative of the shortfall exists.
    assert float(torch.minimum(z.abs(), (z.abs() - 0.7).abs()).min()) > 1e-4
    assert 0 < int((z.abs() < 0.7).sum()) < z.numel()
    lists: dict[str, Any] = {"bits": bits.tolist(), "bias": bias.tolist()}

    def loss() -> float:
        return loss_by_loops(lists["bits"], route.tolist(), lists["bias"], weights.tolist(), 0.7)

    def slope(row: list[float], i: int) -> float:
        before, values = row[i], []
        for h in (1e-6, -1e-6):
            row[i] = before + h
            values.append(loss())
        row[i] = before
        return (values[0] - values[1]) / 2e-6

    wanted_bits = torch.tensor([[slope(lists["bits"][d], p) for p in range(6)] for d in range(5)])
    wanted_bias = torch.tensor([slope(lists["bias"], k) for k in range(3)])
    assert float(wanted_bits.abs().max()) > 0.01
    ran = 0
    for _, (function, hard) in every_way.times(itertools.product(BOTH, (True, False))):
        b, a = bits.view(1, 5, 2, 3).clone().requires_grad_(), bias.clone().requires_grad_()
        result = function(b, route, a, TAU, hard=hard, margin=0.7)
        loss_found = (result.maps * weights.view(1, 3, 2, 3)).sum() + 2 * result.alive - 3 * result.shortfall
        loss_found.backward()
        assert b.grad is not None and a.grad is not None
        torch.testing.assert_close(b.grad.view(5, 6), wanted_bits, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(a.grad, wanted_bias, rtol=1e-4, atol=1e-6)
        ran += 1
    assert ran == 4 * len(every_way) >= 4


def test_threshold_adds_the_bias_of_each_channel() -> None:
    result = threshold(BITS[:, :2], torch.tensor([-1.0, -1.5]), TAU, hard=True, margin=1.0)
    assert result.maps.flatten().tolist() == [1, 0, 0, 0]
    assert float(result.shortfall) == (1 + 0 + 0.5 + 0) / 4


def test_mixing_is_the_matrix_product_at_every_pixel() -> None:
    x = torch.arange(1.0, 13).view(1, 3, 2, 2)
    matrix = torch.tensor([[1.0, 0, 0], [1, -1, 2]])
    assert torch.equal(mix_channels(x, matrix)[0, 0], x[0, 0])
    # 1 - 5 + 18, 2 - 6 + 20, 3 - 7 + 22, 4 - 8 + 24.
    assert mix_channels(x, matrix)[0, 1].flatten().tolist() == [14, 16, 18, 20]


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 6), (3, 2), (2, 5), (5, 7)])
def test_pooling_averages_whole_blocks_and_drops_an_odd_edge(
    every_way: Any, height: int, width: int, draw: Any
) -> None:
    x = draw(height * width).whole(2, 3, height, width, high=255)
    weights = draw(1).whole(2, 3, height // 2, width // 2, low=1, high=4)
    ran = 0
    for _ in every_way:
        leaf = x.clone().requires_grad_()
        out = average_pool(leaf)
        assert out.shape == (2, 3, height // 2, width // 2)
        (out * weights).sum().backward()
        assert leaf.grad is not None
        for b, c, y, z in itertools.product(*map(range, out.shape)):
            rows, columns = slice(2 * y, 2 * y + 2), slice(2 * z, 2 * z + 2)
            assert out[b, c, y, z].item() == sum(x[b, c, rows, columns].flatten().tolist()) / 4
            assert leaf.grad[b, c, rows, columns].flatten().tolist() == [float(weights[b, c, y, z]) / 4] * 4
        assert not bool(leaf.grad[:, :, height // 2 * 2 :].any())
        assert not bool(leaf.grad[..., width // 2 * 2 :].any())
        ran += 1
    assert ran == len(every_way) >= 1


def test_pooling_reads_strided_and_empty_batches(every_way: Any, draw: Any) -> None:
    x = draw(0).uniform(2, 4, 6, 3).transpose(1, 3)
    assert not x.is_contiguous()
    ran = 0
    for _ in every_way:
        assert torch.equal(average_pool(x), average_pool(x.contiguous()))
        assert average_pool(x[:0]).shape == (0, 3, 3, 2)
        ran += 1
    assert ran == len(every_way) >= 1


def test_pooling_nothing_is_an_error_that_names_the_image(every_way: Any) -> None:
    ran = 0
    for _, shape in every_way.times([(1, 1, 1, 4), (1, 1, 4, 1), (1, 4, 4)]):
        with pytest.raises(KernelError, match=r"average_pool: x: expected .* got \("):
            average_pool(torch.zeros(shape))
        ran += 1
    assert ran == 3 * len(every_way) >= 3


def wrong_projections() -> list[tuple[str, dict[str, Tensor | float]]]:
    """The argument at fault, and what to pass instead of the valid one."""
    return [
        ("bits", {"bits": BITS[0]}),
        ("bits", {"bits": BITS.long()}),
        ("route", {"route": ROUTE.long()}),
        ("route", {"route": ROUTE.flatten()}),
        ("route", {"route": ROUTE + 1}),
        ("route", {"route": ROUTE - 1}),
        ("bias", {"bias": BIAS[:1]}),
        ("bias", {"bias": BIAS.long()}),
        ("tau", {"tau": torch.ones(2)}),
        ("tau", {"tau": torch.tensor(0.0)}),
        ("tau", {"tau": torch.tensor(float("nan"))}),
        ("margin", {"margin": -1.0}),
        ("route", {"route": ROUTE.to("meta")}),
        ("bias", {"bias": BIAS.to("meta")}),
        ("tau", {"tau": TAU.to("meta")}),
    ]


def test_a_wrong_argument_is_named(every_way: Any) -> None:
    ran = 0
    for _, (function, (name, change)) in every_way.times(itertools.product(BOTH, wrong_projections())):
        arguments: dict[str, Any] = {"bits": BITS, "route": ROUTE, "bias": BIAS, "tau": TAU, **change}
        with pytest.raises(KernelError, match=rf"^project_routed: .*{name}"):
            function(**arguments, hard=True)
        ran += 1
    assert ran == 30 * len(every_way) >= 30
