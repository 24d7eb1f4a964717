"""Checkpoints are written whole or not at all, and belong to one network."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lbpnet.config import PRESETS, DistillationConfig
from lbpnet.errors import CheckpointError
from lbpnet.models import build_model
from lbpnet.training.checkpoint import (
    load_checkpoint,
    load_optimizer_tensors,
    load_weights,
    optimizer_tensors,
    require_same_model,
    require_same_run,
    save_checkpoint,
)

CONFIG = PRESETS["paper_mnist_rp_full60k"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, {"a": torch.arange(3)}, config=CONFIG, header={"kind": "final", "epoch": 7})
    return path


def test_tensors_and_header_come_back(saved: Path) -> None:
    checkpoint = load_checkpoint(saved)
    assert torch.equal(checkpoint.tensors["a"], torch.arange(3))
    assert (checkpoint.header["kind"], checkpoint.header["epoch"]) == ("final", 7)
    require_same_model(checkpoint, CONFIG.model, origin="x")


def test_same_content_gives_the_same_bytes(saved: Path) -> None:
    first = saved.read_bytes()
    save_checkpoint(saved, {"a": torch.arange(3)}, config=CONFIG, header={"epoch": 7, "kind": "final"})
    assert saved.read_bytes() == first


def test_full_disk_keeps_the_old_checkpoint_and_leaves_no_debris(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device; the previous checkpoint is untouched"):
        save_checkpoint(saved, {"a": torch.zeros(3)}, config=CONFIG, header={})
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_truncated_file_is_named_as_unreadable(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"x\.safetensors: not a readable safetensors file"):
        load_checkpoint(saved)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="checkpoint not found"):
        load_checkpoint(tmp_path / "no.safetensors")


def test_other_safetensors_file_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not an lbpnet checkpoint"):
        load_checkpoint(tmp_path / "other.safetensors")


def test_checkpoint_of_another_model_is_refused_naming_the_field(saved: Path) -> None:
    other = replace(CONFIG.model, lbp_layer=replace(CONFIG.model.lbp_layer, window=5))
    with pytest.raises(CheckpointError, match=r"another model; model\.lbp_layer\.window is 3, expected 5"):
        require_same_model(load_checkpoint(saved), other, origin="x")


def test_a_run_of_a_version_without_a_field_goes_on_with_its_default(saved: Path) -> None:
    checkpoint = load_checkpoint(saved)
    checkpoint.header.update(kind="last", world_size=1)
    del checkpoint.header["config"]["training"]["distillation"]
    require_same_run(checkpoint, CONFIG, world_size=1, origin="x")
    other = replace(CONFIG.training, distillation=DistillationConfig(share=0.25))
    with pytest.raises(CheckpointError, match=r"another run; training\.distillation\.share is 0\.5, expected 0\.25"):
        require_same_run(checkpoint, replace(CONFIG, training=other), world_size=1, origin="x")


def test_weights_of_another_shape_are_refused_naming_the_tensor() -> None:
    model = build_model(CONFIG)
    tensors = dict(model.state_dict())
    with pytest.raises(CheckpointError, match=r"lacks the tensor 'head\.hidden\.weight'"):
        load_weights(model, {k: v for k, v in tensors.items() if k != "head.hidden.weight"}, origin="x")
    with pytest.raises(CheckpointError, match=r"'head\.hidden\.weight' is \(1, 2\), expected \(256, 80\)"):
        load_weights(model, {**tensors, "head.hidden.weight": torch.zeros(1, 2)}, origin="x")
    with pytest.raises(CheckpointError, match="unexpected tensor 'extra'"):
        load_weights(model, {**tensors, "extra": torch.zeros(1)}, origin="x")


def test_restored_optimiser_makes_the_same_next_step() -> None:
    def step(optimizer: torch.optim.Optimizer, parameter: torch.nn.Parameter) -> None:
        parameter.grad = torch.tensor([0.5, -2.0])
        optimizer.step()

    first = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.AdamW([first])
    step(optimizer, first)
    second = torch.nn.Parameter(first.detach().clone())
    restored = torch.optim.AdamW([second])
    load_optimizer_tensors(restored, optimizer_tensors(optimizer))
    step(optimizer, first)
    step(restored, second)
    assert torch.equal(first, second)
