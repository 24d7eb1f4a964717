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
        origin: (C,), subtracted from the averages of each channel. The first bias absorbs it: the same networks, but
            while weights of maps far from 0 are trained, BatchNorm's running mean lags behind them.
        generator: draws initial weights.

    Input: (B, C, H, W). Output: (B, classes) logits.

    Source: seed document, "Head"; WACV 2020, "MLP block" (512 units; the paper does not say what it reads).
    """

    origin: Tensor | None

    def __init__(
        self,
        in_channels: int,
        config: HeadConfig,
        *,
        cells: int = 1,
        origin: Tensor | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.cells = cells
        self.register_buffer("origin", origin, persistent=False)
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
        return self.classify_averages(self._averages(x))

    def classify_averages(self, averages: Tensor) -> Tensor:
        """Classify by averages less `origin`, (B, C * cells^2)."""
        return self.classify(self.dropout(torch.relu(self.norm(self.hidden(averages)))))

    def _averages(self, x: Tensor) -> Tensor:
        if self.cells == 1:
            averages = x.mean((2, 3), keepdim=True)
        else:
            averages = sum_grid(x, self.cells) / sum_grid(torch.ones_like(x[:1, :1]), self.cells)
        if self.origin is not None:
            averages = averages - self.origin[:, None, None]
        return averages.flatten(1)
