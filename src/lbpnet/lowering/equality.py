"""The check that a program is the network it came from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ..engine import reference_scores
from ..errors import LoweringError
from ..models import LbpNet
from ..program import Program


@torch.no_grad()
def require_equal(model: LbpNet, program: Program, images: NDArray[np.uint8]) -> None:
    """Check that a network in eval mode and the NumPy meaning of its program give every image the same scores.

    Args:
        model: in eval mode, on the CPU.
        program: what `lower` made of it.
        images: (B, C, H, W) uint8.

    Raises:
        LoweringError: names the first score that differs.
    """
    expected = np.concatenate([model(torch.from_numpy(part)).numpy() for part in _parts(images)])
    got = reference_scores(program, images)
    different = np.argwhere(expected != got)
    if len(different):
        image, index = different[0].tolist()
        raise LoweringError(
            f"image {image}, class {index}: the network gives {expected[image, index]:g}, its program "
            f"{got[image, index]}; nothing was written. This is a fault of lbpnet: please report it with the run"
        )


def extreme_images(program: Program) -> NDArray[np.uint8]:
    """Return images that trained ones are unlike: all 0, all 255, both checkerboards, noise of few values."""
    first = program.input
    shape = (first.channels, first.height, first.width)
    board = np.indices(shape).sum(0) % 2 * 255
    noise = np.random.default_rng(0).integers(0, 3, (4, *shape))
    images = [np.zeros(shape), np.full(shape, 255), board, 255 - board, *noise]
    return np.stack(images).astype(np.uint8)


def _parts(images: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [images[start : start + 256] for start in range(0, len(images), 256)]
