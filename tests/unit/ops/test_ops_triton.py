"""Triton kernels against the plain definitions: on a CUDA device, or under Triton's interpreter on the CPU.

Without either the tests are skipped here; `test_ops_triton_choice.py` runs this file once more under the interpreter.

Tolerances: as in test_ops_native. Bits may differ where |d| is below 1e-5; soft bits and gradients are fp32 sums in
another order, on a GPU with exponentials and divisions good to 2 units in the last place.
"""

from __future__ import annotations

import itertools
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from lbpnet.ops import (
    Comparison,
    Gates,
    Normalization,
    RoutedStages,
    compare,
    compare_reference,
    gated_stage,
    project_routed,
    project_routed_reference,
    routed_stages,
    routed_stages_reference,
)
from lbpnet.ops.differences import tap_differences
from lbpnet.ops.taps import bilinear_taps

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
pytestmark = pytest.mark.skipif(
    DEVICE == "cpu" and os.environ.get("TRITON_INTERPRET") != "1", reason="no CUDA device, and not interpreted"
)
ALPHA = torch.tensor(0.3, device=DEVICE)
TAU = torch.tensor(0.9, device=DEVICE)


@pytest.fixture
def gpu() -> ModuleType:
    """The kernels; without Triton an error."""
    return import_module("lbpnet.ops.gpu")


