"""Exponential moving average of weights."""

from __future__ import annotations

from dataclasses import replace

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


def test_a_routed_networks_statistics_are_averaged_with_its_weights_and_counters_are_copied() -> None:
    base = PRESETS["routed_mnist"]
    routed = replace(base.model.routed, kernels=(2, 3), candidates=2)
    model = build_model(replace(base, model=replace(base.model, routed=routed)))
    copied = {"head.batches", "features.turn"}
    copied |= {f"features.{kind}_{stage}" for kind in ("route", "others") for stage in (0, 1)}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    average = WeightAverage(model, decay=0.999)
    with torch.no_grad():
        for value in model.state_dict().values():
            value.add_(10)
    average.update(model)
    assert copied < set(before)
    for name, value in before.items():
        expected = value + 10 if name in copied else 0.1 * value + 0.9 * (value + 10)
        torch.testing.assert_close(average.tensors[name], expected)
