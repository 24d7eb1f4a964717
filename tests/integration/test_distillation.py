"""A network learns from a trained one: every setting acts, runs resume, wrong teachers are refused before any work."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lbpnet.config import RunConfig
from lbpnet.errors import ConfigError, RunError
from lbpnet.reports import read_run, results_page
from lbpnet.training import TrainingDisplay, TrainingInterrupted, train_run
from lbpnet.training.checkpoint import load_checkpoint

Change = Callable[[RunConfig, dict[str, Any]], RunConfig]
_TEACHER = "training.distillation.teacher"


class _InterruptAt(TrainingDisplay):
    """Sends a signal during one step."""

    def __init__(self, step: int) -> None:
        super().__init__(quiet=True)
        self.left = step

    def step(self, loss: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def pupil(tiny_routed: RunConfig, change: Change) -> RunConfig:
    return change(tiny_routed, {"data.val_size": 12, "data.augment.shift": 1})


@pytest.fixture(scope="module")
def teachers(
    tiny: RunConfig, pupil: RunConfig, change: Change, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Return a run folder of each family."""
    root = tmp_path_factory.mktemp("teachers")
    wide = change(pupil, {"model.routed.kernels": [9, 9]})
    residual = change(tiny, {"data.val_size": 12})
    return {
        config.model.family: train_run(config, root / config.model.family, name="tiny").path
        for config in (wide, residual)
    }


def weights(folder: Path) -> dict[str, bytes]:
    return {
        name: tensor.numpy().tobytes() for name, tensor in load_checkpoint(folder / "final.safetensors").tensors.items()
    }


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_teachers_of_both_families_and_every_setting_change_the_network(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path
) -> None:
    routed, residual = str(teachers["routed"]), str(teachers["residual"])
    settings: list[dict[str, Any]] = [
        {},
        {_TEACHER: routed},
        {_TEACHER: residual},
        {_TEACHER: routed, "training.distillation.temperature": 1.0},
        {_TEACHER: routed, "training.distillation.share": 0.9},
    ]
    found = []
    for number, values in enumerate(settings):
        folder = train_run(change(pupil, values), tmp_path / str(number), name="tiny").path
        found.append(weights(folder))
        terms = [row["penalties"].get("distillation") for row in rows(folder)]
        assert all((term is None) == (not values) and term != 0 for term in terms)
    assert all(found[i] != found[j] for i in range(5) for j in range(i))


def test_without_a_share_of_the_loss_the_teacher_changes_nothing(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path
) -> None:
    alone = train_run(pupil, tmp_path / "alone", name="tiny").path
    silent = change(pupil, {_TEACHER: str(teachers["routed"]), "training.distillation.share": 0.0})
    assert weights(train_run(silent, tmp_path / "silent", name="tiny").path) == weights(alone)


def test_a_residual_network_learns_from_a_routed_one(
    tiny: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path
) -> None:
    config = change(tiny, {_TEACHER: str(teachers["routed"]), "data.val_size": 12})
    folder = train_run(config, tmp_path / "run", name="tiny").path
    assert rows(folder)[-1]["penalties"]["distillation"] > 0


@pytest.mark.parametrize("step", [1, 8])
def test_a_run_with_a_teacher_resumes_to_the_same_bytes_and_only_with_that_teacher(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path, step: int
) -> None:
    moving = tmp_path / "teacher"
    shutil.copytree(teachers["routed"], moving)
    config = change(pupil, {_TEACHER: str(moving), "ema.enable": True})
    whole = train_run(config, tmp_path / "whole", name="tiny").path
    with pytest.raises(TrainingInterrupted):
        train_run(config, tmp_path / "parts", name="tiny", display=_InterruptAt(step))
    best = moving / "best.safetensors"
    kept = best.read_bytes()
    shutil.copyfile(moving / "final.safetensors", best)
    with pytest.raises(RunError, match="cannot go on with another"):
        train_run(config, tmp_path / "parts", name="tiny", resume=True)
    best.write_bytes(kept)
    train_run(config, tmp_path / "parts", name="tiny", resume=True)
    for name in ("best.safetensors", "final.safetensors", "evaluation.json"):
        assert (whole / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name


def test_the_teacher_is_recorded_and_named_on_the_results_page(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path
) -> None:
    folder = train_run(change(pupil, {_TEACHER: str(teachers["routed"])}), tmp_path / "run", name="tiny").path
    record = json.loads((folder / "data.json").read_text())["teacher"]
    assert (record["run"], record["family"], record["checkpoint"]) == ("routed", "routed", "best")
    environment = json.loads((folder / "environment.json").read_text())
    environment["command"] = f"lbpnet train x --training.distillation.teacher {teachers['routed']} --seed 3"
    (folder / "environment.json").write_text(json.dumps(environment))
    text = results_page([("pupil", read_run(folder))])
    assert f"teacher: `routed` (routed, best weights, SHA-256 {record['sha256'][:12]}), share 0.5 at temp" in text
    assert "`lbpnet train x --training.distillation.teacher routed --seed 3`" in text
    assert str(teachers["routed"]) not in text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"data.image_size": 9}, r"has data\.image_size 8, this run 9"),
        ({"data.in_channels": 3}, r"has data\.in_channels 1, this run 3"),
        ({"data.train_limit": 60}, "was trained on other images"),
        ({"data.val_size": 15}, "may have been trained on images that are to choose its pupil"),
        ({"data.split_seed": 4}, "may have been trained on images that are to choose its pupil"),
    ],
)
def test_teachers_of_other_images_or_splits_are_refused(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    config = change(pupil, {_TEACHER: str(teachers["routed"]), **values})
    with pytest.raises(ConfigError, match=message) as caught:
        train_run(config, tmp_path / "run", name="tiny")
    assert str(caught.value).startswith("training.distillation.teacher: ")
    assert not (tmp_path / "run").exists()


def test_images_with_another_test_set_are_refused(
    pupil: RunConfig, teachers: dict[str, Path], stripes: Path, change: Change, tmp_path: Path
) -> None:
    with np.load(stripes) as arrays:
        changed = {k: 255 - v if k == "x_test" else v for k, v in arrays.items()}
    np.savez(tmp_path / "changed.npz", **changed)
    config = change(pupil, {_TEACHER: str(teachers["routed"]), "data.root": str(tmp_path / "changed.npz")})
    with pytest.raises(ConfigError, match="was trained on other images"):
        train_run(config, tmp_path / "run", name="tiny")


def test_a_run_that_holds_nothing_out_may_learn_from_one_that_does(
    pupil: RunConfig, teachers: dict[str, Path], change: Change, tmp_path: Path
) -> None:
    train_run(change(pupil, {_TEACHER: str(teachers["routed"]), "data.val_size": 0}), tmp_path / "run", name="tiny")


def test_a_missing_teacher_is_named(pupil: RunConfig, change: Change, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere is not a run folder"):
        train_run(change(pupil, {_TEACHER: str(tmp_path / "nowhere")}), tmp_path / "run", name="tiny")
