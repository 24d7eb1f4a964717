"""Every field of the configuration changes what a run does."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lbpnet.config import DeviceConfig, Family, RunConfig, families_of, fields_of, from_dict, idle_fields, to_dict
from lbpnet.data.loader import BatchLoader
from lbpnet.errors import ConfigError
from lbpnet.training import TrainingDisplay, train_run
from lbpnet.training.checkpoint import load_checkpoint

Change = Callable[[RunConfig, dict[str, Any]], RunConfig]

# field: (another value, what else both runs need so that the field is in use)
ANOTHER: dict[str, tuple[Any, dict[str, Any]]] = {
    "model.lbp_layer.num_patterns": (3, {}),
    "model.lbp_layer.num_points": (3, {}),
    "model.lbp_layer.window": (5, {}),
    "model.lbp_layer.share_across_channels": (False, {}),
    "model.lbp_layer.mode": ("weighted", {"model.blocks.fusion_type": "rp_linear"}),
    "model.lbp_layer.channels": ("route", {}),
    "model.lbp_layer.alpha_init": (0.7, {"temp_schedule.enable": False}),
    "model.lbp_layer.learn_alpha": (False, {}),
    "model.lbp_layer.offset_init_std": (0.3, {}),
    "model.blocks.stages": (1, {"model.blocks.channels_per_stage": [5], "model.blocks.downsample_at": []}),
    "model.blocks.channels_per_stage": ([5, 7], {}),
    "model.blocks.downsample_at": ([0], {}),
    "model.blocks.fusion_type": ("rp_linear", {}),
    "model.blocks.rp_config.n_bits_per_out": (5, {}),
    "model.blocks.rp_config.seed": (7, {}),
    "model.blocks.rp_config.threshold": (3.0, {}),
    "model.blocks.rp_config.tau": (0.5, {"temp_schedule.enable": False}),
    "model.blocks.rp_config.use_ste": (False, {}),
    "model.rp_layer.gate_logits_init": (-0.4, {}),
    "model.classification_head.hidden": (9, {}),
    "model.classification_head.dropout_rate": (0.5, {}),
    "model.classification_head.use_bn": (False, {}),
    "data.image_size": (9, {}),
    "data.in_channels": (3, {}),
    "data.val_size": (12, {}),
    "data.split_seed": (1, {"data.val_size": 12}),
    "data.stratified": (False, {"data.val_size": 12}),
    "data.train_limit": (48, {}),
    "data.augment.shift": (1, {}),
    "data.augment.rotation": (20.0, {}),
    "data.augment.scale": (0.3, {}),
    "data.augment.shear": (20.0, {}),
    "data.augment.elastic_alpha": (2.0, {}),
    "data.augment.elastic_sigma": (1.0, {"data.augment.elastic_alpha": 2.0}),
    "training.epochs": (5, {}),
    "training.schedule_epochs": (8, {"hard_finetune.start_epoch": 3}),
    "training.batch_size": (24, {}),
    "training.lr": (0.02, {}),
    "training.weight_decay": (0.5, {}),
    "training.lr_scheduler": ("constant", {}),
    "training.min_lr": (0.005, {}),
    "training.warmup_epochs": (2.0, {}),
    "training.patience": (1, {"training.min_delta": 1.0, "hard_finetune.enable": False}),
    "training.min_delta": (1.0, {"training.patience": 1, "training.lr": 0.03, "hard_finetune.enable": False}),
    "training.label_smoothing": (0.4, {}),
    "optim.type": ("sgd", {}),
    "optim.betas": ([0.5, 0.9], {}),
    "optim.lr_mult.gates": (9.0, {}),
    "optim.lr_mult.offsets": (9.0, {}),
    "optim.lr_mult.base": (3.0, {}),
    "optimizer_groups.lbp_offsets.lr_mult": (1.0, {}),
    "optimizer_groups.lbp_offsets.wd_mult": (900.0, {}),
    "optimizer_groups.lbp_alpha.lr_mult": (9.0, {}),
    "optimizer_groups.lbp_alpha.wd_mult": (900.0, {}),
    "optimizer_groups.rp_gates.lr_mult": (1.0, {}),
    "optimizer_groups.rp_gates.wd_mult": (900.0, {}),
    "optimizer_groups.classification_head.lr_mult": (3.0, {}),
    "optimizer_groups.classification_head.wd_mult": (900.0, {}),
    "gradient_clipping.enabled": (False, {"gradient_clipping.max_norm": 0.1}),
    "gradient_clipping.max_norm": (0.1, {}),
    "ema.enable": (True, {}),
    "ema.decay": (0.2, {"ema.enable": True}),
    "temp_schedule.enable": (False, {}),
    "temp_schedule.type": ("linear", {}),
    "temp_schedule.alpha_start": (0.5, {}),
    "temp_schedule.alpha_end": (0.4, {}),
    "temp_schedule.tau_start": (1.0, {}),
    "temp_schedule.tau_end": (2.0, {}),
    "freeze_schedule.freeze_offsets_epochs": (2, {}),
    "freeze_schedule.settle_epochs": (2, {}),
    "freeze_schedule.freeze_gates_extra_epochs": (2, {}),
    "freeze_schedule.freeze_gate_epochs": (1, {}),
    "hard_finetune.enable": (False, {}),
    "hard_finetune.start_epoch": (2, {}),
    "hard_finetune.lr_mult": (0.1, {}),
    "hard_finetune.hard_forward_bits": (False, {"model.blocks.rp_config.use_ste": False}),
    "hard_finetune.hard_forward_gates": (False, {"model.blocks.rp_config.use_ste": False}),
    "hard_finetune.bn_mode": ("freeze", {}),
    "hard_finetune.bn_recal_batches": (1, {}),
    "alive_ratio_reg.enable": (False, {"alive_ratio_reg.weight": 1.0}),
    "alive_ratio_reg.target": (0.1, {"alive_ratio_reg.weight": 1.0}),
    "alive_ratio_reg.weight": (1.0, {}),
    "gate_margin.enable": (False, {}),
    "gate_margin.margin": (3.0, {}),
    "gate_margin.weight": (1.0, {}),
    "offset_radius_reg.enable": (True, {"offset_radius_reg.radius": 0.1}),
    "offset_radius_reg.radius": (0.1, {"offset_radius_reg.enable": True}),
    "offset_radius_reg.weight": (1.0, {"offset_radius_reg.enable": True, "offset_radius_reg.radius": 0.1}),
    "seed": (1, {}),
}

# The same of a routed network: its own fields, and those of both families that reach it by another way.
ROUTED: dict[str, tuple[Any, dict[str, Any]]] = {
    "model.routed.kernels": ([5, 7], {}),
    "model.routed.points": (3, {}),
    "model.routed.window": (3, {}),
    "model.routed.code": ("count", {}),
    "model.routed.tau": (0.1, {}),
    "model.routed.tau_end": (0.05, {}),
    "model.routed.shrink": (2, {}),
    "model.routed.pool_at": ([0], {"model.routed.head.pool": 2}),
    "model.routed.candidates": (3, {}),
    "model.routed.seed": (7, {}),
    "model.routed.head.pool": (3, {}),
    "model.routed.head.first_stage": (1, {}),
    "model.routed.head.weights": ("3bit", {}),
    "data.image_size": (9, {}),
    "data.in_channels": (3, {}),
    "data.val_size": (12, {}),
    "data.augment.shift": (1, {}),
    "training.epochs": (5, {}),
    "training.lr": (0.02, {}),
    "training.weight_decay": (0.5, {}),
    "training.warmup_epochs": (2.0, {}),
    "training.label_smoothing": (0.4, {}),
    "optim.type": ("sgd", {}),
    "optim.lr_mult.offsets": (9.0, {}),
    "optim.lr_mult.base": (3.0, {}),
    "optimizer_groups.lbp_offsets.lr_mult": (1.0, {}),
    "optimizer_groups.lbp_offsets.wd_mult": (900.0, {}),
    "optimizer_groups.classification_head.lr_mult": (3.0, {}),
    "optimizer_groups.classification_head.wd_mult": (900.0, {}),
    "optimizer_groups.lbp_channels.lr_mult": (30.0, {"model.routed.candidates": 3}),
    "optimizer_groups.lbp_channels.wd_mult": (900.0, {"model.routed.candidates": 3}),
    "gradient_clipping.max_norm": (0.1, {}),
    "ema.enable": (True, {}),
    "ema.decay": (0.2, {"ema.enable": True}),
    "freeze_schedule.freeze_offsets_epochs": (2, {}),
    "freeze_schedule.settle_epochs": (2, {}),
    "offset_radius_reg.enable": (True, {"offset_radius_reg.radius": 0.1, "offset_radius_reg.weight": 1.0}),
    "seed": (1, {}),
}

# The same of the paper's networks, and of the convolutional ones.
LITERATURE: dict[str, tuple[Any, dict[str, Any]]] = {
    "model.literature.kernels": ([5, 7], {}),
    "model.literature.points": (3, {}),
    "model.literature.window": (3, {}),
    "model.literature.projection": ("conv1x1", {"model.literature.kernels": [5, 5]}),
    "model.literature.tau": (0.1, {}),
    "model.literature.seed": (7, {}),
    "model.literature.pool": (3, {}),
    "model.classification_head.hidden": (9, {}),
    "model.classification_head.dropout_rate": (0.5, {}),
    "model.classification_head.use_bn": (False, {}),
    "optim.lr_mult.offsets": (9.0, {}),
    "optimizer_groups.lbp_offsets.lr_mult": (1.0, {}),
    "optimizer_groups.lbp_offsets.wd_mult": (900.0, {}),
    "freeze_schedule.freeze_offsets_epochs": (2, {}),
    "freeze_schedule.settle_epochs": (2, {}),
    "offset_radius_reg.enable": (True, {"offset_radius_reg.radius": 0.1, "offset_radius_reg.weight": 1.0}),
    "offset_radius_reg.radius": (0.1, {"offset_radius_reg.enable": True}),
    "offset_radius_reg.weight": (1.0, {"offset_radius_reg.enable": True, "offset_radius_reg.radius": 0.1}),
    "ema.enable": (True, {}),
    "seed": (1, {}),
}
CONVOLUTIONAL: dict[str, tuple[Any, dict[str, Any]]] = {
    "model.convolutional.channels": ([5, 7], {}),
    "model.convolutional.window": (5, {}),
    "model.convolutional.binary": (True, {}),
    "model.convolutional.pool": (3, {}),
    "model.classification_head.hidden": (9, {}),
    "model.classification_head.dropout_rate": (0.5, {}),
    "model.classification_head.use_bn": (False, {}),
    "optim.lr_mult.base": (3.0, {}),
    "optimizer_groups.classification_head.lr_mult": (3.0, {}),
    "ema.enable": (True, {}),
    "seed": (1, {}),
}

# The guard acts only on a collapse: these are compared on a training that keeps collapsing.
_COLLAPSING = {
    "training.epochs": 10,
    "training.lr": 10.0,
    "training.warmup_epochs": 10.0,
    "hard_finetune.enable": False,
    "gradient_clipping.enabled": False,
    "stability.window": 10,
    "stability.acc_drop_thr": 0.02,
    "stability.alive_upper": 0.0,
    "stability.consecutive": 1,
    "stability.soften_epochs": 1,
}
GUARD: dict[str, Any] = {
    "stability.collapse_guard": False,
    "stability.acc_drop_thr": 0.9,
    "stability.alive_upper": 1.0,
    "stability.consecutive": 3,
    "stability.soften_factor": 5.0,
    "stability.soften_epochs": 3,
}

FAMILY_TABLES: dict[Family, dict[str, tuple[Any, dict[str, Any]]]] = {
    "routed": ROUTED,
    "literature": LITERATURE,
    "convolutional": CONVOLUTIONAL,
}

# Fields that must not change the result, or that decide whether there is one: each has its own test below
# (`stability.window`: tests/unit/training/test_collapse_guard.py; `training.distillation`: test_distillation.py).
OWN_TEST = {
    "model.family",
    "model.classification_head.num_classes",
    "data.dataset",
    "data.root",
    "data.num_workers",
    "data.pin_memory",
    "stability.window",
    "training.amp",
    "training.distillation.teacher",
    "training.distillation.temperature",
    "training.distillation.share",
    "device.accelerator",
    "device.devices",
    "device.strategy",
    "device.threads",
    "deterministic",
    "benchmark",
}


def leaves(value: Any, prefix: str = "") -> list[str]:
    names: list[str] = []
    for field in dataclasses.fields(value):
        inner, name = getattr(value, field.name), f"{prefix}{field.name}"
        names += leaves(inner, f"{name}.") if dataclasses.is_dataclass(inner) else [name]
    return names


def fingerprint(folder: Path) -> tuple[Any, ...]:
    """Return weights, metrics and evaluation; not the header, which repeats the configuration."""
    tensors = load_checkpoint(folder / "final.safetensors").tensors
    weights = {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["seconds"], row["images_per_second"]
    return weights, rows, (folder / "evaluation.json").read_text()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunConfig], tuple[Any, ...]]:
    """Train a configuration once, however often it is asked for; return its fingerprint."""
    known: dict[str, tuple[Any, ...]] = {}

    def train(config: RunConfig) -> tuple[Any, ...]:
        key = json.dumps(to_dict(config))
        if key not in known:
            folder = tmp_path_factory.mktemp("run") / "run"
            known[key] = fingerprint(train_run(config, folder, name="tiny").path)
        return known[key]

    return train


def test_every_field_is_in_exactly_one_table() -> None:
    own = [name for table in FAMILY_TABLES.values() for name in table if len(families_of(name)) == 1]
    tables = [*ANOTHER, *GUARD, *OWN_TEST, *own]
    assert len(tables) == len(set(tables)) == 138
    assert sorted(tables) == sorted(leaves(RunConfig()))


@pytest.mark.parametrize("family", ["routed", "literature", "convolutional"])
def test_the_table_of_a_family_names_all_its_fields_and_nothing_that_it_may_not_set(family: Family) -> None:
    assert not set(FAMILY_TABLES[family]) & set(idle_fields(family))
    missing = set(fields_of(family)) - set(FAMILY_TABLES[family])
    # One value shows that the penalty is in the loss of a routed network.
    assert missing == ({"offset_radius_reg.radius", "offset_radius_reg.weight"} if family == "routed" else set())


@pytest.mark.parametrize("field", ANOTHER)
def test_setting_changes_the_run(
    tiny: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]], field: str
) -> None:
    value, needs = ANOTHER[field]
    if field == "model.blocks.stages":  # another number of stages needs another list of widths
        assert run(change(tiny, {field: value, **needs})) != run(tiny)
        return
    base = change(tiny, needs)
    assert run(change(base, {field: value})) != run(base)


@pytest.mark.parametrize("field", ROUTED)
def test_setting_changes_a_routed_run(
    tiny_routed: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]], field: str
) -> None:
    value, needs = ROUTED[field]
    base = change(tiny_routed, needs)
    assert run(change(base, {field: value})) != run(base)


@pytest.mark.parametrize("field", LITERATURE)
def test_setting_changes_a_run_of_the_papers_network(
    tiny_literature: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]], field: str
) -> None:
    value, needs = LITERATURE[field]
    base = change(tiny_literature, needs)
    assert run(change(base, {field: value})) != run(base)


@pytest.mark.parametrize("field", CONVOLUTIONAL)
def test_setting_changes_a_convolutional_run(
    tiny_convolutional: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]], field: str
) -> None:
    value, needs = CONVOLUTIONAL[field]
    base = change(tiny_convolutional, needs)
    assert run(change(base, {field: value})) != run(base)


def test_the_family_chooses_the_network(
    tiny: RunConfig, tiny_routed: RunConfig, run: Callable[[RunConfig], tuple[Any, ...]]
) -> None:
    assert tiny_routed.model.family != tiny.model.family
    assert set(run(tiny_routed)[0]) & set(run(tiny)[0]) == set(), "not one tensor has the same name"


@pytest.mark.parametrize("field", GUARD)
def test_guard_setting_changes_a_collapsing_run(
    tiny: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]], field: str
) -> None:
    base = change(tiny, _COLLAPSING)
    assert run(change(base, {field: GUARD[field]})) != run(base)


def test_number_of_workers_does_not_change_the_result(
    tiny: RunConfig, change: Change, run: Callable[[RunConfig], tuple[Any, ...]]
) -> None:
    none = change(tiny, {"data.augment.shift": 1})
    assert run(none) == run(change(none, {"data.num_workers": 3}))


def test_device_threads_sets_torchs_threads(tiny: RunConfig, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        train_run(replace(tiny, device=DeviceConfig(threads=2)), tmp_path / "two", name="tiny")
        assert torch.get_num_threads() == 2
        train_run(replace(tiny, device=DeviceConfig(threads=1)), tmp_path / "one", name="tiny")
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_workers_prepare_batches_in_that_many_threads(tiny: RunConfig) -> None:
    from lbpnet.data.load import load_dataset

    train = load_dataset(tiny.data).train
    seen: dict[int, set[str]] = {}
    for workers in (0, 2):
        loader = BatchLoader(
            train, batch_size=8, seed=0, augment=None, num_workers=workers, pin_memory=False, shuffle=True
        )
        seen[workers] = set()
        for _ in loader.batches(0):
            seen[workers] |= {t.name for t in threading.enumerate() if t.name.startswith("lbpnet-loader")}
    assert len(seen[0]) == 0
    assert 1 <= len(seen[2]) <= 2


def test_batches_are_pinned_only_where_there_is_a_gpu(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    from lbpnet.data.load import load_dataset

    pinned: list[tuple[int, ...]] = []

    def pin(tensor: torch.Tensor) -> torch.Tensor:
        pinned.append(tuple(tensor.shape))
        return tensor

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    train = load_dataset(tiny.data).train

    def run_epoch(*, pin_memory: bool) -> int:
        pinned.clear()
        loader = BatchLoader(
            train, batch_size=48, seed=0, augment=None, num_workers=0, pin_memory=pin_memory, shuffle=True
        )
        assert len(list(loader.batches(0))) == 2
        return len(pinned)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert run_epoch(pin_memory=True) == 0
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert run_epoch(pin_memory=True) == 4, "images and labels of two batches"
    assert run_epoch(pin_memory=False) == 0


def test_amp_asks_for_mixed_precision_where_the_cpu_has_it(
    tiny: RunConfig, change: Change, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    with_amp = train_run(change(tiny, {"training.amp": True}), tmp_path / "amp", name="tiny").path
    without = train_run(change(tiny, {"training.amp": False}), tmp_path / "fp32", name="tiny").path
    assert fingerprint(with_amp) != fingerprint(without)


@pytest.mark.parametrize(("deterministic", "benchmark"), [(True, False), (False, True), (False, False)])
def test_deterministic_and_benchmark_set_torchs_switches(
    tiny: RunConfig, tmp_path: Path, deterministic: bool, benchmark: bool
) -> None:
    try:
        train_run(replace(tiny, deterministic=deterministic, benchmark=benchmark), tmp_path / "run", name="tiny")
        assert torch.are_deterministic_algorithms_enabled() is deterministic
        assert torch.backends.cudnn.deterministic is deterministic
        assert torch.backends.cudnn.benchmark is benchmark
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    "device", [DeviceConfig(accelerator="abacus"), DeviceConfig(accelerator="cpu", strategy="telepathy")]
)
def test_unknown_accelerator_or_strategy_is_an_error_before_any_work(
    tiny: RunConfig, tmp_path: Path, device: DeviceConfig
) -> None:
    with pytest.raises(ConfigError, match="device: Lightning Fabric cannot start"):
        train_run(replace(tiny, device=device), tmp_path / "run", name="tiny")
    assert not (tmp_path / "run").exists()


def test_dataset_and_root_choose_the_images(tiny: RunConfig, change: Change, stripes: Path, tmp_path: Path) -> None:
    with np.load(stripes) as arrays:
        inverted = {k: 255 - v if k.startswith("x") else v for k, v in arrays.items()}
    np.savez(tmp_path / "inverted.npz", **inverted)
    first = train_run(tiny, tmp_path / "first", name="tiny").path
    second = train_run(change(tiny, {"data.root": str(tmp_path / "inverted.npz")}), tmp_path / "second", name="tiny")
    assert fingerprint(first) != fingerprint(second.path)


def test_changes_above_are_made_through_the_strict_loader(tiny: RunConfig) -> None:
    with pytest.raises(ConfigError, match=r"unknown field 'training\.epoch'"):
        from_dict(RunConfig, {"training": {"epoch": 3}}, base=tiny)


def test_training_display_can_be_silent(capsys: pytest.CaptureFixture[str]) -> None:
    TrainingDisplay(quiet=True).say("hello")
    assert capsys.readouterr().out == ""
