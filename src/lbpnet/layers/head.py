"""Classification head of the seed's network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..config import HeadConfig


class MlpHead(nn.Module):
    """`Linear(relu(BN(Linear(global average))))`.

    Args:
        in_channels: C.
        config: see `HeadConfig`.
        generator: draws initial weights.

    Input: (B, C, H, W). Output: (B, classes) logits.

    Source: seed document, "Head".
    """

    def __init__(self, in_channels: int, config: HeadConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_channels, config.hidden)
        self.norm = nn.BatchNorm1d(config.hidden) if config.use_bn else nn.Identity()
        self.dropout = nn.Dropout(config.dropout_rate)
        self.classify = nn.Linear(config.hidden, config.num_classes)
        for layer in (self.hidden, self.classify):
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Classify; shapes in the class docstring."""
        return self.classify(self.dropout(torch.relu(self.norm(self.hidden(x.mean((2, 3)))))))
