"""2x2 average pooling."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import KernelError
from .native import apply_native, kernels_for


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
    module = kernels_for(x)
    if module is None:
        return torch.nn.functional.avg_pool2d(x, 2)
    return apply_native(_AveragePoolNative, x, module)


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
