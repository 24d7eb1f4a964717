"""The residual stage on hard bits and gates: both ways against its definition in plain torch operations.

Tolerances: fp32 sums over pixels and images in another order, slopes to 1.5e-6 (see test_ops_native): relative 1e-3,
absolute 1e-4 of gradients that are sums over the batch. A gate may differ only where the definition's counts are
within rounding of the threshold; k of binary bits and a bias away from whole numbers exclude that.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lbpnet.errors import KernelError
from lbpnet.ops import (
    Comparison,
    GatedStage,
    Gates,
    Normalization,
    compare_reference,
    gated_stage,
    project_routed_reference,
)

TAU = torch.tensor(0.9)


def definition(
    x: Tensor, residual: Tensor, how: Comparison, gates: Gates, norm: Normalization, pool: bool
) -> tuple[Tensor, Tensor, Tensor]:
    bits = compare_reference(x, how.offsets, how.alpha, window=how.window, hard=True, route=how.route)
    maps, alive, shortfall = project_routed_reference(
        bits, gates.route, gates.bias, gates.tau, hard=True, margin=gates.margin
    )
    mean, variance = norm.statistics or (None, None)
    y = F.batch_norm(maps, mean, variance, norm.weight, norm.bias, training=mean is None, eps=norm.eps)
    y = F.avg_pool2d(y, 2) if pool else y
    beside = F.conv2d(F.avg_pool2d(x, 2) if pool else x, residual[..., None, None])
    return torch.relu(norm.scale * y + beside), alive, shortfall


LEAVES = ("x", "residual", "offsets", "alpha", "gates", "weight", "bias", "scale")


def case(
    rng: Any, shape: tuple[int, ...], *, pool: bool, routed: bool, running: bool, window: int = 3
) -> dict[str, Any]:
    channels = shape[1]
    kernels, points, k = 5, 6, 4
    leaves = {
        # Coarse levels, so that bits that are tied are tied exactly.
        "x": rng.whole(*shape, high=7) / 8,
        "residual": rng.uniform(kernels, channels) - 0.5,
        "offsets": rng.inside_cells(1, points, window),
        "alpha": torch.tensor(0.4),
        "gates": rng.uniform(kernels) * 0.3 - (2.37 if routed else 1.913),
        "weight": rng.uniform(kernels) + 0.5,
        "bias": rng.uniform(kernels) - 0.5,
        "scale": torch.tensor(0.8),
    }
    statistics = (rng.uniform(kernels), rng.uniform(kernels) + 0.1) if running else None
    return {
        "leaves": leaves,
        "route": rng.route(points, channels) if routed else None,
        "rows": rng.rows(kernels, points, k),
        "statistics": statistics,
        "window": window,
        "pool": pool,
    }


def run(function: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Tensor]]:
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in given["leaves"].items()}
    how = Comparison(leaves["offsets"], leaves["alpha"], given["window"], given["route"])
    gates = Gates(given["rows"], leaves["gates"], TAU, 0.75)
    norm = Normalization(leaves["weight"], leaves["bias"], leaves["scale"], 1e-5, given["statistics"])
    result = function(leaves["x"], leaves["residual"], how, gates, norm, pool=given["pool"])
    weights = torch.linspace(-1, 1, result[0].numel()).view(result[0].shape)
    ((result[0] * weights).sum() + 20 * result[1] - 30 * result[2]).backward()
    return result, {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}


# Channels: fewer and more than the residual's products take at a time.
SHAPES = [(3, 1, 6, 8), (2, 3, 5, 7), (2, 9, 9, 17), (4, 2, 2, 3)]


def test_stage_equals_its_definition_in_every_way(every_way: Any, draw: Any) -> None:
    ran = 0
    cases = itertools.product(SHAPES, (True, False), (True, False), (True, False))
    for _, (seed, (shape, pool, routed, running)) in every_way.times(enumerate(cases)):
        given = case(draw(seed), shape, pool=pool, routed=routed, running=running, window=5 if seed % 3 == 0 else 3)
        found, grads = run(gated_stage, given)
        wanted, wanted_grads = run(definition, given)
        for one, other in zip(found[:3], wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        assert set(grads) == set(wanted_grads) == set(LEAVES)
        for name in LEAVES:
            torch.testing.assert_close(grads[name], wanted_grads[name], rtol=1e-3, atol=1e-4, msg=name)
        ran += 1
    assert ran == 32 * len(every_way) >= 32


def test_stage_tells_the_batch_statistics_of_its_gates(every_way: Any, draw: Any) -> None:
    ran = 0
    for _, routed in every_way.times((True, False)):
        given = case(draw(1), (3, 4, 6, 7), pool=True, routed=routed, running=False)
        leaves = given["leaves"]
        result, _ = run(gated_stage, given)
        bits = compare_reference(
            leaves["x"], leaves["offsets"], leaves["alpha"], window=3, hard=True, route=given["route"]
        )
        maps = project_routed_reference(bits, given["rows"], leaves["gates"], TAU, hard=True).maps
        torch.testing.assert_close(result.mean, maps.mean((0, 2, 3)), rtol=0, atol=1e-6)
        torch.testing.assert_close(result.variance, maps.var((0, 2, 3), unbiased=False), rtol=0, atol=1e-6)
        assert not result.mean.requires_grad and not result.variance.requires_grad
        ran += 1
    assert ran == 2 * len(every_way)


def test_averages_over_more_channels_than_a_byte_counts_are_right(every_way: Any, draw: Any) -> None:
    ran = 0
    for _ in every_way:
        given = case(draw(5), (2, 300, 4, 5), pool=False, routed=False, running=True)
        given["leaves"]["gates"] = given["leaves"]["gates"] + 0.0007
        torch.testing.assert_close(run(gated_stage, given)[0].maps, run(definition, given)[0][0], rtol=1e-4, atol=1e-5)
        ran += 1
    assert ran == len(every_way)


def test_a_batch_of_no_images_gives_no_maps(every_way: Any, draw: Any) -> None:
    for _ in every_way:
        given = case(draw(2), (0, 2, 4, 6), pool=True, routed=False, running=True)
        leaves = given["leaves"]
        how = Comparison(leaves["offsets"], leaves["alpha"], 3)
        norm = Normalization(leaves["weight"], leaves["bias"], leaves["scale"], 1e-5, given["statistics"])
        result = gated_stage(
            leaves["x"], leaves["residual"], how, Gates(given["rows"], leaves["gates"], TAU), norm, pool=True
        )
        assert isinstance(result, GatedStage) and result.maps.shape == (0, 5, 2, 3)


def test_strided_tensors_and_a_strided_gradient_give_the_same_result(every_way: Any, draw: Any) -> None:
    for _ in every_way:
        given = case(draw(3), (2, 3, 6, 8), pool=True, routed=True, running=False)
        strided = {**given, "leaves": dict(given["leaves"])}
        for name in ("x", "residual"):
            strided["leaves"][name] = given["leaves"][name].transpose(-2, -1).contiguous().transpose(-2, -1)
        found, grads = run(gated_stage, strided)
        wanted, wanted_grads = run(gated_stage, given)
        torch.testing.assert_close(found.maps, wanted.maps)
        for name in LEAVES:
            torch.testing.assert_close(grads[name], wanted_grads[name], rtol=1e-4, atol=1e-4)


def wrong(given: dict[str, Any]) -> list[tuple[str, dict[str, Tensor]]]:
    leaves = given["leaves"]
    return [
        ("residual", {"residual": leaves["residual"][:, :2]}),
        ("residual", {"residual": leaves["residual"].int()}),
        ("residual", {"residual": leaves["residual"].to("meta")}),
        ("weight", {"weight": leaves["weight"][:4]}),
        ("bias", {"bias": leaves["bias"].double()}),
        ("x", {"x": leaves["x"][0]}),
        ("x", {"x": torch.full_like(leaves["x"], float("nan"))}),
        ("x", {"x": leaves["x"][:, :, :1]}),
        ("offsets", {"offsets": leaves["offsets"] + 3}),
        ("alpha", {"alpha": -leaves["alpha"]}),
        ("bias", {"gates": leaves["gates"][:4]}),
    ]


def test_a_wrong_argument_is_named(every_way: Any, draw: Any) -> None:
    given = case(draw(4), (2, 3, 4, 6), pool=True, routed=False, running=False)
    ran = 0
    for _, (name, change) in every_way.times(wrong(given)):
        leaves = {**given["leaves"], **change}
        how = Comparison(leaves["offsets"], leaves["alpha"], 3)
        norm = Normalization(leaves["weight"], leaves["bias"], leaves["scale"], 1e-5)
        with pytest.raises(KernelError, match=rf": {name}: expected "):
            gated_stage(
                leaves["x"], leaves["residual"], how, Gates(given["rows"], leaves["gates"], TAU), norm, pool=True
            )
        ran += 1
    assert ran == 11 * len(every_way) >= 11
