"""Convolutions of the paper's widths at full resolution, real or binary."""

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

    The padding is of zeros, so every map keeps its size. The first binary layer reads the pixels themselves.

    Args:
        in_channels: C.
        config: widths, side of the filters, whether binary.
        generator: draws initial weights.

    Input: (B, C, H, W) float, 0..1. Output: (B, K of the last layer, H, W).

    Source: WACV 2020 Table 4, "CNN"; its printed sizes fit 3x3 filters without biases. Binary: Hubara et al. 2016.
    """

    def __init__(self, in_channels: int, config: ConvolutionalConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        self.binary = config.binary
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
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = activate(norm(layer(x)))
        return x
