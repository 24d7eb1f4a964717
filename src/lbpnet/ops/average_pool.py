"""Average pooling: 2x2, and over a grid of windows."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import KernelError
from .native import apply_native, instruction_set, kernel_module


def average_pool(x: Tensor) -> Tensor:
    """Average 2x2 blocks; an odd last row or column is dropped.

    Forward: mean of four pixels. Backward: a quarter of the gradient to each.

    Args:
        x: (B, C, H, W) floating point, H and W at least 2.

    Returns:
        (B, C, H // 2, W // 2).

    Raises:
        KernelError: x has another shape.
    """
    if x.ndim != 4 or min(x.shape[2:]) < 2:
        raise KernelError(f"average_pool: x: expected (B, C, H, W) with H and W at least 2, got {tuple(x.shape)}")
    module = _module(x)
    if module is None:
        return torch.nn.functional.avg_pool2d(x, 2)
    return apply_native(_AveragePoolNative, x, module)


def pool_grid(x: Tensor, cells: int) -> Tensor:
    """Average over `cells` x `cells` windows, as equal as whole pixels allow.

    Forward: pixel (y, x) lies in window (y * cells // H, x * cells // W); mean of each window. Backward: the
    window's gradient, divided by its pixels, to each.

    Args:
        x: (B, C, H, W) floating point, H and W at least `cells`.
        cells: windows along each side.

    Returns:
        (B, C, cells, cells).

    Raises:
        KernelError: x has another shape.
    """
    if x.ndim != 4 or not 1 <= cells <= min(x.shape[2:]):
        raise KernelError(f"pool_grid: x: expected (B, C, H, W) with H and W at least {cells}, got {tuple(x.shape)}")
    module = _module(x)
    if module is not None:
        return apply_native(_GridPoolNative, x, cells, module)
    height, width = x.shape[2:]
    rows = torch.arange(height, device=x.device) * cells // height
    columns = torch.arange(width, device=x.device) * cells // width
    index = (rows[:, None] * cells + columns).flatten()
    matrix = torch.nn.functional.one_hot(index, cells * cells).to(x.dtype)
    return (x.flatten(2) @ (matrix / matrix.sum(0))).view(*x.shape[:2], cells, cells)


def _module(x: Tensor) -> ModuleType | None:
    native = x.device.type == "cpu" and x.dtype == torch.float32 and instruction_set() is not None
    return kernel_module() if native else None


class _AveragePoolNative(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, module: ModuleType) -> Tensor:
        x = x.contiguous()
        ctx.shape, ctx.module = x.shape, module
        out = x.new_empty((*x.shape[:2], x.shape[2] // 2, x.shape[3] // 2))
        module.pool_forward(x.detach(), out, torch.get_num_threads())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        grad_x = grad.new_empty(ctx.shape)
        ctx.module.pool_backward(grad.contiguous(), grad_x, torch.get_num_threads())
        return grad_x, None


class _GridPoolNative(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, cells: int, module: ModuleType) -> Tensor:
        ctx.shape, ctx.module = x.shape, module
        out = x.new_empty((*x.shape[:2], cells, cells))
        module.grid_pool_forward(x.detach().contiguous(), out, torch.get_num_threads())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        grad_x = grad.new_empty(ctx.shape)
        ctx.module.grid_pool_backward(grad.contiguous(), grad_x, torch.get_num_threads())
        return grad_x, None, None
