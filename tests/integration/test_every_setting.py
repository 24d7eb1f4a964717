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
from setting_values import ANOTHER, COLLAPSING, CONVOLUTIONAL, FAMILY_TABLES, GUARD, LITERATURE, OWN_TEST, ROUTED

from lbpnet.config import DeviceConfig, Family, RunConfig, families_of, fields_of, from_dict, idle_fields, to_dict
from lbpnet.data.loader import BatchLoader
from lbpnet.errors import ConfigError
from lbpnet.training import TrainingDisplay, train_run
from lbpnet.training.checkpoint import load_checkpoint

Change = Callable[[RunConfig, dict[str, Any]], RunConfig]


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
    assert len(tables) == len(set(tables)) == 143
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
    base = change(tiny, COLLAPSING)
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
