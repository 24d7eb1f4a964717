"""The preset table, and the seed document's values field by field."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from lbpnet.config import PRESET_ROWS, PRESETS, RunConfig, from_dict, to_dict, validate, validate_model
from lbpnet.errors import ConfigError

# shared/seed/paper_mnist_rp_full60k.md, top to bottom, in its state of 2025-09-08 (k = 8).
SEED_DOCUMENT: dict[str, Any] = {
    "model.lbp_layer.num_patterns": 2,
    "model.lbp_layer.num_points": 8,
    "model.lbp_layer.window": 3,
    "model.lbp_layer.share_across_channels": True,
    "model.lbp_layer.mode": "bits",
    "model.lbp_layer.alpha_init": 0.2,
    "model.lbp_layer.learn_alpha": True,
    "model.lbp_layer.offset_init_std": 0.8,
    "model.blocks.stages": 3,
    "model.blocks.channels_per_stage": (39, 40, 80),
    "model.blocks.downsample_at": (1, 2),
    "model.blocks.fusion_type": "rp_paper",
    "model.blocks.rp_config.n_bits_per_out": 8,
    "model.blocks.rp_config.seed": 42,
    "model.blocks.rp_config.threshold": None,
    "model.blocks.rp_config.tau": 3.0,
    "model.blocks.rp_config.use_ste": True,
    "model.classification_head.hidden": 256,
    "model.classification_head.dropout_rate": 0.0,
    "model.classification_head.num_classes": 10,
    "model.classification_head.use_bn": True,
    "training.epochs": 300,
    "training.batch_size": 256,
    "training.lr": 1e-3,
    "training.weight_decay": 1e-4,
    "training.lr_scheduler": "cosine",
    "training.warmup_epochs": 5,
    "training.patience": 9999,
    "training.min_delta": 5e-4,
    "training.label_smoothing": 0.1,
    "optim.type": "adamw",
    "optim.betas": (0.9, 0.999),
    "optim.lr_mult.gates": 2.0,
    "optim.lr_mult.offsets": 2.0,
    "optim.lr_mult.base": 1.0,
    "optimizer_groups.lbp_offsets.lr_mult": 5.0,
    "optimizer_groups.lbp_offsets.wd_mult": 0.0,
    "optimizer_groups.lbp_alpha.lr_mult": 1.0,
    "optimizer_groups.lbp_alpha.wd_mult": 0.0,
    "optimizer_groups.rp_gates.lr_mult": 3.0,
    "optimizer_groups.rp_gates.wd_mult": 0.0,
    "optimizer_groups.classification_head.lr_mult": 0.7,
    "optimizer_groups.classification_head.wd_mult": 1.0,
    "gradient_clipping.enabled": True,
    "gradient_clipping.max_norm": 1.0,
    "training.amp": True,
    "temp_schedule.type": "cosine",
    "temp_schedule.alpha_start": 1.5,
    "temp_schedule.alpha_end": 0.10,
    "temp_schedule.tau_start": 3.0,
    "temp_schedule.tau_end": 0.90,
    "freeze_schedule.freeze_offsets_epochs": 8,
    "freeze_schedule.freeze_gates_extra_epochs": 4,
    "freeze_schedule.freeze_gate_epochs": 10,
    "stability.collapse_guard": True,
    "stability.window": 5,
    "stability.acc_drop_thr": 0.05,
    "stability.alive_upper": 0.26,
    "hard_finetune.enable": True,
    "hard_finetune.start_epoch": 260,
    "hard_finetune.lr_mult": 0.1,
    "hard_finetune.hard_forward_bits": True,
    "hard_finetune.hard_forward_gates": True,
    "hard_finetune.bn_mode": "track",
    "hard_finetune.bn_recal_batches": 200,
    "model.rp_layer.gate_logits_init": 0.3,
    "alive_ratio_reg.enable": True,
    "alive_ratio_reg.target": 0.5,
    "alive_ratio_reg.weight": 1e-3,
    "gate_margin.enable": True,
    "gate_margin.margin": 1.0,
    "gate_margin.weight": 1e-3,
    "data.val_size": 0,
    "data.split_seed": 42,
    "data.stratified": True,
    "data.num_workers": 4,
    "data.pin_memory": True,
    "data.image_size": 28,
    "seed": 42,
    "deterministic": True,
    "benchmark": False,
}


def at(config: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        config = getattr(config, name)
    return config


def test_the_seeds_preset_has_the_seed_documents_values_field_by_field() -> None:
    config = PRESETS["paper_mnist_rp_full60k"]
    ran = 0
    for dotted, value in SEED_DOCUMENT.items():
        found = at(config, dotted)
        assert found == value, dotted
        assert isinstance(found, bool) == isinstance(value, bool), dotted
        ran += 1
    assert ran == 81
    assert config.data.dataset == "mnist"
    # The document's MNIST is grey, and its training neither augments nor averages weights.
    assert config.data.in_channels == 1
    assert not any(
        getattr(config.data.augment, name) for name in ("shift", "rotation", "scale", "shear", "elastic_alpha")
    )
    assert not config.ema.enable


def differences(a: Any, b: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    if not dataclasses.is_dataclass(a):
        return {} if a == b else {path: (a, b)}
    found: dict[str, tuple[Any, Any]] = {}
    for field in dataclasses.fields(a):
        inner = f"{path}.{field.name}" if path else field.name
        found |= differences(getattr(a, field.name), getattr(b, field.name), inner)
    return found


def test_the_seeds_siblings_differ_where_they_say() -> None:
    base = PRESETS["paper_mnist_rp_full60k"]
    assert differences(base, PRESETS["paper_mnist_rp_full60k_k4"]) == {"model.blocks.rp_config.n_bits_per_out": (8, 4)}
    assert differences(base, PRESETS["paper_mnist_rp"]) == {"data.val_size": (0, 9000), "training.patience": (9999, 60)}
    one = differences(PRESETS["paper_mnist_rp"], PRESETS["paper_mnist_1x1"])
    assert one["model.blocks.fusion_type"] == ("rp_paper", "conv1x1")
    assert one["model.blocks.channels_per_stage"] == ((39, 40, 80), (40, 40, 40))


def test_every_preset_is_valid_and_comes_back_from_json() -> None:
    ran = 0
    for name, config in PRESETS.items():
        assert validate(config) is config
        validate_model(config.model)
        again = from_dict(RunConfig, json.loads(json.dumps(to_dict(config))))
        assert again == config, name
        assert hash(again) == hash(config)
        ran += 1
    assert ran == len(PRESET_ROWS) == 20


def test_names_are_unique_and_every_row_tells_its_source() -> None:
    assert list(PRESETS) == [row.name for row in PRESET_ROWS]
    assert len(set(PRESETS)) == len(PRESETS) == 20
    assert all(row.title and row.source for row in PRESET_ROWS)
    assert len({*PRESETS.values()}) == 19, "Chars74K handwriting and fonts differ by their images alone"


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no preset named 'mnist_quik'; did you mean 'mnist_quick'\?"):
        PRESETS["mnist_quik"]
    with pytest.raises(ConfigError, match=r"valid: paper_mnist_rp_full60k, .*mnist_quick"):
        PRESETS["zzzzzzzz"]
    assert "mnist_quik" not in PRESETS
    assert "mnist_quick" in PRESETS


def test_a_configuration_cannot_be_changed() -> None:
    config = PRESETS["mnist_quick"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, "seed", 1)  # noqa: B010
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config.model.lbp_layer, "window", 5)  # noqa: B010
