"""Groups, their multipliers, freezing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lbpnet.config import PRESETS, GroupConfig, OptimConfig, OptimizerGroupsConfig, RunConfig
from lbpnet.models import build_model
from lbpnet.training.parameter_groups import (
    ask_gradients,
    build_optimizer,
    drop_frozen_gradients,
    kind_of,
    parameter_groups,
    set_learning_rate,
)

SEED = PRESETS["paper_mnist_rp_full60k"]


def test_learning_rate_and_weight_decay_are_products_of_both_levels() -> None:
    optimizer = build_optimizer(parameter_groups(build_model(SEED), SEED), SEED)
    set_learning_rate(optimizer, 1e-3)
    rates = {row["name"]: (row["lr"], row["weight_decay"]) for row in optimizer.param_groups}
    assert rates == {
        "offsets": (pytest.approx(1e-3 * 2 * 5), 0.0),
        "alpha": (pytest.approx(1e-3), 0.0),
        "gates": (pytest.approx(1e-3 * 2 * 3), 0.0),
        "head": (pytest.approx(0.7e-3), 1e-4),
        "base": (pytest.approx(1e-3), 1e-4),
    }


def test_every_parameter_is_in_exactly_one_group() -> None:
    model = build_model(SEED)
    grouped = [id(p) for group in parameter_groups(model, SEED) for p in group.parameters]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters())


def test_kinds_are_told_by_the_parameters_name() -> None:
    kinds = {name: kind_of(name) for name, _ in build_model(SEED).named_parameters()}
    assert kinds["stages.1.lbp.raw_offsets"] == "offsets"
    assert kinds["stages.2.lbp.log_alpha_factor"] == "alpha"
    assert kinds["stages.0.fusion.gates"] == "gates"
    assert kinds["head.hidden.weight"] == kinds["head.norm.bias"] == "head"
    assert kinds["stages.0.residual.weight"] == kinds["stages.0.norm.weight"] == kinds["stages.0.res_scale"] == "base"


@pytest.mark.parametrize("kind", ["offsets", "gates", "alpha"])
def test_frozen_kind_does_not_move_not_even_by_weight_decay(kind: str) -> None:
    groups = OptimizerGroupsConfig()
    decaying = OptimizerGroupsConfig(
        lbp_offsets=replace(groups.lbp_offsets, wd_mult=100.0),
        lbp_alpha=replace(groups.lbp_alpha, wd_mult=100.0),
        rp_gates=replace(groups.rp_gates, wd_mult=100.0),
    )
    config = replace(SEED, optimizer_groups=decaying)
    model = build_model(config)
    optimizer = build_optimizer(parameter_groups(model, config), config)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    drop_frozen_gradients(optimizer, frozenset({kind}))
    optimizer.step()
    moved = {kind_of(name) for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"offsets", "alpha", "gates", "head", "base"} - {kind}


def test_gradients_are_asked_of_all_kinds_but_the_frozen_and_of_those_again_once_free() -> None:
    model = build_model(SEED)
    optimizer = build_optimizer(parameter_groups(model, SEED), SEED)

    def asked() -> set[str]:
        return {kind_of(name) for name, p in model.named_parameters() if p.requires_grad}

    ask_gradients(optimizer, frozenset({"offsets", "alpha"}))
    assert asked() == {"gates", "head", "base"}
    ask_gradients(optimizer, frozenset())
    assert asked() == {"offsets", "alpha", "gates", "head", "base"}


def test_sgd_is_built_with_the_first_beta_as_momentum() -> None:
    config: RunConfig = replace(SEED, optim=OptimConfig(type="sgd", betas=(0.8, 0.999)))
    optimizer = build_optimizer(parameter_groups(build_model(config), config), config)
    assert isinstance(optimizer, torch.optim.SGD)
    assert {row["momentum"] for row in optimizer.param_groups} == {0.8}


def test_preferences_among_channels_are_a_kind_of_their_own() -> None:
    base = PRESETS["routed_mnist"]
    routed = replace(base.model.routed, candidates=2)
    groups = replace(base.optimizer_groups, lbp_channels=GroupConfig(5.0, 0.5))
    config = replace(base, model=replace(base.model, routed=routed), optimizer_groups=groups)
    rows = {group.name: group for group in parameter_groups(build_model(config), config)}
    assert set(rows) == {"offsets", "channels", "head"}
    assert (rows["channels"].lr_mult, rows["channels"].wd_mult) == (5.0, 0.5)
    assert [tuple(p.shape) for p in rows["channels"].parameters] == [(39, 4, 2), (40, 4, 2), (80, 4, 2)]
