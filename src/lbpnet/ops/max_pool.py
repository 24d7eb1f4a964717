"""The largest of 2x2 blocks."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import KernelError
from .native import apply_native, kernels_for


def max_pool(x: Tensor) -> Tensor:
    """Take the largest of each 2x2 block; an odd last row or column is dropped.

    Forward: maximum of four pixels. Backward: the gradient goes to the first of equals, in row order.

    Args:
        x: (B, C, H, W) floating point, H and W at least 2.

    Returns:
        (B, C, H // 2, W // 2).

    Raises:
        KernelError: x has another shape.
    """
    if x.ndim != 4 or min(x.shape[2:]) < 2:
        raise KernelError(f"max_pool: x: expected (B, C, H, W) with H and W at least 2, got {tuple(x.shape)}")
    module = kernels_for(x)
    return torch.nn.functional.max_pool2d(x, 2) if module is None else apply_native(_MaxPoolNative, x, module)


class _MaxPoolNative(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, module: ModuleType) -> Tensor:
        x = x.contiguous()
        ctx.save_for_backward(x)
        ctx.module = module
        out = x.new_empty((*x.shape[:2], x.shape[2] // 2, x.shape[3] // 2))
        module.max_pool_forward(x.detach(), out, torch.get_num_threads())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        (x,) = ctx.saved_tensors
        grad_x = torch.empty_like(x)
        ctx.module.max_pool_backward(x.detach(), grad.contiguous(), grad_x, torch.get_num_threads())
        return grad_x, None
