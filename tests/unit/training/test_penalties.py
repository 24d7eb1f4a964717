"""Regularisers: values by hand, and gradients that reach what they regularise."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lbpnet.config import PRESETS, AliveRatioRegConfig, GateMarginConfig, OffsetRadiusRegConfig, RunConfig
from lbpnet.layers import ForwardPath
from lbpnet.models import build_residual
from lbpnet.training.penalties import alive_ratio_penalty, gate_margin_penalty, offset_radius_penalty, penalties

OFF = replace(
    PRESETS["paper_mnist_rp_full60k"],
    alive_ratio_reg=AliveRatioRegConfig(enable=False),
    gate_margin=GateMarginConfig(enable=False),
    offset_radius_reg=OffsetRadiusRegConfig(enable=False),
)


def test_alive_ratio_penalty_is_the_mean_squared_distance_from_the_target() -> None:
    alive = [torch.tensor(0.75), torch.tensor(0.25)]
    assert alive_ratio_penalty(alive, 0.5) == pytest.approx(0.0625)
    assert alive_ratio_penalty(alive, 0.75) == pytest.approx(0.125)


def test_gate_margin_penalty_is_the_mean_shortfall_of_the_stages() -> None:
    assert gate_margin_penalty([torch.tensor(0.5), torch.tensor(0.1)]) == pytest.approx(0.3)


def test_offset_radius_penalty_counts_only_what_lies_beyond_the_radius() -> None:
    offsets = torch.tensor([[[[0.0, 0.5], [3.0, 4.0]]]])
    assert offset_radius_penalty([offsets], 1.0) == pytest.approx((0 + (5 - 1) ** 2) / 2)


def test_offset_radius_penalty_has_a_finite_gradient_at_the_pivot() -> None:
    offsets = torch.zeros(1, 1, 2, 2, requires_grad=True)
    offset_radius_penalty([offsets], 0.0).backward()
    assert offsets.grad is not None and bool(offsets.grad.isfinite().all())


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(
    ("config", "name", "reaches"),
    [
        (replace(OFF, alive_ratio_reg=AliveRatioRegConfig(weight=1.0)), "alive_ratio", ("gates", "raw_offsets")),
        (replace(OFF, gate_margin=GateMarginConfig(weight=1.0)), "gate_margin", ("gates", "raw_offsets")),
        (replace(OFF, offset_radius_reg=OffsetRadiusRegConfig(True, 0.1, 1.0)), "offset_radius", ("raw_offsets",)),
    ],
)
def test_each_penalty_has_a_gradient_on_what_it_regularises(
    config: RunConfig, name: str, reaches: tuple[str, ...], hard: bool
) -> None:
    model = build_residual(config)
    model.set_path(ForwardPath(hard_bits=hard, hard_gates=True))
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(4, 1, 28, 28, generator=generator)
    _, outputs = model.forward_with_stages(images)
    rows = penalties(outputs, model.offsets(), config)
    assert list(rows) == [name]
    rows[name].backward()
    checked = 0
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith(reaches):
            assert parameter.grad is not None and float(parameter.grad.abs().max()) > 0, parameter_name
            checked += 1
    assert checked == 3 * len(reaches)


def test_disabled_penalties_are_absent() -> None:
    model = build_residual(OFF)
    _, outputs = model.forward_with_stages(torch.rand(2, 1, 28, 28))
    assert penalties(outputs, model.offsets(), OFF) == {}
