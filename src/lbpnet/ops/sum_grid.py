"""Sums over a grid of windows."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import KernelError
from .full_precision import full_precision
from .native import apply_native, kernels_for


def window_bounds(size: int, cells: int) -> list[tuple[int, int]]:
    """Return (first, end) pixel of each of `cells` windows along a side of `size` pixels.

    Windows follow each other. They are ceil(size / cells) long and the last takes the rest; where that would leave
    one empty, window i reaches from floor(i * size / cells) to floor((i + 1) * size / cells).
    """
    length = -(-size // cells)
    if (cells - 1) * length < size:
        return [(i * length, min((i + 1) * length, size)) for i in range(cells)]
    return [(i * size // cells, (i + 1) * size // cells) for i in range(cells)]


@full_precision
def sum_grid(x: Tensor, cells: int) -> Tensor:
    """Add up each of `cells` x `cells` windows (`window_bounds` along either side).

    Forward: sum of each window; exact for integers below 2^22 in sum. Backward: the window's gradient to each of
    its pixels.

    Args:
        x: (B, C, H, W) floating point, H and W at least `cells`.
        cells: windows along each side.

    Returns:
        (B, C, cells, cells).

    Raises:
        KernelError: x has another shape.
    """
    if x.ndim != 4 or not 1 <= cells <= min(x.shape[2:]):
        raise KernelError(f"sum_grid: x: expected (B, C, H, W) with H and W at least {cells}, got {tuple(x.shape)}")
    height, width = x.shape[2:]
    module = kernels_for(x)
    if module is None:
        return _membership(height, cells, x).T @ x @ _membership(width, cells, x)
    ends = tuple([end for _, end in window_bounds(side, cells)] for side in (height, width))
    return apply_native(_SumGridNative, x, ends, module)


def _membership(size: int, cells: int, like: Tensor) -> Tensor:
    matrix = torch.zeros(size, cells, dtype=like.dtype)
    for cell, (first, end) in enumerate(window_bounds(size, cells)):
        matrix[first:end, cell] = 1
    return matrix.to(like.device)


class _SumGridNative(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, ends: tuple[list[int], list[int]], module: ModuleType) -> Tensor:
        ctx.shape, ctx.ends, ctx.module = x.shape, ends, module
        out = x.new_empty((*x.shape[:2], len(ends[0]), len(ends[1])))
        module.sum_grid_forward(x.detach().contiguous(), out, *ends, torch.get_num_threads())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        grad_x = grad.new_empty(ctx.shape)
        ctx.module.sum_grid_backward(grad.contiguous(), grad_x, *ctx.ends, torch.get_num_threads())
        return grad_x, None, None
