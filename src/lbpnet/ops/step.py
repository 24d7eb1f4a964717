"""The step function and its sigmoid surrogate gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def step(x: Tensor, temperature: Tensor, *, strict: bool, hard: bool) -> Tensor:
    """Threshold `x` at zero, with the gradient of a sigmoid.

    Forward, hard: `1 if x > 0 else 0` (`strict`), or `1 if x >= 0 else 0`.
    Forward, soft: `sigmoid(x / t)`.
    Backward, both: with `s = sigmoid(x / t)`, `dx = g * s * (1 - s) / t` and
    `dt = sum(g * s * (1 - s) * -x / t**2)`.

    Args:
        x: any shape, floating point.
        temperature: t > 0, a scalar tensor of x's dtype.
        strict: whether zero itself gives 0.
        hard: which forward.

    Returns:
        Tensor of x's shape and dtype.

    Source: comparison and gate of the seed document ("alpha", "tau"); the sigmoid stands for the
    tanh of WACV 2020 section 3 (`sigmoid(u) = (tanh(u / 2) + 1) / 2`).
    """
    if not hard:
        return torch.sigmoid(x / temperature)
    return _HardStep.apply(x, temperature, strict)


class _HardStep(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, temperature: Tensor, strict: bool) -> Tensor:
        ctx.save_for_backward(x, temperature)
        return (x > 0 if strict else x >= 0).to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        x, temperature = ctx.saved_tensors
        scaled = x / temperature
        s = torch.sigmoid(scaled)
        grad_scaled = grad * s * (1 - s)
        grad_t = -(grad_scaled * scaled).sum() / temperature if ctx.needs_input_grad[1] else None
        return grad_scaled / temperature, grad_t, None
