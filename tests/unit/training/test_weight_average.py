"""Exponential moving average of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lbpnet.config import PRESETS
from lbpnet.models import build_model
from lbpnet.training.weight_average import WeightAverage


def test_average_follows_the_formula_with_a_warm_up_of_the_decay() -> None:
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    average = WeightAverage(model, decay=0.5)
    model.weight.data.fill_(1.0)
    average.update(model)
    assert average.tensors["weight"].item() == pytest.approx(0.9), "first decay is (1+0)/(10+0)"
    for _ in range(20):
        average.update(model)
    model.weight.data.fill_(3.0)
    average.update(model)
    assert average.tensors["weight"].item() == pytest.approx(2.0, abs=1e-3), "later the decay is 0.5"


def test_maps_and_temperatures_are_copied_not_averaged() -> None:
    model = build_model(PRESETS["paper_mnist_rp_full60k"])
    average = WeightAverage(model, decay=0.999)
    model.set_temperatures(0.123, 0.456)
    average.update(model)
    assert average.tensors["stages.0.lbp.base_alpha"].item() == pytest.approx(0.123)
    assert average.tensors["stages.2.fusion.base_tau"].item() == pytest.approx(0.456)
    assert torch.equal(average.tensors["stages.0.fusion.route"], model.state_dict()["stages.0.fusion.route"])
