"""Convolutions of the paper's widths, real or binary, at full resolution or with maps that are halved."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..config import ConvolutionalConfig
from ..ops import sign


class BinaryConv2d(nn.Conv2d):
    """A convolution whose weights are the signs of its latents: it adds and subtracts."""

    def forward(self, input: Tensor) -> Tensor:
        """Convolve; gradients of latents beyond +-1 are 0 (`lbpnet.ops.sign`)."""
        return self._conv_forward(input, sign(self.weight), self.bias)


class ConvolutionalStack(nn.Module):
    """Layers `relu(BN(conv(x)))`; binary: `sign(BN(conv(x)))` with signs as weights.

    The padding is of zeros, so every map keeps its size; after the layers of `pool_at` the largest of each 2x2 block
    is left, an odd last row or column not. The first binary layer reads the pixels themselves.

    Args:
        in_channels: C.
        config: widths, side of the filters, where maps are halved, whether binary.
        generator: draws initial weights.

    Input: (B, C, H, W) float, 0..1. Output: (B, K of the last layer, H', W'), H' and W' halved by `pool_at`.

    Source: WACV 2020 Table 4, "CNN"; its printed sizes fit 3x3 filters without biases. Binary: Hubara et al. 2016.
    Halving is ours: such a network is a teacher that costs little.
    """

    def __init__(self, in_channels: int, config: ConvolutionalConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        self.binary, self.pool_at = config.binary, config.pool_at
        kind = BinaryConv2d if config.binary else nn.Conv2d
        layers, norms = [], []
        for channels in config.channels:
            layers.append(kind(in_channels, channels, config.window, padding=config.window // 2, bias=False))
            nn.init.kaiming_uniform_(layers[-1].weight, a=math.sqrt(5), generator=generator)
            norms.append(nn.BatchNorm2d(channels))
            in_channels = channels
        self.layers, self.norms = nn.ModuleList(layers), nn.ModuleList(norms)
        self.out_channels = in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, normalise, activate; shapes in the class docstring."""
        activate = sign if self.binary else torch.relu
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            # Channels last: on a CPU a training step takes two thirds of the time.
            x = activate(norm(layer(x).contiguous(memory_format=torch.channels_last)))
            x = nn.functional.max_pool2d(x, 2) if number in self.pool_at else x
        return x
