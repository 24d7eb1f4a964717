"""`compare` by Triton: bits are never stored, the backward pass recomputes them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..differences import fold_border
from ..native import apply_native
from .compare_kernels import compare_backward_input, compare_backward_points, compare_forward
from .launch import blocks_of, launch
from .readers import readers_of


def compare_gpu(x: Tensor, offsets: Tensor, alpha: Tensor, *, window: int, hard: bool, route: Tensor | None) -> Tensor:
    """Run `compare_forward`; contract in `compare`, arguments checked there."""
    return apply_native(_CompareGpu, x, offsets, alpha, window, hard, route)


class _CompareGpu(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, offsets: Tensor, alpha: Tensor, window: int, hard: bool, route: Tensor | None
    ) -> Tensor:
        x, offsets = x.contiguous(), offsets.contiguous()
        route = None if route is None else route.contiguous()
        ctx.save_for_backward(x, offsets, alpha)
        ctx.window, ctx.route = window, route
        batch, channels, height, width = x.shape
        points = offsets.shape[1]
        blocks, block = blocks_of(height * width)
        out = x.new_empty((batch, points, height, width))
        launch(
            compare_forward,
            (x, offsets, alpha.float(), route, out),
            (channels, height, width, points, blocks, (window - 1) // 2, _scale(channels, route)),
            batch * points * blocks,
            HARD=hard,
            ROUTED=route is not None,
            SHARED=offsets.shape[0] == 1,
            BLOCK=block,
        )
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, offsets, alpha = ctx.saved_tensors
        of_x, *of_points = ctx.needs_input_grad[:3]
        saved = x, offsets, alpha.float(), ctx.route, ctx.window, grad_outputs[0].contiguous()
        grad_x = _of_input(*saved) if of_x else None
        grad_offsets, grad_alpha = _of_points(*saved) if any(of_points) else (None, None)
        grad_alpha = None if grad_alpha is None else grad_alpha.to(alpha.dtype).view(alpha.shape)
        return grad_x, grad_offsets, grad_alpha, None, None, None


def _scale(channels: int, route: Tensor | None) -> float:
    return 1 / channels if route is None else 1.0


def _of_input(x: Tensor, offsets: Tensor, alpha: Tensor, route: Tensor | None, window: int, grad: Tensor) -> Tensor:
    batch, channels, height, width = x.shape
    points, radius = offsets.shape[1], (window - 1) // 2
    padded = x.new_empty((batch, channels, height + 2 * radius, width + 2 * radius))
    blocks, block = blocks_of(padded.shape[2] * padded.shape[3])
    readers, starts = (None, None) if route is None else readers_of(route, channels)
    launch(
        compare_backward_input,
        (x, offsets, alpha, readers, starts, grad, padded),
        (channels, height, width, points, blocks, radius, _scale(channels, route)),
        batch * channels * blocks,
        ROUTED=route is not None,
        SHARED=offsets.shape[0] == 1,
        BLOCK=block,
    )
    fold_border(padded, radius)
    return padded[..., radius : radius + height, radius : radius + width]


def _of_points(
    x: Tensor, offsets: Tensor, alpha: Tensor, route: Tensor | None, window: int, grad: Tensor
) -> tuple[Tensor, Tensor]:
    batch, channels, height, width = x.shape
    groups, points = offsets.shape[:2]
    blocks, block = blocks_of(height * width)
    patterns = groups if route is None else 1
    of_offsets = x.new_empty((batch * blocks, patterns, points, 2))
    of_alpha = x.new_empty((batch * blocks, points))
    launch(
        compare_backward_points,
        (x, offsets, alpha, route, grad, of_offsets, of_alpha),
        (channels, height, width, points, blocks, (window - 1) // 2, _scale(channels, route)),
        batch * points * blocks,
        ROUTED=route is not None,
        SHARED=groups == 1,
        BLOCK=block,
    )
    grad_offsets = of_offsets.sum(0)
    if route is not None and groups > 1:
        spread = torch.zeros_like(offsets)
        spread[route, torch.arange(points, device=route.device)] = grad_offsets[0]
        grad_offsets = spread
    return grad_offsets, of_alpha.sum()
