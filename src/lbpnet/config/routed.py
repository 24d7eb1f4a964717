"""The multiplication-free network: routed stages and an integer head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .halving import halved_sides

Code = Literal["bit_pack", "binary", "count", "majority"]
HeadWeights = Literal["ternary", "2bit", "3bit", "4bit"]

LARGEST_WEIGHT: dict[HeadWeights, int] = {"ternary": 1, "2bit": 2, "3bit": 3, "4bit": 7}
"""L of each kind of head weight: integers from -L to L; of `2bit`, four values, from -2 to 1."""


@dataclass(frozen=True)
class IntegerHeadConfig:
    """Head of integers: sums over a grid of windows, small integer weights, integer biases."""

    pool: int = 4
    """Windows G along each side; each adds up its pixels of a map."""
    first_stage: int = 0
    """The head reads the maps of this stage and the later ones; never the image itself."""
    weights: HeadWeights = "ternary"
    """Weights are integers from -L to L: `ternary` L = 1, `3bit` L = 3, `4bit` L = 7; of `2bit` from -2 to 1."""
    step: float | None = None
    """Rounding step over the mean |weight| of what reads the sums; None: near the least squared error. Larger: more
    zeros, fewer bytes."""
    hidden: int = 0
    """Hidden units max(0, sum) between the sums and the scores; 0: the scores read the sums."""
    hidden_weights: HeadWeights = "ternary"
    """Weights of the hidden units; `weights` are then those of the scores."""


@dataclass(frozen=True)
class RoutedConfig:
    """Routed stages (design 2.2) from uint8 pixels, and the head."""

    kernels: tuple[int, ...] = (39, 40, 80)
    """Kernels K of each stage; a stage reads the image and the maps of all earlier stages."""
    points: int = 4
    """Sampling points n of a kernel, each on one channel (see `candidates`)."""
    window: int | tuple[int, ...] = 5
    """Odd side of the sampling window in pixels, one for all stages or one each; positions stay within +-(side-1)/2."""
    code: Code = "bit_pack"
    """How n bits become a map: `bit_pack` (n-bit integer, shifted ReLU), `binary` (without it), `count`, `majority`."""
    tau: float = 0.3
    """Width of the comparison's surrogate gradient, in units of the maps (0..1)."""
    tau_end: float | None = None
    """Width in the last epoch: a cosine leads there from `tau`; None: `tau` all along."""
    shrink: int = 1
    """The image is first reduced by blocks of this side (1, 2, 4): the average, rounded down."""
    pool_at: tuple[int, ...] = ()
    """Stages after which every map and the image are halved: the largest of each 2x2 block."""
    candidates: int = 1
    """Channels that each point chooses from in training; 1: its channel is fixed. The program does not grow."""
    seed: int = 42
    """Seed of the channels that each point reads or chooses from."""
    head: IntegerHeadConfig = field(default_factory=IntegerHeadConfig)
    """Head."""

    def windows(self) -> tuple[int, ...]:
        """Return the side of each stage's window."""
        return self.window if isinstance(self.window, tuple) else (self.window,) * len(self.kernels)

    def sides(self, image_side: int) -> list[int]:
        """Return the pixels along one side of the maps of each stage, then of those that the head reads."""
        return halved_sides(image_side // self.shrink, len(self.kernels), self.pool_at)

    def largest_feature(self) -> int:
        """Return the largest integer of a map: bit_pack 2^(n-1), binary 2^n - 1, count n, majority 1."""
        packed = 2**self.points
        return {"bit_pack": packed // 2, "binary": packed - 1, "count": self.points, "majority": 1}[self.code]
