"""The images that a verification compares when none are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..program import Input

_GREYS = (0, 1, 127, 128, 254, 255)
_LEVELS = (2, 2, 3, 3, 5, 5, 16, 16, *[256] * 8)


def default_images(image: Input) -> NDArray[np.uint8]:
    """Return the same (33, C, H, W) images for every program of one input.

    All pixels equal (6 greys); checkerboards (2), gradients (4) and single bright pixels (5), every channel another;
    noise of 2 to 256 grey levels, so that many pixels are equal (16).
    """
    y, x = np.mgrid[: image.height, : image.width]
    bottom, right = image.height - 1, image.width - 1
    board = (y + x) % 2 * 255
    across, down = x * 255 // max(right, 1), y * 255 // max(bottom, 1)
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    bright = [((y == top) & (x == left)) * 255 for top, left in corners]
    planes = np.stack([board, 255 - board, across, down, 255 - across, 255 - down, *bright])[:, None]
    drawn = np.concatenate([np.roll(planes, channel, axis=0) for channel in range(image.channels)], axis=1)
    shape = (image.channels, image.height, image.width)
    equal = np.broadcast_to(np.array(_GREYS)[:, None, None, None], (len(_GREYS), *shape))
    levels = np.array(_LEVELS)[:, None, None, None]
    noise = np.random.default_rng(0).integers(0, 256, (len(_LEVELS), *shape)) * levels // 256 * 255 // (levels - 1)
    return np.concatenate([equal, drawn, noise]).astype(np.uint8)
