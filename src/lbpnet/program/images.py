"""Images that a program takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from .nodes import Input


def check_images(expected: Input, images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images as (B, C, H, W) uint8, C-contiguous.

    Args:
        expected: the program's input.
        images: (B, C, H, W); or (B, H, W) where C = 1.

    Raises:
        ImageError: says what was expected and what came.
    """
    images = np.asarray(images)
    shape = (expected.channels, expected.height, expected.width)
    if images.dtype == np.uint8 and images.shape[1:] == shape and images.flags.c_contiguous:
        return images
    if images.dtype != np.uint8:
        raise ImageError(f"images: expected uint8 pixels of 0 to 255, got {images.dtype}")
    if images.ndim == 3 and expected.channels == 1:
        images = images[:, None]
    if images.ndim != 4 or images.shape[1:] != shape:
        raise ImageError(f"images: expected (B, {', '.join(map(str, shape))}), got {images.shape}")
    return np.ascontiguousarray(images)
