"""Reading a run folder: what it holds comes back, what is damaged is named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reports_fake_run import write_run
from safetensors.numpy import load_file, save_file

from lbpnet import PRESETS
from lbpnet.errors import RunError
from lbpnet.reports import read_run


def edit_json(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")


def edit_line(folder: Path, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "metrics.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    data = json.loads(lines[number - 1])
    change(data)
    lines[number - 1] = json.dumps(data)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_full_run_reads_back_completely(full_run: Path) -> None:
    results = read_run(full_run)
    assert results.config == PRESETS["paper_mnist_rp"]
    assert [record.epoch for record in results.epochs] == list(range(20))
    assert results.evaluation is not None
    assert results.evaluation.primary == "hard_bn_recal"
    assert results.misclassified is not None
    assert results.misclassified.images.shape == (70, 1, 28, 28)
    assert results.best.monitor == max(record.monitor for record in results.epochs)


def test_optional_files_may_be_absent(bare_run: Path) -> None:
    results = read_run(bare_run)
    assert (results.evaluation, results.offsets, results.misclassified) == (None, None, None)
    assert results.epochs[0].val_accuracy is None


def test_offsets_are_squashed_into_the_window(full_run: Path) -> None:
    raw = load_file(full_run / "final.safetensors")["stages.1.lbp.raw_offsets"]
    offsets = read_run(full_run).offsets
    assert offsets is not None
    assert len(offsets) == 3
    np.testing.assert_allclose(offsets[1], np.tanh(raw), rtol=1e-6)


def test_a_wider_window_scales_the_offsets(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "wide", PRESETS["mnist_quick"])
    raw = load_file(folder / "final.safetensors")["stages.0.lbp.raw_offsets"]
    offsets = read_run(folder).offsets
    assert offsets is not None
    np.testing.assert_allclose(offsets[0], 2 * np.tanh(raw / 2), rtol=1e-6)


def test_offsets_of_each_channel_keep_their_group_axis(tmp_path: Path) -> None:
    config = PRESETS["mnist_quick"]
    lbp = dataclasses.replace(config.model.lbp_layer, share_across_channels=False)
    config = dataclasses.replace(config, model=dataclasses.replace(config.model, lbp_layer=lbp))
    offsets = read_run(write_run(tmp_path / "groups", config)).offsets
    assert offsets is not None
    assert [stage.shape for stage in offsets] == [(1, 4, 8, 2), (39, 4, 8, 2), (40, 4, 8, 2)]


@pytest.mark.parametrize("name", ["config.json", "metrics.jsonl", "environment.json"])
def test_a_missing_required_file_is_named(full_run: Path, name: str) -> None:
    (full_run / name).unlink()
    with pytest.raises(RunError, match=name):
        read_run(full_run)


@pytest.mark.parametrize(
    "name",
    [
        "config.json", "metrics.jsonl", "environment.json", "evaluation.json",
        "final.safetensors", "misclassified.npz",
    ],
)  # fmt: skip
@pytest.mark.parametrize("damage", [b"", b'{"a": ', b"\xff\xfe\x00", b"[1, 2]\n", b"PK\x03\x04"])
def test_a_damaged_file_is_named(full_run: Path, name: str, damage: bytes) -> None:
    (full_run / name).write_bytes(damage)
    with pytest.raises(RunError, match=name):
        read_run(full_run)


@pytest.mark.parametrize("name", ["final.safetensors", "misclassified.npz"])
def test_a_truncated_array_file_is_named(full_run: Path, name: str) -> None:
    content = (full_run / name).read_bytes()
    (full_run / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match=name):
        read_run(full_run)


def test_a_cut_metrics_line_is_named_with_its_number(full_run: Path) -> None:
    file = full_run / "metrics.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[6] = lines[6][:40]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RunError, match=r"metrics\.jsonl line 7: not JSON"):
        read_run(full_run)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("train_loss", "low"), ("train_accuracy", 96.5), ("epoch", 3.5), ("epoch", 9),
        ("monitor_name", "luck"), ("alpha", [1.0]), ("alpha", None), ("phase", "medium"),
        ("frozen", [1]), ("penalties", {"a": "b"}), ("alive_per_stage", [0.5]), ("guard", True),
        ("seconds", True), ("tau", None),
    ],
)  # fmt: skip
def test_a_wrong_metrics_value_is_named_with_its_line(full_run: Path, field: str, value: object) -> None:
    edit_line(full_run, 5, lambda data: data.update({field: value}))
    with pytest.raises(RunError, match=r"metrics\.jsonl line 5"):
        read_run(full_run)


def test_a_missing_metrics_field_is_named(full_run: Path) -> None:
    edit_line(full_run, 2, lambda data: data.pop("lr"))
    with pytest.raises(RunError, match=r"line 2: field 'lr' is missing"):
        read_run(full_run)


def test_extra_fields_are_left_alone(full_run: Path) -> None:
    edit_line(full_run, 2, lambda data: data.update({"mood": "good"}))
    edit_json(full_run / "evaluation.json", lambda data: data.update({"extra": 1}))
    assert len(read_run(full_run).epochs) == 20


def test_counts_that_contradict_n_are_refused(full_run: Path) -> None:
    edit_json(full_run / "evaluation.json", lambda data: data["hard"].update({"n": 9999}))
    with pytest.raises(RunError, match=r"hard: confusion counts 10000 images, n says 9999"):
        read_run(full_run)


def test_classes_that_contradict_the_configuration_are_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "two", PRESETS["mnist_quick"], classes=("cat", "dog"))
    with pytest.raises(RunError, match="expected 10 classes"):
        read_run(folder)


def test_a_missing_stage_of_offsets_is_named(full_run: Path) -> None:
    tensors = load_file(full_run / "final.safetensors")
    del tensors["stages.2.lbp.raw_offsets"]
    save_file(tensors, full_run / "final.safetensors")
    with pytest.raises(RunError, match=r"stages\.2\.lbp\.raw_offsets"):
        read_run(full_run)


def test_offsets_of_another_shape_are_refused(full_run: Path) -> None:
    tensors = load_file(full_run / "final.safetensors")
    tensors["stages.0.lbp.raw_offsets"] = np.zeros((1, 2, 4, 2), dtype=np.float32)
    save_file(tensors, full_run / "final.safetensors")
    with pytest.raises(RunError, match=r"expected float32 \(G, 2, 8, 2\)"):
        read_run(full_run)


def test_a_single_array_instead_of_an_archive_is_refused(full_run: Path) -> None:
    with (full_run / "misclassified.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(RunError, match="got a single array"):
        read_run(full_run)


def test_an_archive_without_one_of_the_arrays_is_refused(full_run: Path) -> None:
    np.savez(full_run / "misclassified.npz", images=np.zeros((0, 1, 2, 2), np.uint8))
    with pytest.raises(RunError, match="labels"):
        read_run(full_run)


def test_a_class_number_out_of_range_is_refused(full_run: Path) -> None:
    file = full_run / "misclassified.npz"
    with np.load(file) as archive:
        arrays = dict(archive)
    arrays["predicted"][0] = 10
    np.savez(file, **arrays)
    with pytest.raises(RunError, match="predicted: expected class numbers from 0 to 9"):
        read_run(full_run)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere"):
        read_run(tmp_path / "nowhere")
