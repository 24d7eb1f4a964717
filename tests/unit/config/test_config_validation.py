"""Impossible values and combinations: each is refused before any work starts, by name."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any

import pytest

from lbpnet.config import PRESETS, RunConfig, from_dict, validate
from lbpnet.errors import ConfigError

# (field that the message names, what makes it impossible)
IMPOSSIBLE: list[tuple[str, dict[str, Any]]] = [
    ("model.lbp_layer.num_patterns", {"model.lbp_layer.num_patterns": 0}),
    ("model.lbp_layer.num_points", {"model.lbp_layer.num_points": 0}),
    ("model.lbp_layer.window", {"model.lbp_layer.window": 1}),
    ("model.lbp_layer.window", {"model.lbp_layer.window": 4}),
    ("model.lbp_layer.window", {"model.lbp_layer.window": -3}),
    ("model.lbp_layer.alpha_init", {"model.lbp_layer.alpha_init": 0.0}),
    ("model.lbp_layer.offset_init_std", {"model.lbp_layer.offset_init_std": -0.1}),
    ("model.blocks.stages", {"model.blocks.stages": 0}),
    ("model.blocks.channels_per_stage", {"model.blocks.stages": 2}),
    ("model.blocks.channels_per_stage", {"model.blocks.channels_per_stage": [39, 40]}),
    ("model.blocks.channels_per_stage", {"model.blocks.channels_per_stage": [39, 0, 80]}),
    ("model.blocks.downsample_at", {"model.blocks.downsample_at": [3]}),
    ("model.blocks.downsample_at", {"model.blocks.downsample_at": [-1]}),
    ("model.blocks.downsample_at", {"model.blocks.downsample_at": [1, 1]}),
    ("model.blocks.downsample_at", {"data.image_size": 3}),
    ("model.blocks.downsample_at", {"data.image_size": [28, 3]}),
    ("model.blocks.rp_config.n_bits_per_out", {"model.blocks.rp_config.n_bits_per_out": 0}),
    ("model.blocks.rp_config.n_bits_per_out", {"model.blocks.rp_config.n_bits_per_out": 17}),
    ("model.blocks.rp_config.n_bits_per_out", {"model.lbp_layer.num_points": 3}),
    ("model.lbp_layer.mode", {"model.lbp_layer.mode": "weighted"}),
    ("model.blocks.rp_config.tau", {"model.blocks.rp_config.tau": 0.0}),
    ("model.blocks.rp_config.seed", {"model.blocks.rp_config.seed": -1}),
    ("model.classification_head.hidden", {"model.classification_head.hidden": 0}),
    ("model.classification_head.dropout_rate", {"model.classification_head.dropout_rate": 1.0}),
    ("model.classification_head.dropout_rate", {"model.classification_head.dropout_rate": -0.1}),
    ("model.classification_head.num_classes", {"model.classification_head.num_classes": 1}),
    ("data.image_size", {"data.image_size": 0}),
    ("data.image_size", {"data.image_size": [28, 0]}),
    ("data.in_channels", {"data.in_channels": 0}),
    ("data.val_size", {"data.val_size": -1}),
    ("data.split_seed", {"data.split_seed": -1}),
    ("data.num_workers", {"data.num_workers": -1}),
    ("data.train_limit", {"data.train_limit": 0}),
    ("data.train_limit", {"data.train_limit": 100, "data.val_size": 100}),
    ("data.augment.shift", {"data.augment.shift": -1}),
    ("data.augment.shift", {"data.augment.shift": 28}),
    ("data.augment.rotation", {"data.augment.rotation": -1.0}),
    ("data.augment.shear", {"data.augment.shear": -1.0}),
    ("data.augment.elastic_alpha", {"data.augment.elastic_alpha": -1.0}),
    ("data.augment.scale", {"data.augment.scale": 1.0}),
    ("data.augment.scale", {"data.augment.scale": -0.1}),
    ("data.augment.elastic_sigma", {"data.augment.elastic_sigma": 0.0}),
    ("training.epochs", {"training.epochs": 0}),
    ("training.schedule_epochs", {"training.schedule_epochs": 0}),
    ("training.batch_size", {"training.batch_size": 1}),
    ("training.lr", {"training.lr": 0.0}),
    ("training.min_lr", {"training.min_lr": -1e-9}),
    ("training.min_lr", {"training.min_lr": 0.01, "training.lr": 0.001}),
    ("training.weight_decay", {"training.weight_decay": -1.0}),
    ("training.patience", {"training.patience": 0}),
    ("training.min_delta", {"training.min_delta": -1.0}),
    ("training.label_smoothing", {"training.label_smoothing": 1.0}),
    ("training.label_smoothing", {"training.label_smoothing": -0.1}),
    ("optim.betas", {"optim.betas": [0.9, 1.0]}),
    ("optim.betas", {"optim.betas": [-0.1, 0.9]}),
    ("gradient_clipping.max_norm", {"gradient_clipping.max_norm": 0.0}),
    ("ema.decay", {"ema.decay": 1.0}),
    ("ema.decay", {"ema.decay": -0.1}),
    ("seed", {"seed": -1}),
    ("device.devices", {"device.devices": 0}),
    ("device.threads", {"device.threads": 0}),
    ("benchmark", {"benchmark": True}),
    ("optimizer_groups.lbp_offsets.lr_mult", {"optimizer_groups.lbp_offsets.lr_mult": -1.0}),
    ("optimizer_groups.lbp_alpha.wd_mult", {"optimizer_groups.lbp_alpha.wd_mult": -1.0}),
    ("optimizer_groups.rp_gates.lr_mult", {"optimizer_groups.rp_gates.lr_mult": -1.0}),
    ("optimizer_groups.classification_head.wd_mult", {"optimizer_groups.classification_head.wd_mult": -1.0}),
    ("optim.lr_mult.gates", {"optim.lr_mult.gates": -1.0}),
    ("optim.lr_mult.offsets", {"optim.lr_mult.offsets": -1.0}),
    ("optim.lr_mult.base", {"optim.lr_mult.base": -1.0}),
    ("training.warmup_epochs", {"training.warmup_epochs": -1.0}),
    ("training.warmup_epochs", {"training.warmup_epochs": 300.5}),
    ("temp_schedule.alpha_start", {"temp_schedule.alpha_start": 0.0}),
    ("temp_schedule.alpha_end", {"temp_schedule.alpha_end": 0.0}),
    ("temp_schedule.tau_start", {"temp_schedule.tau_start": 0.0}),
    ("temp_schedule.tau_end", {"temp_schedule.tau_end": -1.0}),
    ("freeze_schedule.freeze_offsets_epochs", {"freeze_schedule.freeze_offsets_epochs": 301}),
    ("freeze_schedule.freeze_gates_extra_epochs", {"freeze_schedule.freeze_gates_extra_epochs": -1}),
    ("freeze_schedule.freeze_gate_epochs", {"freeze_schedule.freeze_gate_epochs": 301}),
    ("hard_finetune.start_epoch", {"hard_finetune.start_epoch": 300}),
    ("hard_finetune.start_epoch", {"hard_finetune.start_epoch": -1}),
    ("hard_finetune.lr_mult", {"hard_finetune.lr_mult": 0.0}),
    ("hard_finetune.bn_recal_batches", {"hard_finetune.bn_recal_batches": 0}),
    ("stability.window", {"stability.window": 0}),
    ("stability.acc_drop_thr", {"stability.acc_drop_thr": 0.0}),
    ("stability.acc_drop_thr", {"stability.acc_drop_thr": 1.0}),
    ("stability.alive_upper", {"stability.alive_upper": 1.1}),
    ("stability.consecutive", {"stability.consecutive": 0}),
    ("stability.soften_factor", {"stability.soften_factor": 0.9}),
    ("stability.soften_epochs", {"stability.soften_epochs": 0}),
    ("alive_ratio_reg.target", {"alive_ratio_reg.target": 1.1}),
    ("alive_ratio_reg.weight", {"alive_ratio_reg.weight": -1.0}),
    ("gate_margin.weight", {"gate_margin.weight": -1.0}),
    ("offset_radius_reg.weight", {"offset_radius_reg.weight": -1.0}),
    ("gate_margin.margin", {"gate_margin.margin": -0.1}),
    ("offset_radius_reg.radius", {"offset_radius_reg.radius": -0.1}),
    ("alive_ratio_reg.enable", {"model.blocks.fusion_type": "conv1x1"}),
    ("gate_margin.enable", {"model.blocks.fusion_type": "conv1x1", "alive_ratio_reg.enable": False}),
]

# The nearest neighbours of the above that are possible.
POSSIBLE: list[dict[str, Any]] = [
    {"model.lbp_layer.num_patterns": 1},
    {"model.lbp_layer.window": 5},
    {"model.lbp_layer.offset_init_std": 0.0},
    {"model.blocks.stages": 2, "model.blocks.channels_per_stage": [1, 1], "model.blocks.downsample_at": []},
    {"model.blocks.downsample_at": [0, 1, 2], "data.image_size": 8},
    {"data.image_size": [4, 28]},
    {"model.blocks.rp_config.n_bits_per_out": 16},
    {"model.lbp_layer.num_points": 3, "model.blocks.fusion_type": "rp_linear"},
    {"model.lbp_layer.mode": "weighted", "model.blocks.fusion_type": "rp_linear"},
    {"model.classification_head.num_classes": 2, "model.classification_head.hidden": 1},
    {"data.train_limit": 101, "data.val_size": 100},
    {"training.min_lr": 0.001, "training.lr": 0.001},
    {"training.warmup_epochs": 300.0},
    {"training.epochs": 1},
    {"freeze_schedule.freeze_gate_epochs": None},
    {"hard_finetune.start_epoch": 299},
    {"hard_finetune.start_epoch": 0},
    {"hard_finetune.start_epoch": 300, "hard_finetune.enable": False},
    {"benchmark": True, "deterministic": False},
    {"stability.soften_factor": 1.0, "stability.alive_upper": 1.0},
    {"model.blocks.fusion_type": "conv1x1", "alive_ratio_reg.enable": False, "gate_margin.enable": False},
]


def changed(overrides: dict[str, Any]) -> RunConfig:
    """The seed's preset with dotted fields replaced."""
    config = PRESETS["paper_mnist_rp_full60k"]
    for dotted, value in overrides.items():
        data = value
        for name in reversed(dotted.split(".")):
            data = {name: data}
        config = from_dict(RunConfig, data, base=config)
    return config


