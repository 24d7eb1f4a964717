"""BatchNorm statistics after recalibration."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lbpnet.errors import RunError
from lbpnet.training.bn_recalibration import recalibrate_batchnorm


def test_statistics_become_the_plain_average_over_the_batches() -> None:
    norm = nn.BatchNorm2d(1)
    norm.running_mean.fill_(99.0)  # pyright: ignore[reportOptionalMemberAccess]
    batches = [torch.tensor([1.0, 3.0]).view(2, 1, 1, 1), torch.tensor([5.0, 9.0]).view(2, 1, 1, 1)]
    assert recalibrate_batchnorm(norm, batches) == 2
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.running_mean.item() == pytest.approx((2 + 7) / 2)
    assert norm.running_var.item() == pytest.approx((2 + 8) / 2), "unbiased variances 2 and 8"
    assert norm.momentum == 0.1 and not norm.training


def test_only_batchnorm_runs_in_training_mode() -> None:
    modes: list[bool] = []

    class Probe(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            modes.append(self.training)
            return x

    model = nn.Sequential(nn.BatchNorm2d(1), Probe())
    model.train()
    recalibrate_batchnorm(model, [torch.rand(2, 1, 3, 3)])
    assert modes == [False]
    assert not model.training


def test_no_batch_at_all_is_an_error() -> None:
    with pytest.raises(RunError, match="at least one batch"):
        recalibrate_batchnorm(nn.BatchNorm2d(1), [])
