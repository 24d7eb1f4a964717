"""The routed family: its impossible values, and that no field of the other family may be set in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lbpnet.config import (
    OTHER_FAMILY,
    DataConfig,
    FreezeScheduleConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    fields_of,
    from_dict,
    validate,
)
from lbpnet.errors import ConfigError

RESIDUAL = RunConfig()
ROUTED = RunConfig(model=ModelConfig(family="routed"), freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=0))
BASES = {"residual": RESIDUAL, "routed": ROUTED}


def changed(config: RunConfig, overrides: dict[str, Any]) -> RunConfig:
    for dotted, value in overrides.items():
        data = value
        for name in reversed(dotted.split(".")):
            data = {name: data}
        config = from_dict(RunConfig, data, base=config)
    return config


def at(config: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        config = getattr(config, name)
    return config


def another(value: Any) -> Any:
    """A possible-looking value that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return [*value, 1]
    if value is None or isinstance(value, int | float):
        return (value or 0) + 1
    others = {"bits": "weighted", "average": "route", "rp_paper": "conv1x1", "cosine": "linear", "track": "freeze"}
    return {**others, "bit_pack": "count", "ternary": "4bit"}[value]


@pytest.mark.parametrize("family", ["residual", "routed"])
def test_a_field_of_the_other_family_must_keep_its_default(family: Any) -> None:
    other, base, ran = OTHER_FAMILY[family], BASES[family], 0
    for field in fields_of(other):
        with pytest.raises(ConfigError) as caught:
            validate(changed(base, {field: another(at(base, field))}))
        assert str(caught.value).startswith(f"{field}: ")
        assert f"no effect in networks of family '{family}'" in str(caught.value)
        assert f"set model.family '{other}'" in str(caught.value)
        ran += 1
    assert ran == {"residual": 11, "routed": 55}[family]


def test_no_field_belongs_to_both_families() -> None:
    assert not set(fields_of("residual")) & set(fields_of("routed"))


# (field that the message names, what makes it impossible)
IMPOSSIBLE: list[tuple[str, dict[str, Any]]] = [
    ("model.routed.kernels", {"model.routed.kernels": []}),
    ("model.routed.kernels", {"model.routed.kernels": [4, 0]}),
    ("model.routed.points", {"model.routed.points": 0}),
    ("model.routed.points", {"model.routed.points": 9}),
    ("model.routed.window", {"model.routed.window": 1}),
    ("model.routed.window", {"model.routed.window": 4}),
    ("model.routed.window", {"model.routed.window": 257}),
    ("model.routed.tau", {"model.routed.tau": 0.0}),
    ("model.routed.tau", {"model.routed.tau": float("nan")}),
    ("model.routed.shrink", {"model.routed.shrink": 3}),
    ("model.routed.shrink", {"model.routed.shrink": 0}),
    ("model.routed.pool_at", {"model.routed.pool_at": [3]}),
    ("model.routed.pool_at", {"model.routed.pool_at": [1, 1]}),
    ("model.routed.seed", {"model.routed.seed": -1}),
    ("model.routed.head.pool", {"model.routed.head.pool": 0}),
    ("model.routed.head.pool", {"model.routed.head.pool": 8, "model.routed.shrink": 4}),
    ("model.routed.head.pool", {"data.image_size": [28, 3]}),
    ("model.routed.head.pool", {"model.routed.pool_at": [0, 1, 2]}),
    ("model.routed.head.first_stage", {"model.routed.head.first_stage": 3}),
    ("model.routed.head.first_stage", {"model.routed.head.first_stage": -1}),
    ("model.routed", {"model.routed.kernels": [400, 400, 400], "model.routed.head.weights": "4bit"}),
    ("model.routed", {"data.image_size": 128}),
    ("model.classification_head.num_classes", {"model.classification_head.num_classes": 1}),
    ("freeze_schedule.freeze_offsets_epochs", {"freeze_schedule.freeze_offsets_epochs": 301}),
]

POSSIBLE: list[dict[str, Any]] = [
    {"training.epochs": 5},
    {"model.routed.kernels": [1]},
    {"model.routed.points": 8, "model.routed.kernels": [8]},
    {"model.routed.shrink": 4, "model.routed.head.pool": 7},
    {"model.routed.head.weights": "4bit"},
    {"model.routed.pool_at": [2, 0], "model.routed.head.pool": 7},
    {"data.image_size": 96},
    {"data.image_size": 128, "model.routed.shrink": 2},
    {"data.image_size": [4, 28], "data.in_channels": 3},
    {"offset_radius_reg.enable": True},
]


def test_every_impossible_routed_network_is_refused_by_name() -> None:
    ran = 0
    for field, overrides in IMPOSSIBLE:
        with pytest.raises(ConfigError) as caught:
            validate(changed(ROUTED, overrides))
        assert str(caught.value).startswith(f"{field}: "), (overrides, str(caught.value))
        ran += 1
    assert ran == 24


def test_its_possible_neighbours_are_accepted() -> None:
    ran = 0
    for overrides in POSSIBLE:
        config = changed(ROUTED, overrides)
        assert validate(config) is config
        ran += 1
    assert ran == 10


def test_scores_of_any_accepted_network_are_exact_in_fp32() -> None:
    """Overlapping windows count twice: 29 pixels in 4 windows are 8 + 9 + 9 + 8."""
    small = RoutedConfig(kernels=(1,))
    config = replace(ROUTED, model=ModelConfig(family="routed", routed=small), data=DataConfig(image_size=29))
    validate(config)
    widest = 2**24 // (33 * 33 * 8)
    validate(replace(config, model=replace(config.model, routed=replace(small, kernels=(widest,)))))
    with pytest.raises(ConfigError, match="not exact in fp32"):
        validate(replace(config, model=replace(config.model, routed=replace(small, kernels=(widest + 1,)))))