def test_every_impossible_value_or_combination_is_refused_by_name() -> None:
    ran = 0
    for field, overrides in IMPOSSIBLE:
        with pytest.raises(ConfigError) as caught:
            validate(changed(overrides))
        assert str(caught.value).startswith(f"{field}: "), (overrides, str(caught.value))
        ran += 1
    assert ran == 97


def test_its_nearest_possible_neighbours_are_accepted() -> None:
    ran = 0
    for overrides in POSSIBLE:
        config = changed(overrides)
        assert validate(config) is config
        ran += 1
    assert ran == 21


def numbers(config: Any, prefix: str = "") -> list[str]:
    names: list[str] = []
    for field in dataclasses.fields(config):
        value, name = getattr(config, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            names += numbers(value, f"{name}.")
        elif type(value) in (int, float):
            names.append(name)
    return names


# Any sign is meaningful.
FREE = {"model.rp_layer.gate_logits_init"}


def test_no_number_is_left_unchecked() -> None:
    """A value far below every meaningful one is refused in each field that holds a number."""
    ran = 0
    for dotted in numbers(PRESETS["paper_mnist_rp_full60k"]):
        if dotted in FREE:
            continue
        with pytest.raises(ConfigError) as caught:
            validate(changed({dotted: -1_000_000}))
        # Where two fields contradict each other either may be named.
        assert str(caught.value).split(":")[0].split(".")[0] == dotted.split(".")[0]
        ran += 1
    assert ran == 91


def test_no_real_number_may_be_infinite_or_none_at_all() -> None:
    config, ran = PRESETS["paper_mnist_rp_full60k"], 0
    reals = [name for name in numbers(config) if type(operator.attrgetter(name)(config)) is float]
    for dotted in [*reals, "model.blocks.rp_config.threshold"]:
        for value in (float("inf"), float("-inf"), float("nan")):
            with pytest.raises(ConfigError) as caught:
                validate(changed({dotted: value}))
            assert str(caught.value) == f"{dotted}: expected a finite number, got {value!r}"
            ran += 1
    assert ran == 3 * (len(reals) + 1) == 150
    with pytest.raises(ConfigError, match=r"optim\.betas"):
        validate(changed({"optim.betas": [0.9, float("nan")]}))


def test_a_message_tells_what_was_expected_and_what_came() -> None:
    for overrides, message in (
        ({"model.lbp_layer.window": 4}, "model.lbp_layer.window: expected an odd number from 3 to 255, got 4"),
        (
            {"model.blocks.rp_config.n_bits_per_out": 17},
            "model.blocks.rp_config.n_bits_per_out: expected 1 to 16 (num_patterns x num_points), got 17",
        ),
        (
            {"data.image_size": 3},
            "model.blocks.downsample_at: expected at most 1 halvings of a 3x3 image, got (1, 2)",
        ),
    ):
        with pytest.raises(ConfigError) as caught:
            validate(changed(overrides))
        assert str(caught.value) == message
