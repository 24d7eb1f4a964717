"""Projection: combine comparison bits for every output channel, threshold, and sum up how the gates stand."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import KernelError
from .full_precision import full_precision
from .gpu_kernels import gpu_kernels
from .native import apply_native, instruction_set, kernel_module
from .step import step


class Projection(NamedTuple):
    """Gated maps and the means that regularisers use; all differentiable.

    Attributes:
        maps: (B, K, H, W) float32, 0 or 1 where the forward is hard.
        alive: scalar, mean of `maps`.
        shortfall: scalar, mean of `max(0, margin - |z|)` over the pre-activations z.
    """

    maps: Tensor
    alive: Tensor
    shortfall: Tensor


@full_precision
def project_routed(
    bits: Tensor, route: Tensor, bias: Tensor, tau: Tensor, *, hard: bool, margin: float = 1.0
) -> Projection:
    """Count k routed bits for every output channel and compare with a threshold.

    Forward: `z[b, k, p] = bias[k] + sum_i bits[b, route[k, i], p]`; `[z >= 0]` (hard) or
    `sigmoid(z / tau)` (soft).
    Backward: sigmoid of slope 1/tau for both (see `step`); `-sign(z)/n` inside the margin for `shortfall`.

    Runs on the native kernels for CPU tensors, on Triton kernels for CUDA tensors (there z is never stored),
    otherwise in plain torch.

    Args:
        bits: (B, D, H, W) floating point, 0..1.
        route: (K, k) int32 indices of bits; one named twice counts twice.
        bias: (K,) gate minus threshold, in bits.
        tau: temperature > 0, scalar; not trained.
        hard: which forward.
        margin: distance from the threshold that `shortfall` asks for, in bits.

    Raises:
        KernelError: names the argument of wrong shape, dtype, device or range.

    Source: seed document, "rp_paper", "alive_ratio_reg", "gate_margin"; WACV 2020 section 3.2 maps single
    bits instead of counting k.
    """
    check_project(bits, route, bias, tau, margin)
    gpu = gpu_kernels(bits)
    if gpu is not None:
        return Projection(*gpu.project_gpu(bits.float(), route, bias, tau, hard=hard, margin=margin))
    isa = instruction_set() if bits.device.type == "cpu" and bits.numel() else None
    module = None if isa is None else kernel_module()
    if isa is None or module is None:
        return project_routed_reference(bits, route, bias, tau, hard=hard, margin=margin)
    try:
        return Projection(*apply_native(_ProjectNative, bits.float(), route, bias, tau, module, isa, hard, margin))
    except ValueError as error:
        raise KernelError(f"project_routed: {error}") from error


@full_precision
def project_routed_reference(
    bits: Tensor, route: Tensor, bias: Tensor, tau: Tensor, *, hard: bool, margin: float = 1.0
) -> Projection:
    """Define `project_routed` in plain torch; same arguments, result and gradients."""
    check_project(bits, route, bias, tau, margin)
    matrix = torch.zeros(route.shape[0], bits.shape[1], device=bits.device).scatter_add_(
        1, route.long(), torch.ones_like(route, dtype=torch.float32)
    )
    return threshold(mix_channels(bits.float(), matrix), bias, tau, hard=hard, margin=margin)


@full_precision
def mix_channels(bits: Tensor, matrix: Tensor) -> Tensor:
    """Combine channels at every pixel by a fixed matrix: `y[b, k, p] = sum_d matrix[k, d] * bits[b, d, p]`.

    Args:
        bits: (B, D, H, W) float32.
        matrix: (K, D) float32, not trained.

    Returns:
        (B, K, H, W) float32; exact for a 0/1 matrix and binary bits.
    """
    batch, _, height, width = bits.shape
    return (matrix @ bits.flatten(2)).view(batch, len(matrix), height, width)


@full_precision
def threshold(score: Tensor, bias: Tensor, tau: Tensor, *, hard: bool, margin: float) -> Projection:
    """Gate `z = score + bias` as `project_routed` does; score (B, K, H, W), bias (K,)."""
    z = score + bias.view(1, -1, 1, 1)
    maps = step(z, tau, strict=False, hard=hard)
    # Not clamp_min: its gradient passes at |z| = margin, where the shortfall is already 0.
    shortfall = torch.where(z.abs() < margin, margin - z.abs(), torch.zeros_like(z))
    return Projection(maps, maps.mean(), shortfall.mean())


def check_project(bits: Tensor, route: Tensor, bias: Tensor, tau: Tensor, margin: float) -> None:
    """Raise the `KernelError` that `project_routed` would raise for these arguments."""
    if bits.ndim != 4 or not bits.is_floating_point():
        raise KernelError(
            f"project_routed: bits: expected floating point (B, D, H, W), got {bits.dtype} {tuple(bits.shape)}"
        )
    if route.ndim != 2 or route.dtype != torch.int32:
        raise KernelError(f"project_routed: route: expected int32 (K, k), got {route.dtype} {tuple(route.shape)}")
    if bias.shape != route.shape[:1] or not bias.is_floating_point():
        raise KernelError(
            f"project_routed: bias: expected floating point ({route.shape[0]},), got {bias.dtype} {tuple(bias.shape)}"
        )
    if tau.numel() != 1 or margin < 0:
        raise KernelError(f"project_routed: expected a scalar tau and margin >= 0, got {tuple(tau.shape)} and {margin}")
    for name, tensor in (("route", route), ("bias", bias), ("tau", tau)):
        if tensor.device != bits.device:
            raise KernelError(
                f"project_routed: {name}: expected a tensor on {bits.device}, as bits are, got {tensor.device}"
            )
    if tau.device.type == "cpu" and not bool(tau > 0):
        raise KernelError(f"project_routed: tau: expected a temperature above 0, got {float(tau)}")
    if route.device.type == "cpu" and not bool(((route >= 0) & (route < bits.shape[1])).all()):
        raise KernelError(f"project_routed: route: expected bit indices from 0 to {bits.shape[1] - 1}")


class _ProjectNative(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        bits: Tensor,
        route: Tensor,
        bias: Tensor,
        tau: Tensor,
        module: ModuleType,
        isa: str,
        hard: bool,
        margin: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        bits, bias = bits.contiguous(), bias.float().contiguous()
        ctx.save_for_backward(bits, bias)
        ctx.route, ctx.tau, ctx.module, ctx.isa, ctx.margin = route.contiguous(), float(tau), module, isa, margin
        out, sums = bits.new_empty((len(bits), len(route), *bits.shape[2:])), torch.empty(2)
        module.project_forward(
            isa, bits.detach(), ctx.route, bias.detach(), ctx.tau, margin, hard, out, sums, torch.get_num_threads()
        )
        means = sums / out.numel()
        return out, means[0], means[1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        grad, grad_alive, grad_shortfall = grad_outputs
        bits, bias = ctx.saved_tensors
        grad_bits, grad_bias = torch.empty_like(bits), torch.empty_like(bias)
        ctx.module.project_backward(
            ctx.isa,
            bits.detach(),
            ctx.route,
            bias.detach(),
            ctx.tau,
            ctx.margin,
            grad.contiguous(),
            float(grad_alive) / grad.numel(),
            float(grad_shortfall) / grad.numel(),
            grad_bits,
            grad_bias,
            torch.get_num_threads(),
        )
        return grad_bits, None, grad_bias, None, None, None, None, None
