"""Running statistics of a batch normalisation that is computed elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def update_running_statistics(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, count: int) -> None:
    """Update `norm` as its own forward pass in training mode would.

    `running = (1 - m) * running + m * batch`, m = `norm.momentum`, or 1/batches seen where that is None
    (cumulative average); the variance is unbiased.

    Args:
        norm: with running statistics.
        mean: (K,) of the batch.
        variance: (K,) of the batch, divided by `count`.
        count: values of a channel.
    """
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked.add_(1)
    momentum = 1 / int(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, momentum)
    norm.running_var.lerp_(variance * (count / max(count - 1, 1)), momentum)
