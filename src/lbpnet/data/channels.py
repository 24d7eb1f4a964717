"""Grey to colour and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lbpnet.errors import ConfigError

CHUNK = 4096


def convert_channels(images: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Give images (uint8, N x C x H x W, C 1 or 3) `channels` channels (1 or 3).

    Colour to grey weighs as ITU-R BT.601 (0.299, 0.587, 0.114) in 16-bit fixed point, rounded, the
    same as Pillow's mode L; grey to colour repeats. Equal numbers return the array itself.
    Raises ConfigError naming `data.in_channels` for any other pair.
    """
    have = images.shape[1]
    if have == channels:
        return images
    if (have, channels) == (1, 3):
        return np.repeat(images, 3, axis=1)
    if (have, channels) != (3, 1):
        raise ConfigError(
            f"data.in_channels: expected 1 or 3 for images of {have} channels, got {channels}; "
            "choose 1 (grey) or 3 (colour)"
        )
    grey = np.empty((len(images), 1, *images.shape[2:]), dtype=np.uint8)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK].astype(np.uint32)
        mixed = 19595 * part[:, 0] + 38470 * part[:, 1] + 7471 * part[:, 2] + 0x8000
        grey[start : start + CHUNK, 0] = mixed >> 16
    return grey
