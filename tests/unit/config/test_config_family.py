"""Families of networks: their impossible values, and that no field of another family may be set in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lbpnet.config import (
    ConvolutionalConfig,
    DataConfig,
    Family,
    FreezeScheduleConfig,
    LiteratureConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    TrainingConfig,
    families_of,
    fields_of,
    from_dict,
    idle_fields,
    validate,
)
from lbpnet.errors import ConfigError

RESIDUAL = RunConfig()
ROUTED = RunConfig(model=ModelConfig(family="routed"), freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=0))
LITERATURE = replace(ROUTED, model=ModelConfig(family="literature"))
CONVOLUTIONAL = RunConfig(model=ModelConfig(family="convolutional"))
BASES: dict[Family, RunConfig] = {
    "residual": RESIDUAL,
    "routed": ROUTED,
    "literature": LITERATURE,
    "convolutional": CONVOLUTIONAL,
}


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
    return {**others, "bit_pack": "binary", "ternary": "4bit", "random": "conv1x1"}[value]


@pytest.mark.parametrize("family", BASES)
def test_a_field_of_another_family_must_keep_its_default(family: Family) -> None:
    base, ran = BASES[family], 0
    for field in idle_fields(family):
        with pytest.raises(ConfigError) as caught:
            validate(changed(base, {field: another(at(base, field))}))
        assert str(caught.value).startswith(f"{field}: ")
        assert f"no effect in networks of family '{family}'" in str(caught.value)
        assert all(f"'{other}'" in str(caught.value).split("set model.family")[1] for other in families_of(field))
        ran += 1
    assert ran == {"residual": 31, "routed": 68, "literature": 75, "convolutional": 86}[family]


def test_each_field_acts_in_its_family_or_is_idle_there() -> None:
    for family in BASES:
        acting, idle = set(fields_of(family)), set(idle_fields(family))
        assert not acting & idle
        assert all((family in families_of(field)) == (field in acting) for field in acting | idle)
    assert families_of("training.lr") == tuple(BASES)


# (field that the message names, what makes it impossible)
IMPOSSIBLE: list[tuple[str, dict[str, Any]]] = [
    ("model.routed.kernels", {"model.routed.kernels": []}),
    ("model.routed.kernels", {"model.routed.kernels": [4, 0]}),
    ("model.routed.points", {"model.routed.points": 0}),
    ("model.routed.points", {"model.routed.points": 9}),
    ("model.routed.window", {"model.routed.window": 1}),
    ("model.routed.window", {"model.routed.window": 4}),
    ("model.routed.window", {"model.routed.window": 257}),
    ("model.routed.window", {"model.routed.window": [3, 5]}),
    ("model.routed.window", {"model.routed.window": [3, 5, 6]}),
    ("model.routed.tau", {"model.routed.tau": 0.0}),
    ("model.routed.tau", {"model.routed.tau": float("nan")}),
    ("model.routed.tau_end", {"model.routed.tau_end": 0.0}),
    ("model.routed.shrink", {"model.routed.shrink": 3}),
    ("model.routed.shrink", {"model.routed.shrink": 0}),
    ("model.routed.pool_at", {"model.routed.pool_at": [3]}),
    ("model.routed.pool_at", {"model.routed.pool_at": [1, 1]}),
    ("model.routed.candidates", {"model.routed.candidates": 0}),
    ("model.routed.candidates", {"model.routed.candidates": 65}),
    ("model.routed.seed", {"model.routed.seed": -1}),
    ("model.routed.head.pool", {"model.routed.head.pool": 0}),
    ("model.routed.head.pool", {"model.routed.head.pool": 8, "model.routed.shrink": 4}),
    ("model.routed.head.pool", {"data.image_size": [28, 3]}),
    ("model.routed.head.pool", {"model.routed.pool_at": [0, 1, 2]}),
    ("model.routed.head.step", {"model.routed.head.step": 0.0}),
    ("model.routed.head.step", {"model.routed.head.step": 9.0}),
    ("model.routed.head.hidden", {"model.routed.head.hidden": -1}),
    ("model.routed.head.hidden", {"model.routed.kernels": [300, 300], "model.routed.head.hidden": 4096}),
    ("model.routed.head.hidden_weights", {"model.routed.head.hidden_weights": "3bit"}),
    ("model.routed.head.first_stage", {"model.routed.head.first_stage": 3}),
    ("model.routed.head.first_stage", {"model.routed.head.first_stage": -1}),
    ("model.routed", {"model.routed.kernels": [400, 400, 400], "model.routed.head.weights": "4bit"}),
    ("model.routed", {"data.image_size": 128}),
    ("model.classification_head.num_classes", {"model.classification_head.num_classes": 1}),
    ("freeze_schedule.freeze_offsets_epochs", {"freeze_schedule.freeze_offsets_epochs": 301}),
    ("freeze_schedule.settle_epochs", {"freeze_schedule.settle_epochs": 301}),
]

# The same of the published networks; `model.family` first, as a base.
PUBLISHED: list[tuple[Family, str, dict[str, Any]]] = [
    ("literature", "model.literature.kernels", {"model.literature.kernels": []}),
    ("literature", "model.literature.kernels", {"model.literature.kernels": [3, 0]}),
    ("literature", "model.literature.points", {"model.literature.points": 9}),
    ("literature", "model.literature.window", {"model.literature.window": 4}),
    ("literature", "model.literature.tau", {"model.literature.tau": 0.0}),
    ("literature", "model.literature.seed", {"model.literature.seed": -1}),
    ("literature", "model.literature.pool", {"model.literature.pool": 29}),
    ("literature", "model.literature.kernels", {"model.literature.projection": "conv1x1"}),
    (
        "literature",
        "model.literature.seed",
        {"model.literature": {"projection": "conv1x1", "kernels": [4, 4], "seed": 1}},
    ),
    (
        "literature",
        "model.literature.code",
        {"model.literature": {"projection": "conv1x1", "kernels": [4, 4], "code": "binary"}},
    ),
    (
        "literature",
        "data.in_channels",
        {"model.literature": {"projection": "conv1x1", "kernels": [4, 4]}, "data.in_channels": 3},
    ),
    ("literature", "model.classification_head.hidden", {"model.classification_head.hidden": 0}),
    ("convolutional", "model.convolutional.channels", {"model.convolutional.channels": []}),
    ("convolutional", "model.convolutional.window", {"model.convolutional.window": 2}),
    ("convolutional", "model.convolutional.pool", {"model.convolutional.pool": 0}),
    ("convolutional", "model.convolutional.pool", {"model.convolutional.pool_at": [0, 1, 2]}),
    ("convolutional", "model.convolutional.pool_at", {"model.convolutional.pool_at": [3]}),
    ("convolutional", "model.convolutional.pool_at", {"model.convolutional.pool_at": [1, 1]}),
    ("convolutional", "model.classification_head.dropout_rate", {"model.classification_head.dropout_rate": 1.0}),
]

POSSIBLE: list[dict[str, Any]] = [
    {"training.epochs": 5},
    {"model.routed.kernels": [1]},
    {"model.routed.points": 8, "model.routed.kernels": [8]},
    {"model.routed.shrink": 4, "model.routed.head.pool": 7},
    {"model.routed.head.weights": "4bit"},
    {"model.routed.window": [3, 7, 5]},
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
    assert ran == 35


def test_every_impossible_published_network_is_refused_by_name() -> None:
    ran = 0
    for family, field, overrides in PUBLISHED:
        with pytest.raises(ConfigError) as caught:
            validate(changed(BASES[family], overrides))
        assert str(caught.value).startswith(f"{field}: "), (overrides, str(caught.value))
        ran += 1
    assert ran == 19


def test_published_networks_of_other_sizes_are_accepted() -> None:
    mixed = LiteratureConfig(kernels=(3, 3), projection="conv1x1", pool=2)
    for config in (
        replace(LITERATURE, model=ModelConfig(family="literature", literature=mixed), data=DataConfig(in_channels=3)),
        replace(LITERATURE, data=DataConfig(image_size=(4, 96), in_channels=3)),
        replace(CONVOLUTIONAL, training=TrainingConfig(epochs=2, warmup_epochs=0.0)),
        replace(
            CONVOLUTIONAL,
            model=ModelConfig(family="convolutional", convolutional=ConvolutionalConfig((2,), 1, binary=True)),
        ),
        replace(
            CONVOLUTIONAL,
            model=ModelConfig(
                family="convolutional", convolutional=ConvolutionalConfig((2, 3), pool_at=(1, 0), pool=7)
            ),
        ),
    ):
        assert validate(config) is config


def test_its_possible_neighbours_are_accepted() -> None:
    ran = 0
    for overrides in POSSIBLE:
        config = changed(ROUTED, overrides)
        assert validate(config) is config
        ran += 1
    assert ran == 11


def test_scores_of_any_accepted_network_are_exact_in_fp32() -> None:
    """Overlapping windows count twice: 29 pixels in 4 windows are 8 + 9 + 9 + 8."""
    small = RoutedConfig(kernels=(1,))
    config = replace(ROUTED, model=ModelConfig(family="routed", routed=small), data=DataConfig(image_size=29))
    validate(config)
    widest = 2**24 // (33 * 33 * 8)
    validate(replace(config, model=replace(config.model, routed=replace(small, kernels=(widest,)))))
    with pytest.raises(ConfigError, match="not exact in fp32"):
        validate(replace(config, model=replace(config.model, routed=replace(small, kernels=(widest + 1,)))))