@pytest.fixture
def dispatched(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Has the public functions take the kernels for tensors of DEVICE too, and counts nothing on native ones."""
    choice = sys.modules["lbpnet.ops.gpu_kernels"]
    monkeypatch.setattr(choice, "DEVICE_TYPE", DEVICE)
    monkeypatch.setattr(sys.modules["lbpnet.ops.gated_stage"], "instruction_set", lambda: None)
    return gpu


def on_device(*tensors: Tensor) -> list[Tensor]:
    return [t.to(DEVICE) for t in tensors]


def results(function: Any, leaves: list[Tensor], weights: Tensor) -> list[Tensor]:
    """The output, and the gradients of its weighted sum."""
    leaves = [t.detach().clone().requires_grad_() for t in leaves]
    out = function(*leaves)
    (out * weights).sum().backward()
    return [out.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def undecided(x: Tensor, offsets: Tensor, window: int, route: Tensor | None) -> Tensor:
    """(B, D, H, W): where some difference that the bit reads is within 1e-5 of zero."""
    taps = bilinear_taps(offsets, window).expand(x.shape[1], -1, -1)
    close = torch.einsum("cdt,tbchw->bcdhw", taps, tap_differences(x, window)).abs() < 1e-5
    return close.any(1) if route is None else close[:, route, torch.arange(len(route), device=x.device)]


# shape, window, whether all channels share their pattern
COMPARISONS = [
    ((1, 1, 1, 1), 3, True),
    ((2, 2, 3, 2), 3, True),
    ((1, 2, 1, 19), 7, False),
    ((1, 2, 13, 21), 5, False),  # Two blocks of pixels.
]


def test_comparison_equals_the_definition(gpu: ModuleType, draw: Any) -> None:
    ran = 0
    cases = [(*case, routed) for case, routed in itertools.product(COMPARISONS, (True, False))]
    for seed, (shape, window, shared, routed) in enumerate(cases):
        rng, radius, hard = draw(seed), window // 2, seed % 4 < 2
        offsets = rng.offsets(1 if shared else shape[1], 3, window)
        # The window's edges, where the last cell serves from its far side.
        offsets[0, 0], offsets[-1, 1, 0] = torch.tensor([radius, -radius]), radius
        x, offsets, weights = on_device(rng.uniform(*shape), offsets, rng.uniform(shape[0], 3, *shape[2:]) - 0.5)
        route = rng.route(3, shape[1]).to(DEVICE) if routed else None
        options: dict[str, Any] = {"window": window, "hard": hard, "route": route}
        found, *grads = results(lambda *t, o=options: gpu.compare_gpu(*t, **o), [x, offsets, ALPHA], weights)
        wanted, *wanted_grads = results(lambda *t, o=options: compare_reference(*t, **o), [x, offsets, ALPHA], weights)
        wrong = (found - wanted).abs() > (1e-6 if hard else 1e-5)
        assert not bool((wrong & ~undecided(x, offsets, window, route) if hard else wrong).any())
        assert len(grads) == len(wanted_grads) == 3
        for grad, expected in zip(grads, wanted_grads, strict=True):
            torch.testing.assert_close(grad, expected, rtol=1e-4, atol=1e-5)
        ran += 1
    assert ran == 8


def test_ties_and_whole_pixels_are_compared_exactly(gpu: ModuleType, draw: Any) -> None:
    ran = 0
    for seed, routed in itertools.product(range(2), (True, False)):
        rng = draw(seed)
        # Few levels, as fractions that fp32 does not hold: most neighbours are equal.
        (x,) = on_device(rng.whole(1, 2, 5, 7, high=2) / 255)
        (offsets,) = on_device(rng.whole(1, 4, 2, low=-2, high=2))
        route = rng.route(4, 2).to(DEVICE) if routed else None
        found = gpu.compare_gpu(x, offsets, ALPHA, window=5, hard=True, route=route)
        wanted = compare_reference(x, offsets, ALPHA, window=5, hard=True, route=route)
        assert torch.equal(found, wanted)
        (between,) = on_device(rng.offsets(1, 4, 5))
        flat = torch.full_like(x, 1 / 3)
        assert not bool(gpu.compare_gpu(flat, between, ALPHA, window=5, hard=True, route=route).any())
        ran += 1
    assert ran == 4


def test_smoothed_comparison_has_the_slope_of_finite_differences(gpu: ModuleType, draw: Any) -> None:
    rng, step = draw(1), 0.01
    alpha = torch.tensor(0.5)
    leaves = on_device(rng.uniform(1, 1, 2, 3), rng.inside_cells(1, 2, 3), alpha)
    (weights,) = on_device(rng.uniform(1, 2, 2, 3))

    def smoothed(*tensors: Tensor) -> Tensor:
        return gpu.compare_gpu(*tensors, window=3, hard=False, route=None)

    _, *grads = results(smoothed, leaves, weights)
    ran = 0
    for number, grad in enumerate(grads):
        for place in range(grad.numel()):
            sides = []
            for sign in (1, -1):
                moved = [t.clone() for t in leaves]
                moved[number].view(-1)[place] += sign * step
                sides.append(float((smoothed(*moved) * weights).sum()))
            slope = (sides[0] - sides[1]) / (2 * step)
            assert float(grad.reshape(-1)[place]) == pytest.approx(slope, abs=2e-3)
            ran += 1
    assert ran == 6 + 4 + 1


def test_projection_equals_the_definition(gpu: ModuleType, draw: Any) -> None:
    ran = 0
    cases = itertools.product([(1, 4, 1, 1), (2, 6, 13, 21)], (1, 3), (True, False))
    for seed, (shape, k, hard) in enumerate(cases):
        rng = draw(seed)
        bias = rng.uniform(4) - k / 2
        bias[0] = -1.0  # A whole number: counts meet the threshold exactly.
        bits, bias, weights = on_device(rng.whole(*shape, high=1), bias, rng.uniform(shape[0], 4, *shape[2:]) - 0.5)
        rows = rng.rows(4, shape[1], k)
        rows[1] = rows[1, 0]  # One bit counted k times.
        rows = rows.to(DEVICE)
        every = []
        for function in (gpu.project_gpu, project_routed_reference):
            leaves = [t.clone().requires_grad_() for t in (bits, bias)]
            maps, alive, shortfall = function(leaves[0], rows, leaves[1], TAU, hard=hard, margin=0.75)
            ((maps * weights).sum() + 5 * alive - 7 * shortfall).backward()
            every.append((maps, alive, shortfall, *(leaf.grad for leaf in leaves)))
        if hard:
            assert torch.equal(every[0][0], every[1][0])
        for found, wanted in zip(*every, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
        ran += 1
    assert ran == 8


def stack(rng: Any, channels: int, window: int, code: Any) -> tuple[RoutedStages, list[Tensor]]:
    """Two stages of two kernels, three points each."""
    routes = [rng.route(6, count).view(2, 3) for count in (channels, channels + 2)]
    positions = on_device(*(rng.offsets(2, 3, window) for _ in routes))
    return RoutedStages(tuple(on_device(*routes)), window, code, 0.3), positions


def test_routed_stages_equal_the_definition(gpu: ModuleType, draw: Any) -> None:
    ran = 0
    shapes = [((1, 1, 1, 1), 3), ((1, 2, 1, 17), 7), ((2, 1, 13, 21), 5)]
    cases = [*itertools.product(shapes, ("bit_pack", "count")), (shapes[1], "majority")]
    for seed, ((shape, window), code) in enumerate(cases):
        rng = draw(seed)
        stages, positions = stack(rng, shape[1], window, code)
        (x,) = on_device(rng.whole(*shape, high=5) / 5)
        (weights,) = on_device(rng.uniform(shape[0], shape[1] + 4, *shape[2:]) - 0.5)
        found, *grads = results(lambda x, *p, s=stages: gpu.routed_stages_gpu(x, p, s), [x, *positions], weights)
        wanted, *wanted_grads = results(
            lambda x, *p, s=stages: routed_stages_reference(x, p, s), [x, *positions], weights
        )
        assert torch.equal(found, wanted)
        assert len(grads) == len(wanted_grads) == 3
        for grad, expected in zip(grads, wanted_grads, strict=True):
            torch.testing.assert_close(grad, expected, rtol=1e-4, atol=1e-6)
        ran += 1
    assert ran == 7


def test_only_the_gradients_that_are_asked_for_are_computed(gpu: ModuleType, draw: Any) -> None:
    rng = draw(3)
    x, offsets, bias = on_device(rng.uniform(1, 2, 3, 4), rng.offsets(1, 2, 3), rng.uniform(2))
    (rows,) = on_device(rng.rows(2, 2, 1))
    stages, positions = stack(rng, 2, 3, "count")

    def comparison(x: Tensor, offsets: Tensor) -> Tensor:
        return gpu.compare_gpu(x, offsets, ALPHA, window=3, hard=True, route=None)

    def projection(x: Tensor, bias: Tensor) -> Tensor:
        return gpu.project_gpu(x, rows, bias, TAU, hard=True, margin=1.0)[0]

    def routed(x: Tensor, last: Tensor) -> Tensor:
        return gpu.routed_stages_gpu(x, [positions[0], last], stages)

    ran = 0
    for function, other in ((comparison, offsets), (projection, bias), (routed, positions[1])):
        _, *both = results(function, [x, other], torch.ones((), device=DEVICE))
        for number in range(2):
            leaves = [t.detach().clone().requires_grad_(i == number) for i, t in enumerate((x, other))]
            function(*leaves).sum().backward()
            assert leaves[1 - number].grad is None
            grad = leaves[number].grad
            assert grad is not None and torch.equal(grad, both[number])
            ran += 1
    assert ran == 6


def test_strided_tensors_and_a_strided_gradient_give_the_same_bytes_again(gpu: ModuleType, draw: Any) -> None:
    rng = draw(2)
    x, offsets = on_device(rng.uniform(1, 6, 3, 4), rng.offsets(1, 2, 3))
    (rows,) = on_device(rng.rows(2, 2, 2))

    def network(x: Tensor, offsets: Tensor) -> Tensor:
        bits = gpu.compare_gpu(x, offsets, ALPHA, window=3, hard=False, route=None)
        maps = gpu.project_gpu(bits, rows, offsets[0, :, 0] - 1, TAU, hard=False, margin=1.0)[0]
        return maps.transpose(2, 3)

    (weights,) = on_device(rng.uniform(1, 2, 4, 3))
    wanted = results(network, [x[:, ::2].contiguous(), offsets], weights)
    strided = results(lambda x, offsets: network(x[:, ::2], offsets.mT.contiguous().mT), [x, offsets], weights)
    strided[1] = strided[1][:, ::2]
    assert all(torch.equal(one, other) for one, other in zip(wanted, strided, strict=True))


@pytest.mark.usefixtures("dispatched")
def test_public_functions_run_the_kernels_and_so_does_a_gated_stage(draw: Any) -> None:
    rng = draw(4)
    x, residual = on_device(rng.whole(1, 2, 4, 5, high=7) / 8, rng.uniform(3, 2) - 0.5)
    offsets, bias = on_device(rng.inside_cells(1, 4, 3), rng.uniform(3) * 0.3 - 1.6)
    (rows,) = on_device(rng.rows(3, 4, 3))
    leaves = [t.requires_grad_() for t in (x, offsets, bias)]
    bits = compare(x, offsets, ALPHA, window=3, hard=True)
    projection = project_routed(bits, rows, bias, TAU, hard=True)
    stages, positions = stack(rng, 2, 3, "count")
    graphs = bits.grad_fn, projection.maps.grad_fn, routed_stages(x, positions, stages).grad_fn
    assert [type(graph).__name__ for graph in graphs] == [
        f"_{op}GpuBackward" for op in ("Compare", "Project", "Routed")
    ]

    one = torch.ones(3, device=DEVICE)
    norm = Normalization(one, 0 * one, torch.tensor(0.8, device=DEVICE), 1e-5)
    stage = gated_stage(x, residual, Comparison(offsets, ALPHA, 3), Gates(rows, bias, TAU), norm, pool=True)
    stage.maps.sum().backward()
    grads = [leaf.grad for leaf in leaves]
    bits = compare_reference(x, offsets, ALPHA, window=3, hard=True)
    maps = project_routed_reference(bits, rows, bias, TAU, hard=True).maps
    normed = torch.nn.functional.batch_norm(maps, None, None, one, 0 * one, training=True)
    normed, pooled = (torch.nn.functional.avg_pool2d(t, 2) for t in (normed, x))
    wanted = torch.relu(0.8 * normed + torch.nn.functional.conv2d(pooled, residual[..., None, None]))
    torch.testing.assert_close(stage.maps, wanted, rtol=1e-4, atol=1e-5)
    for grad, expected in zip(grads, torch.autograd.grad(wanted.sum(), leaves), strict=True):
        torch.testing.assert_close(grad, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("dispatched")
# Dynamo itself looks at the gradients of intermediate tensors.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
def test_a_compiled_function_computes_the_same_and_autocast_changes_nothing(draw: Any) -> None:
    torch.compiler.reset()
    rng = draw(5)
    x, offsets, weights = on_device(rng.uniform(1, 2, 3, 4), rng.offsets(1, 2, 3), rng.uniform(1, 2, 3, 4))
    (rows,) = on_device(rng.rows(2, 2, 2))

    def network(x: Tensor, offsets: Tensor) -> Tensor:
        bits = compare(x * 2, offsets, ALPHA, window=3, hard=True)
        return project_routed(bits, rows, offsets[0, :, 0] - 1, TAU, hard=False).maps

    wanted = results(network, [x, offsets], weights)
    compiled = results(torch.compile(network, backend="aot_eager"), [x, offsets], weights)
    with torch.autocast(DEVICE, torch.bfloat16):
        cast = results(network, [x, offsets], weights)
    for found in (compiled, cast):
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.usefixtures("dispatched")
def test_half_precision_input_gets_a_half_precision_gradient(draw: Any) -> None:
    x, offsets = on_device(draw(6).uniform(1, 1, 3, 3).to(torch.bfloat16), draw(6).offsets(1, 2, 3))
    x.requires_grad_()
    bits = compare(x, offsets, ALPHA, window=3, hard=False)
    bits.sum().backward()
    assert bits.dtype == torch.float32 and x.grad is not None and x.grad.dtype == torch.bfloat16


def test_no_images_and_no_points_give_no_maps_and_gradients_of_zero(gpu: ModuleType) -> None:
    ran = 0
    for batch, points in ((0, 2), (2, 0)):
        x, offsets = torch.zeros(batch, 1, 2, 3, device=DEVICE), torch.zeros(1, points, 2, device=DEVICE)
        out, *grads = results(
            lambda x, offsets: gpu.compare_gpu(x, offsets, ALPHA, window=3, hard=True, route=None),
            [x, offsets],
            torch.ones((), device=DEVICE),
        )
        assert out.shape == (batch, points, 2, 3)
        assert all(not bool(grad.any()) for grad in grads)
        ran += 1
    assert ran == 2
