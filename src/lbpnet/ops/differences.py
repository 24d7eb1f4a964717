"""Differences between the taps of a window and its pivot."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pad_replicate(x: Tensor, radius: int) -> Tensor:
    """Replicate the border `radius` times around (B, C, H, W)."""
    return F.pad(x, (radius, radius, radius, radius), mode="replicate")


def tap_slices(window: int, height: int, width: int) -> list[tuple[slice, slice]]:
    """Row and column slices of each tap, row-major, in a plane padded by (window - 1) / 2."""
    return [(slice(i, i + height), slice(j, j + width)) for i in range(window) for j in range(window)]


def tap_differences(x: Tensor, window: int) -> Tensor:
    """Subtract the pivot from every tap of its window.

    Forward: `d[t, b, c, p] = x[b, c, p + o_t] - x[b, c, p]`, border replicated. Equal pixels give an
    exact zero, so that a weighted sum of differences keeps ties exactly tied.

    Args:
        x: (B, C, H, W) floating point.
        window: odd side, pixels.

    Returns:
        (window * window, B, C, H, W).
    """
    height, width = x.shape[-2:]
    padded = pad_replicate(x, (window - 1) // 2)
    return torch.stack([padded[..., r, c] - x for r, c in tap_slices(window, height, width)])


def tap_differences_backward(grad: Tensor, window: int) -> Tensor:
    """Gradient of `tap_differences` with respect to x: (T, B, C, H, W) -> (B, C, H, W)."""
    radius = (window - 1) // 2
    height, width = grad.shape[-2:]
    padded = grad.new_zeros((*grad.shape[1:-2], height + 2 * radius, width + 2 * radius))
    for tap, (r, c) in enumerate(tap_slices(window, height, width)):
        padded[..., r, c] += grad[tap]
    fold_border(padded, radius)
    inner = slice(radius, radius + height), slice(radius, radius + width)
    return padded[..., inner[0], inner[1]] - grad.sum(0)


def fold_border(padded: Tensor, radius: int) -> None:
    """Gradient of `pad_replicate`, in place: add the border of (..., H + 2 radius, W + 2 radius) to what it repeats."""
    # Rows first, then columns, so corners arrive too.
    padded[..., radius, :] += padded[..., :radius, :].sum(-2)
    padded[..., -radius - 1, :] += padded[..., -radius:, :].sum(-2)
    padded[..., radius] += padded[..., :radius].sum(-1)
    padded[..., -radius - 1] += padded[..., -radius:].sum(-1)
