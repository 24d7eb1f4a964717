"""The MLP head of networks that multiply."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..config import HeadConfig
from ..ops import sum_grid


class MlpHead(nn.Module):
    """`Linear(relu(BN(Linear(averages))))`.

    Args:
        in_channels: C.
        config: see `HeadConfig`.
        cells: windows along each side, each averaged by itself (`lbpnet.ops.window_bounds`); 1: the whole map.
        generator: draws initial weights.

    Input: (B, C, H, W). Output: (B, classes) logits.

    Source: seed document, "Head"; WACV 2020, "MLP block" (512 units; the paper does not say what it reads).
    """

    def __init__(self, in_channels: int, config: HeadConfig, *, cells: int = 1, generator: torch.Generator) -> None:
        super().__init__()
        self.cells = cells
        self.hidden = nn.Linear(in_channels * cells**2, config.hidden)
        self.norm = nn.BatchNorm1d(config.hidden) if config.use_bn else nn.Identity()
        self.dropout = nn.Dropout(config.dropout_rate)
        self.classify = nn.Linear(config.hidden, config.num_classes)
        for layer in (self.hidden, self.classify):
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Classify; shapes in the class docstring."""
        return self.classify(self.dropout(torch.relu(self.norm(self.hidden(self._averages(x))))))

    def _averages(self, x: Tensor) -> Tensor:
        if self.cells == 1:
            return x.mean((2, 3))
        pixels = sum_grid(torch.ones_like(x[:1, :1]), self.cells)
        return (sum_grid(x, self.cells) / pixels).flatten(1)
