"""Launch of a Triton kernel: one program a block of pixels of a plane."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_LARGEST_BLOCK = 256


def blocks_of(pixels: int) -> tuple[int, int]:
    """Return the number of blocks of a plane of `pixels`, and the pixels of a block (a power of two)."""
    block = min(_LARGEST_BLOCK, 1 << (pixels - 1).bit_length())
    return -(-pixels // block), block


def launch(
    kernel: Any, tensors: tuple[Tensor | None, ...], numbers: tuple[Any, ...], programs: int, **how: Any
) -> None:
    """Run `kernel(*tensors, *numbers, **how)` on the device of the first tensor.

    Args:
        kernel: a `triton.jit` function; its grid has one axis, whose limit is 2^31 - 1 programs.
        tensors: contiguous; None where the kernel, as compiled for `how`, reads nothing.
        numbers: whole numbers and fp32 numbers.
        programs: how many; 0 launches nothing.
        how: compile-time constants, among them BLOCK.
    """
    (first, *_) = tensors
    if programs == 0 or first is None:
        return
    warps = max(1, min(4, how["BLOCK"] // 32))
    with torch.cuda.device_of(first):
        kernel[(programs,)](*tensors, *numbers, **how, num_warps=warps)
