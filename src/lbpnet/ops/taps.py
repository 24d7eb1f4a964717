"""Bilinear interpolation weights of sampling offsets on the window's taps."""

from __future__ import annotations

import torch
from torch import Tensor


def bilinear_taps(offsets: Tensor, window: int) -> Tensor:
    """Spread each offset over the four taps around it.

    Forward: with `y0 = floor(dy)` and `f = dy - y0`, row weights are `1 - f` at y0 and `f` at y0 + 1;
    the same for columns; a tap's weight is the product. At dy = r the last cell is used with f = 1.
    Backward: exact within a cell; at whole pixels the derivative from the right.

    Args:
        offsets: (..., 2), (dy, dx) in pixels, within +-r where r = (window - 1) / 2.
        window: odd side of the window, pixels.

    Returns:
        (..., window * window) weights, row-major taps from (-r, -r) to (r, r); each sum is 1.

    Source: bilinear sampling of the seed's layer, written as weights on whole-pixel taps.
    """
    radius = (window - 1) // 2
    rows = _axis_weights(offsets[..., 0], radius)
    columns = _axis_weights(offsets[..., 1], radius)
    return (rows.unsqueeze(-1) * columns.unsqueeze(-2)).flatten(-2)


def _axis_weights(position: Tensor, radius: int) -> Tensor:
    cell = position.detach().floor().clamp(-radius, radius - 1)
    fraction = (position - cell).unsqueeze(-1)
    taps = torch.arange(-radius, radius + 1, device=position.device, dtype=position.dtype)
    at_cell = (taps == cell.unsqueeze(-1)).to(position.dtype)
    after_cell = (taps == cell.unsqueeze(-1) + 1).to(position.dtype)
    return (1 - fraction) * at_cell + fraction * after_cell
