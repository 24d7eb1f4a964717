"""Exponential moving average of the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightAverage:
    """Keeps `average = decay * average + (1 - decay) * value` of every trained tensor.

    Parameters and BatchNorm statistics are averaged; other buffers (maps, temperatures) are copied. The
    decay is `min(decay, (1 + steps) / (10 + steps))`, so that the initial weights are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        trained = {name for name, _ in model.named_parameters()}
        self._averaged = {n for n in model.state_dict() if n in trained or n.endswith(("running_mean", "running_var"))}
        self.tensors: dict[str, Tensor] = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights after a step."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        for name, value in model.state_dict().items():
            average = self.tensors[name]
            if name in self._averaged:
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)
