"""Sums over a grid of windows."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import KernelError
from .average_pool import pool_grid
from .full_precision import full_precision


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
    if height % cells == 0 and width % cells == 0:
        return pool_grid(x, cells) * ((height // cells) * (width // cells))
    return _membership(height, cells, x).T @ x @ _membership(width, cells, x)


def _membership(size: int, cells: int, like: Tensor) -> Tensor:
    matrix = torch.zeros(size, cells, dtype=like.dtype)
    for cell, (first, end) in enumerate(window_bounds(size, cells)):
        matrix[first:end, cell] = 1
    return matrix.to(like.device)
