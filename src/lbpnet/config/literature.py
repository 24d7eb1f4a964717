"""The paper's networks (WACV 2020) with their MLP head, and the convolutional baselines of the same structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .halving import halved_sides

LiteratureProjection = Literal["random", "conv1x1"]
PackedCode = Literal["bit_pack", "binary"]


@dataclass(frozen=True)
class LiteratureConfig:
    """LBP stages as published (design 2.2), an average over a grid of windows, then the MLP head."""

    kernels: tuple[int, ...] = (39, 40, 80)
    """Kernels K of each stage; a stage's output is joined to its input."""
    points: int = 4
    """Sampling points n of a kernel; its n bits are an n-bit integer."""
    window: int = 5
    """Odd side of the sampling window in pixels; positions stay within +-(window-1)/2."""
    projection: LiteratureProjection = "random"
    """`random`: each point reads one fixed random channel, shifted ReLU, concatenation; `conv1x1`: the paper's
    LBPNet (1x1), a kernel reads one channel, then a learned 1x1 convolution, ReLU, addition."""
    code: PackedCode = "bit_pack"
    """How n bits become a map: `bit_pack`, the paper's (n-bit integer, shifted ReLU), or `binary`, without the ReLU;
    `conv1x1` has none and keeps the default."""
    tau: float = 0.3
    """Width of the comparison's surrogate gradient, in units of the maps (0..1)."""
    seed: int = 42
    """Seed of the fixed channel that each point reads (`random`)."""
    pool: int = 4
    """Windows along each side, over whose averages the head is fully connected."""


@dataclass(frozen=True)
class ConvolutionalConfig:
    """Convolutions, each with BatchNorm, then the same head; the paper's are at full resolution."""

    channels: tuple[int, ...] = (39, 40, 80)
    """Filters of each layer."""
    window: int = 3
    """Odd side of a filter in pixels."""
    pool_at: tuple[int, ...] = ()
    """Layers (from 0) after which maps are halved: the largest of each 2x2 block. The paper's baselines have none."""
    binary: bool = False
    """Signs of weights and maps in the forward pass instead of real values and ReLU (straight-through gradient)."""
    pool: int = 4
    """Windows along each side, over whose averages the head is fully connected."""

    def sides(self, image_side: int) -> list[int]:
        """Return the pixels along one side of the maps that each layer makes, then of those that the head reads."""
        return halved_sides(image_side, len(self.channels), self.pool_at)
