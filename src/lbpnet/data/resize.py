"""Resizing batches of uint8 images."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from lbpnet.errors import ConfigError

CHUNK = 1024


def resize_images(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize images (uint8, N x C x H x W) to `size` (rows, columns), antialiased bilinear.

    Shrinking averages over the area that a pixel comes to cover. An equal size returns the array
    itself. Raises ConfigError naming `data.image_size` if a side is below 1.
    """
    if min(size) < 1:
        raise ConfigError(f"data.image_size: expected sides of at least 1 pixel, got {size}")
    if images.shape[2:] == size:
        return images
    resized = np.empty((*images.shape[:2], *size), dtype=np.uint8)
    for start in range(0, len(images), CHUNK):
        part = torch.from_numpy(images[start : start + CHUNK].astype(np.float32))
        grown = functional.interpolate(part, size=size, mode="bilinear", align_corners=False, antialias=True)
        resized[start : start + CHUNK] = grown.round_().clamp_(0, 255).numpy().astype(np.uint8)
    return resized
