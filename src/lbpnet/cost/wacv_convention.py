"""The WACV 2020 paper's way to count: kernels, maps and comparisons; the head is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# The paper counts operations of 28x28 data sets at 32x32 too.
_PIXELS = 32 * 32
_BITS_PER_POINT = 9


@dataclass(frozen=True)
class WacvCost:
    """Size in bytes and comparisons an image."""

    size_bytes: float
    comparisons: int

    @property
    def gops(self) -> float:
        """Comparisons, in 10^9."""
        return self.comparisons / 1e9


def wacv_cost(channels: Sequence[int], points: int) -> WacvCost:
    """Count in the `wacv` convention, for networks with one pattern a kernel (design 2.2).

    Size: 9 bit a sampling point (36 bit for the paper's n = 4) times the kernels of all stages.
    Comparisons: 32*32*n times the kernels. Bit packing, activation, concatenation and head: not counted.

    Args:
        channels: kernels K of each stage.
        points: n.

    Source: reference notes on WACV 2020 section 2.3, which found the rule in the printed sizes.
    """
    kernels = sum(channels)
    return WacvCost(size_bytes=_BITS_PER_POINT * points * kernels / 8, comparisons=_PIXELS * points * kernels)


def self_contained_bytes(channels: Sequence[int], in_channels: Sequence[int], points: int, window: int) -> float:
    """Return what a kernel table really needs: position and map index of every point.

    A position takes ceil(log2(window^2)) bits, a map index ceil(log2(C_in)) bits (none for one channel).

    Args:
        channels: kernels K of each stage.
        in_channels: channels C_in that each stage reads.
        points: n.
        window: odd side, pixels.
    """
    position = (window * window - 1).bit_length()
    bits = sum(k * points * (position + (c - 1).bit_length()) for k, c in zip(channels, in_channels, strict=True))
    return bits / 8


@dataclass(frozen=True)
class WacvConvolutionCost:
    """Size in bytes and operations an image of a convolutional network."""

    size_bytes: float
    multiplications: int
    additions: int

    @property
    def gops(self) -> float:
        """Multiplications and additions, in 10^9."""
        return (self.multiplications + self.additions) / 1e9


def wacv_convolution_cost(
    channels: Sequence[int], in_channels: int, window: int, *, side: int = 32
) -> WacvConvolutionCost:
    """Count a convolutional baseline as the paper's Table 4 does.

    Size: 4 B a weight, and for each filter 4 B and **two fp32 for each pixel of its map**. Operations: a
    multiplication and an addition for each weight and pixel. Head and BatchNorm: not counted.

    Args:
        channels: filters of each layer.
        in_channels: channels of the images.
        window: side of the filters, pixels.
        side: of the images; the printed figures are at 32 for MNIST and at 28 for the other grey data sets.

    Source: reference notes on WACV 2020 section 2.3, which found the rule in five printed sizes. Nothing like the two
    values a pixel is charged to the LBP network, so ratios of the two are not fair.
    """
    read = (in_channels, *channels[:-1])
    weights = sum(c * k * window * window for c, k in zip(read, channels, strict=True))
    pixels = side * side
    size = 4 * weights + sum(channels) * (8 * pixels + 4)
    return WacvConvolutionCost(size, weights * pixels, weights * pixels)
