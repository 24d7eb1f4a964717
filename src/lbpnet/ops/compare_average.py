"""Channel-averaged comparison that stores no bits: they are recomputed in the backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .differences import tap_differences, tap_differences_backward

# Floats of one intermediate; small enough for a second-level cache, large enough to hide call overhead.
_CHUNK_FLOATS = 1 << 19


def compare_average(x: Tensor, taps: Tensor, alpha: Tensor, *, window: int, hard: bool) -> Tensor:
    """Average over channels of the comparison bits; contract in `compare`.

    Works through the batch a few images at a time; memory beyond input and output does not grow with B.
    """
    return _CompareAverage.apply(x, taps, alpha, window, hard)


def _chunks(x: Tensor, points: int) -> list[slice]:
    size = max(1, _CHUNK_FLOATS // (points * x.shape[1:].numel()))
    return [slice(i, min(i + size, len(x))) for i in range(0, len(x), size)]


def _weighted(taps: Tensor, differences: Tensor) -> Tensor:
    """(G, D, T) x (T, b, C, H, W) -> (D, b, C, H, W)."""
    if taps.shape[0] == 1:
        return (taps[0] @ differences.flatten(1)).view(-1, *differences.shape[1:])
    return torch.einsum("cdt,tbchw->dbchw", taps, differences)


class _CompareAverage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, taps: Tensor, alpha: Tensor, window: int, hard: bool) -> Tensor:
        ctx.save_for_backward(x, taps, alpha)
        ctx.window = window
        out = x.new_empty((x.shape[0], taps.shape[1], *x.shape[2:]))
        for part in _chunks(x, taps.shape[1]):
            d = _weighted(taps, tap_differences(x[part], window))
            bits = (d > 0).to(x.dtype) if hard else torch.sigmoid_(d.div_(alpha))
            out[part] = bits.mean(2).transpose(0, 1)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        x, taps, alpha = ctx.saved_tensors
        grad_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        grad_taps, grad_alpha = torch.zeros_like(taps), torch.zeros_like(alpha)
        scale = 1 / (x.shape[1] * alpha)
        for part in _chunks(x, taps.shape[1]):
            differences = tap_differences(x[part], ctx.window)
            scaled = _weighted(taps, differences).div_(alpha)
            s = torch.sigmoid(scaled)
            grad_d = torch.addcmul(s, s, s, value=-1)
            grad_d.mul_((grad[part] * scale).transpose(0, 1).unsqueeze(2))
            grad_alpha -= torch.dot(grad_d.flatten(), scaled.flatten())
            if taps.shape[0] == 1:
                grad_taps[0] += grad_d.flatten(1) @ differences.flatten(1).T
            else:
                grad_taps += torch.einsum("dbchw,tbchw->cdt", grad_d, differences)
            if grad_x is not None:
                grad_x[part] = _input_gradient(taps, grad_d, ctx.window)
        return grad_x, grad_taps, grad_alpha, None, None


def _input_gradient(taps: Tensor, grad_d: Tensor, window: int) -> Tensor:
    if taps.shape[0] == 1:
        grad = (taps[0].T @ grad_d.flatten(1)).view(-1, *grad_d.shape[1:])
    else:
        grad = torch.einsum("cdt,dbchw->tbchw", taps, grad_d)
    return tap_differences_backward(grad, window)
