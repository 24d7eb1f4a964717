"""The sign function with a straight-through gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def sign(x: Tensor) -> Tensor:
    """Return 1 where `x >= 0`, else -1.

    Backward: `dx = g` where `|x| <= 1`, else 0.

    Source: Hubara et al. 2016, Binarized Neural Networks, section 1.3.
    """
    return _Sign.apply(x)


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype) * 2 - 1

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1)
