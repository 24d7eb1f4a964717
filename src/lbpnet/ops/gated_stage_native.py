"""`gated_stage` by the native kernels: bits and gates are kept as bytes, the backward pass recomputes the rest."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .native import apply_native

if TYPE_CHECKING:
    from .gated_stage import Comparison, Gates, Normalization


class _Setup(NamedTuple):
    """What takes no gradient."""

    module: ModuleType
    isa: str
    comparison: Comparison
    gates: Gates
    norm: Normalization
    pool: bool

    def kernel_arguments(self, x: Tensor, offsets: Tensor, alpha: Tensor, bias: Tensor) -> tuple[Any, ...]:
        """Return what both gate kernels take first."""
        route = self.comparison.route
        return (
            self.isa,
            x.detach(),
            offsets.detach(),
            None if route is None else route.contiguous(),
            self.comparison.window,
            float(alpha.detach()),
            self.gates.route.contiguous(),
            bias.detach(),
            float(self.gates.tau),
            self.gates.margin,
            self.pool,
        )


def gated_stage_native(
    module: ModuleType,
    isa: str,
    x: Tensor,
    residual: Tensor,
    comparison: Comparison,
    gates: Gates,
    norm: Normalization,
    *,
    pool: bool,
) -> tuple[Tensor, ...]:
    """Run the kernels of `csrc/stage_binding.cpp`; contract in `gated_stage`, arguments checked there."""
    setup = _Setup(module, isa, comparison, gates, norm, pool)
    offsets, alpha = comparison.offsets.float(), comparison.alpha
    return apply_native(
        _GatedStageNative,
        setup,
        x.float(),
        residual.float(),
        offsets,
        alpha,
        gates.bias.float(),
        norm.weight,
        norm.bias,
        norm.scale,
    )


class _GatedStageNative(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        setup: _Setup,
        x: Tensor,
        residual: Tensor,
        offsets: Tensor,
        alpha: Tensor,
        gate_bias: Tensor,
        weight: Tensor,
        bias: Tensor,
        scale: Tensor,
    ) -> tuple[Tensor, ...]:
        x, offsets, gate_bias = x.contiguous(), offsets.contiguous(), gate_bias.contiguous()
        batch, channels, threads = len(x), len(gate_bias), torch.get_num_threads()
        residual = residual.contiguous()
        counts = x.new_empty((batch, offsets.shape[1], *x.shape[2:]), dtype=torch.uint8)
        size = tuple(side // 2 for side in x.shape[2:]) if setup.pool else x.shape[2:]
        out = x.new_empty((batch, channels, *size))
        sums, totals = torch.empty(out.shape, dtype=torch.uint8), (torch.empty(channels), torch.empty(1))
        arguments = setup.kernel_arguments(x, offsets, alpha, gate_bias)
        setup.module.stage_gates(*arguments, counts, sums, *totals, threads)
        pixels = batch * x.shape[2] * x.shape[3]
        mean = totals[0] / pixels
        variance = mean - mean.square()
        norm = replace(setup.norm, weight=weight, bias=bias, scale=scale)
        slope, shift = norm.affine(*(norm.statistics or (mean, variance)))
        affine = slope.contiguous(), shift.contiguous()
        setup.module.stage_output(setup.isa, sums, *affine, setup.pool, x.detach(), residual.detach(), out, threads)
        ctx.save_for_backward(
            x, residual, offsets, alpha, gate_bias, weight, bias, scale, counts, sums, mean, variance, out
        )
        ctx.setup, ctx.pixels = setup, pixels
        alive, shortfall = mean.mean(), (totals[1] / (pixels * channels))[0]
        ctx.mark_non_differentiable(mean, variance)
        return out, alive, shortfall, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        grad, grad_alive, grad_shortfall = grad_outputs[:3]
        x, residual, offsets, alpha, gate_bias, weight, bias, scale, *rest = ctx.saved_tensors
        counts, sums, mean, variance, out = rest
        setup: _Setup = ctx.setup
        threads, channels, pixels = torch.get_num_threads(), len(mean), ctx.pixels
        grad, grad_affine = grad.contiguous(), (torch.empty_like(mean), torch.empty_like(mean))
        setup.module.stage_output_backward(setup.isa, out, grad, sums, setup.pool, *grad_affine, threads)
        slope, (grad_weight, grad_bias, grad_scale), (grad_mean, grad_variance) = _affine_backward(
            replace(setup.norm, weight=weight, bias=bias, scale=scale), mean, variance, grad_affine
        )
        # Of one gate g of its channel: mean' = 1/n, variance' = 2 (g - mean)/n; alive' = 1/(n K).
        factor = 2 * grad_variance / pixels
        constant = grad_mean / pixels - factor * mean + grad_alive / (pixels * channels)
        grad_x, grad_offsets = torch.empty_like(x), torch.empty_like(offsets)
        grad_alpha, grad_gate_bias, grad_residual = (
            torch.empty(1),
            torch.empty_like(gate_bias),
            torch.empty_like(residual),
        )
        setup.module.stage_gates_backward(
            *setup.kernel_arguments(x, offsets, alpha, gate_bias),
            counts,
            residual.detach(),
            out,
            grad,
            slope.contiguous(),
            constant.contiguous(),
            factor.contiguous(),
            float(grad_shortfall) / (pixels * channels),
            grad_x,
            grad_offsets,
            grad_alpha,
            grad_gate_bias,
            grad_residual,
            threads,
        )
        of_gates = grad_x, grad_residual, grad_offsets, grad_alpha.view(alpha.shape), grad_gate_bias
        return None, *of_gates, grad_weight, grad_bias, grad_scale


def _affine_backward(
    norm: Normalization, mean: Tensor, variance: Tensor, grad: tuple[Tensor, Tensor]
) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, Tensor]]:
    """Return the slope, and gradients of (weight, bias, scale) and of the batch's (mean, variance)."""
    leaves = [t.detach().requires_grad_() for t in (norm.weight, norm.bias, norm.scale, mean, variance)]
    with torch.enable_grad():
        weight, bias, scale, mean, variance = leaves
        moved = replace(norm, weight=weight, bias=bias, scale=scale)
        slope, shift = moved.affine(*(norm.statistics or (mean, variance)))
    found = torch.autograd.grad((slope, shift), leaves, grad, allow_unused=True)
    *of_parameters, grad_mean, grad_variance = (
        torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found, strict=True)
    )
    return slope.detach(), tuple(of_parameters), (grad_mean, grad_variance)
