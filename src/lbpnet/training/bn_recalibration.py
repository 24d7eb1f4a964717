"""Re-estimation of BatchNorm statistics on the hard path."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..errors import RunError


@torch.no_grad()
def recalibrate_batchnorm(model: nn.Module, batches: Iterable[Tensor]) -> int:
    """Replace every BatchNorm's running statistics by the plain average over `batches`.

    Only BatchNorm layers run in training mode meanwhile; the forward path stays as set.

    Args:
        model: its forward takes one batch of images.
        batches: (B, C, H, W) training images, without augmentation, B >= 2.

    Returns:
        Batches used.

    Raises:
        RunError: there was no batch.

    Source: seed document, "bn_recal_batches".
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [m.momentum for m in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
        norm.train()
    count = 0
    try:
        for images in batches:
            model(images)
            count += 1
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
    if count == 0:
        raise RunError("BatchNorm recalibration: expected at least one batch of training images, got none")
    return count
