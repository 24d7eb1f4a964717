"""Reduction of uint8 images by whole factors, in integers."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import KernelError


def shrink_image(images: Tensor, side: int) -> Tensor:
    """Average blocks of side x side pixels, rounded down: their sum, shifted right by 2 * log2(side).

    Args:
        images: (B, C, H, W) uint8, H and W at least `side`.
        side: 1, 2 or 4; trailing rows and columns that fill no block are dropped.

    Returns:
        (B, C, H // side, W // side) uint8.

    Raises:
        KernelError: names the argument of wrong shape, dtype or range.
    """
    if side not in (1, 2, 4):
        raise KernelError(f"shrink_image: side: expected 1, 2 or 4, got {side}")
    if images.dtype != torch.uint8 or images.ndim != 4 or min(images.shape[2:]) < side:
        raise KernelError(
            f"shrink_image: images: expected uint8 (B, C, H, W), H and W at least {side}, "
            f"got {images.dtype} {tuple(images.shape)}"
        )
    if side == 1:
        return images
    rows, columns = (length // side for length in images.shape[2:])
    blocks = images[:, :, : rows * side, : columns * side].to(torch.int32)
    sums = blocks.unflatten(3, (columns, side)).unflatten(2, (rows, side)).sum((3, 5), dtype=torch.int32)
    return (sums >> (2 * (side.bit_length() - 1))).to(torch.uint8)
