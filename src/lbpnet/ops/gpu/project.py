"""`project_routed` by Triton: z is never stored, the backward pass counts anew.

Kernels: contract and formulas in `csrc/routed_projection.h`. Arguments fp32 and contiguous: bits (B, D, H, W), route
(K, k) int32, bias (K,), tau one float. A program's number is (image, plane, block) row-major.
"""

# Where there is no Triton, there is nothing to check.
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..native import apply_native
from .launch import blocks_of, launch
from .readers import readers_of
from .sigmoid import sigmoid, sigmoid_slope


@triton.jit
def _score(bits, route, bias, image, channel, pixel, inside, bits_count, count, pixels, BLOCK: tl.constexpr):
    total = tl.zeros([BLOCK], tl.float32)
    for i in range(count):
        plane = image * bits_count + tl.load(route + channel * count + i)
        total += tl.load(bits + plane * pixels + pixel, mask=inside, other=0.0)
    return total + tl.load(bias + channel)


@triton.jit
def project_forward(
    bits, route, bias, tau, out, sums,
    bits_count, channels, count, pixels, blocks, margin,
    HARD: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `out[image, channel, block]` (B, K, H, W), and its sum and that of the shortfalls: sums (programs, 2)."""
    program = tl.program_id(0)
    block, channel = program % blocks, (program // blocks) % channels
    image = (program // blocks // channels).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < pixels
    z = _score(bits, route, bias, image, channel, pixel, inside, bits_count, count, pixels, BLOCK)
    gate = tl.where(z >= 0, 1.0, 0.0) if HARD else sigmoid(z / tl.load(tau))
    tl.store(out + (image * channels + channel) * pixels + pixel, gate, mask=inside)
    sums += 2 * program.to(tl.int64)
    tl.store(sums, tl.sum(tl.where(inside, gate, 0.0)))
    tl.store(sums + 1, tl.sum(tl.where(inside, tl.maximum(margin - tl.abs(z), 0.0), 0.0)))


@triton.jit
def project_backward_score(
    bits, route, bias, tau, grad, of_alive, of_shortfall, of_score,
    bits_count, channels, count, pixels, blocks, margin,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `of_score[image, channel, block]` (B, K, H, W), the gradient of z; of_alive, of_shortfall: one float."""
    program = tl.program_id(0)
    block, channel = program % blocks, (program // blocks) % channels
    image = (program // blocks // channels).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < pixels
    z = _score(bits, route, bias, image, channel, pixel, inside, bits_count, count, pixels, BLOCK)
    temperature = tl.load(tau)
    at = (image * channels + channel) * pixels + pixel
    arriving = tl.load(grad + at, mask=inside, other=0.0) + tl.load(of_alive)
    sign = tl.where(z > 0, 1.0, 0.0) - tl.where(z < 0, 1.0, 0.0)
    short = tl.where(tl.abs(z) < margin, tl.load(of_shortfall) * sign, 0.0)
    tl.store(of_score + at, arriving * sigmoid_slope(z / temperature) / temperature - short, mask=inside)


@triton.jit
def project_backward_bits(
    of_score, readers, starts, grad_bits,
    bits_count, channels, count, pixels, blocks,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `grad_bits[image, bit, block]` (B, D, H, W): sum of the scores that count the bit (`readers_of`)."""
    program = tl.program_id(0)
    block, bit = program % blocks, (program // blocks) % bits_count
    image = (program // blocks // bits_count).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < pixels
    total = tl.zeros([BLOCK], tl.float32)
    for index in range(tl.load(starts + bit), tl.load(starts + bit + 1)):
        plane = image * channels + tl.load(readers + index) // count
        total += tl.load(of_score + plane * pixels + pixel, mask=inside, other=0.0)
    tl.store(grad_bits + (image * bits_count + bit) * pixels + pixel, total, mask=inside)


def project_gpu(
    bits: Tensor, route: Tensor, bias: Tensor, tau: Tensor, *, hard: bool, margin: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Run `project_forward`; the fields of a `Projection`, contract in `project_routed`, arguments checked there."""
    return apply_native(_ProjectGpu, bits, route, bias, tau, hard, margin)


class _ProjectGpu(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, bits: Tensor, route: Tensor, bias: Tensor, tau: Tensor, hard: bool, margin: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        bits, route = bits.contiguous(), route.contiguous()
        ctx.save_for_backward(bits, bias)
        ctx.route, ctx.tau, ctx.margin = route, tau.float(), margin
        numbers, block = _numbers(bits, route)
        out = bits.new_empty((len(bits), len(route), *bits.shape[2:]))
        sums = bits.new_empty((len(bits) * len(route) * numbers[-1], 2))
        tensors = bits, route, bias.float().contiguous(), ctx.tau, out, sums
        launch(project_forward, tensors, (*numbers, margin), len(sums), HARD=hard, BLOCK=block)
        alive, shortfall = sums.sum(0) / out.numel()
        return out, alive, shortfall

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        grad, of_alive, of_shortfall = grad_outputs
        bits, bias = ctx.saved_tensors
        route, tau = ctx.route, ctx.tau
        numbers, block = _numbers(bits, route)
        of_score = grad.new_empty(grad.shape)
        shares = of_alive / grad.numel(), of_shortfall / grad.numel()
        tensors = bits, route, bias.float().contiguous(), tau, grad.contiguous(), *shares, of_score
        programs = len(bits) * len(route) * numbers[-1]
        launch(project_backward_score, tensors, (*numbers, ctx.margin), programs, BLOCK=block)
        grad_bits = None
        if ctx.needs_input_grad[0]:
            grad_bits = torch.empty_like(bits)
            tensors = of_score, *readers_of(route, bits.shape[1]), grad_bits
            launch(project_backward_bits, tensors, numbers, len(bits) * bits.shape[1] * numbers[-1], BLOCK=block)
        return grad_bits, None, of_score.sum((0, 2, 3)).to(bias.dtype), None, None, None


def _numbers(bits: Tensor, route: Tensor) -> tuple[tuple[int, ...], int]:
    """Return (D, K, k, pixels, blocks) and the pixels of a block."""
    pixels = bits.shape[2] * bits.shape[3]
    blocks, block = blocks_of(pixels)
    return (bits.shape[1], *route.shape, pixels, blocks), block
