"""Whole trainings of a tiny network: repeatable, resumable, recorded."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lbpnet.config import EmaConfig, RunConfig, StabilityConfig, TrainingConfig
from lbpnet.data.load import load_dataset
from lbpnet.engine import reference_scores
from lbpnet.errors import CheckpointError, ConfigError, RunError
from lbpnet.layers import HARD
from lbpnet.lowering import lower, require_equal
from lbpnet.training import (
    RunFolder,
    TrainingDisplay,
    TrainingInterrupted,
    evaluate_run,
    load_run_model,
    train_run,
)
from lbpnet.training.checkpoint import load_checkpoint
from lbpnet.training.evaluation import evaluate

WEIGHTS = ("best.safetensors", "final.safetensors", "last.safetensors")
Change = Callable[[RunConfig, dict[str, Any]], RunConfig]


class InterruptAt(TrainingDisplay):
    """Sends a signal during one step."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        super().__init__(quiet=True)
        self.left, self.number = step, number

    def step(self, loss: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.number)


def metrics(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k not in ("seconds", "images_per_second")} for row in rows]


def same_bytes(first: Path, second: Path) -> None:
    for name in WEIGHTS[:2]:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert metrics(first) == metrics(second)
    assert (first / "evaluation.json").read_bytes() == (second / "evaluation.json").read_bytes()


@pytest.fixture(scope="module")
def trained(tiny: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(tiny, tmp_path_factory.mktemp("runs") / "base", name="tiny").path


def test_run_folder_holds_everything_without_pickle(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    expected = {
        "config.json",
        "data.json",
        "metrics.jsonl",
        "environment.json",
        "evaluation.json",
        "misclassified.npz",
        *WEIGHTS,
    }
    assert names == expected
    for name in WEIGHTS:
        load_checkpoint(trained / name)
    np.load(trained / "misclassified.npz", allow_pickle=False)["images"]


def test_a_run_is_evaluated_on_every_test_image(trained: Path) -> None:
    result = json.loads((trained / "evaluation.json").read_text())
    assert result["hard_bn_recal"]["n"] == 48


def test_tiny_networks_learn_the_stripes(tiny: RunConfig, tmp_path: Path) -> None:
    # One alone ends between 57 and 90 %, as rounding will have it.
    training = replace(tiny.training, epochs=16, amp=False)
    longer = replace(tiny, training=training, hard_finetune=replace(tiny.hard_finetune, start_epoch=14))
    runs = [train_run(replace(longer, seed=seed), tmp_path / str(seed), name="tiny").path for seed in range(4)]
    reached = [metrics(run)[13]["train_accuracy"] for run in runs]
    assert sum(reached) / len(reached) > 0.6, "chance is one third"


def test_same_seed_gives_the_same_bytes(tiny: RunConfig, trained: Path, tmp_path: Path) -> None:
    same_bytes(trained, train_run(tiny, tmp_path / "again", name="tiny").path)


def test_another_seed_gives_another_network(tiny: RunConfig, trained: Path, tmp_path: Path) -> None:
    other = train_run(replace(tiny, seed=1), tmp_path / "other", name="tiny").path
    assert metrics(other) != metrics(trained)


@pytest.mark.parametrize(
    ("step", "number"),
    [(1, signal.SIGINT), (8, signal.SIGINT), (12, signal.SIGTERM), (21, signal.SIGINT)],
    ids=["first step", "middle of an epoch", "last step of an epoch", "hard phase"],
)
def test_interrupted_run_resumes_to_the_same_bytes(
    tiny: RunConfig, tmp_path: Path, change: Change, step: int, number: int
) -> None:
    # Everything with a state of its own is on: averaged weights, dropout, augmentation, momentum, guard.
    config = change(
        tiny,
        {
            "ema.enable": True,
            "model.classification_head.dropout_rate": 0.3,
            "data.augment.shift": 1,
            "data.augment.rotation": 5.0,
            "data.val_size": 12,
            "data.num_workers": 2,
        },
    )
    whole = train_run(config, tmp_path / "whole", name="tiny").path
    with pytest.raises(TrainingInterrupted, match="continue with: lbpnet train --resume"):
        train_run(config, tmp_path / "parts", name="tiny", display=InterruptAt(step, number))
    assert not (tmp_path / "parts" / "final.safetensors").exists()
    parts = train_run(config, tmp_path / "parts", name="tiny", resume=True).path
    same_bytes(whole, parts)


@pytest.mark.parametrize("step", [1, 8, 12])
def test_interrupted_routed_run_resumes_to_the_same_bytes(
    tiny_routed: RunConfig, tmp_path: Path, change: Change, step: int
) -> None:
    values = {"ema.enable": True, "data.augment.shift": 1, "data.val_size": 12, "model.routed.candidates": 3}
    config = change(tiny_routed, {**values, "model.routed.tau_end": 0.1})
    whole = train_run(config, tmp_path / "whole", name="tiny").path
    with pytest.raises(TrainingInterrupted, match="continue with: lbpnet train --resume"):
        train_run(config, tmp_path / "parts", name="tiny", display=InterruptAt(step))
    same_bytes(whole, train_run(config, tmp_path / "parts", name="tiny", resume=True).path)


def test_a_routed_network_learns_the_stripes_and_has_one_path(tiny_routed: RunConfig, tmp_path: Path) -> None:
    folder = train_run(tiny_routed, tmp_path / "run", name="tiny").path
    record = json.loads((folder / "evaluation.json").read_text())
    assert record["integer"]["accuracy"] > 0.5, "chance is one third"
    assert not {"train_path", "hard", "hard_bn_recal", "hard_rounded"} & set(record)
    rows = metrics(folder)
    assert [row["alpha"] for row in rows] == [[]] * 4 and {row["tau"] for row in rows} == {0.3}
    assert {row["guard"] for row in rows} == {"off"} and {row["alive_ratio"] for row in rows} == {None}
    assert [row["frozen"] for row in rows] == [["alpha", "offsets"], [], [], []]
    model, _ = load_run_model(RunFolder(folder), "final")
    scores = evaluate(model, load_dataset(tiny_routed.data).test, path=HARD)
    assert scores.accuracy == record["integer"]["accuracy"]


def test_run_interrupted_twice_resumes_to_the_same_bytes(tiny: RunConfig, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingInterrupted):
        train_run(tiny, tmp_path / "parts", name="tiny", display=InterruptAt(3))
    with pytest.raises(TrainingInterrupted):
        train_run(tiny, tmp_path / "parts", name="tiny", resume=True, display=InterruptAt(10))
    same_bytes(trained, train_run(tiny, tmp_path / "parts", name="tiny", resume=True).path)


def test_resuming_a_finished_run_changes_nothing(tiny: RunConfig, tmp_path: Path) -> None:
    folder = train_run(tiny, tmp_path / "run", name="tiny").path
    before = {name: (folder / name).read_bytes() for name in (*WEIGHTS, "metrics.jsonl", "evaluation.json")}
    train_run(tiny, folder, name="tiny", resume=True)
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_run_in_use_is_refused_before_training(tiny: RunConfig, trained: Path) -> None:
    with pytest.raises(RunError, match="already in use"):
        train_run(tiny, trained, name="tiny")


def test_checkpoint_of_another_model_is_refused_on_resume(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    folder = train_run(tiny, tmp_path / "run", name="tiny").path
    with pytest.raises(CheckpointError, match=r"model\.classification_head\.hidden is 8, expected 9"):
        train_run(change(tiny, {"model.classification_head.hidden": 9}), folder, name="tiny", resume=True)


def test_wrong_number_of_classes_is_refused_before_training(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    with pytest.raises(ConfigError, match=r"num_classes: the data set .* has 3 classes, got 4"):
        train_run(change(tiny, {"model.classification_head.num_classes": 4}), tmp_path / "run", name="tiny")
    assert not (tmp_path / "run").exists()


def test_best_checkpoint_is_that_of_the_best_monitored_epoch_of_the_hard_phase(
    tiny: RunConfig, tmp_path: Path, change: Change
) -> None:
    config = change(tiny, {"data.val_size": 12, "hard_finetune.start_epoch": 2, "training.epochs": 6})
    folder = train_run(config, tmp_path / "run", name="tiny").path
    rows = metrics(folder)
    best = load_checkpoint(folder / "best.safetensors").header["epoch"]
    hard = [row for row in rows if row["phase"] == "hard"]
    assert [row["epoch"] for row in hard] == [2, 3, 4, 5]
    assert best == max(hard, key=lambda row: (row["val_accuracy"], row["epoch"]))["epoch"]
    assert {row["monitor_name"] for row in rows} == {"val_accuracy"}


def test_saved_weights_are_the_averaged_ones_where_those_were_evaluated(tiny: RunConfig, tmp_path: Path) -> None:
    config = replace(
        tiny, ema=EmaConfig(True, 0.9), data=replace(tiny.data, val_size=24), training=replace(tiny.training, epochs=4)
    )
    folder = RunFolder(train_run(config, tmp_path / "run", name="tiny").path)
    last = load_checkpoint(folder.checkpoint("last")).tensors
    final = load_checkpoint(folder.checkpoint("final"))
    assert final.header["weights"] == "ema"
    name = "head.hidden.weight"
    assert torch.equal(final.tensors[name], last[f"average/{name}"])
    assert not torch.equal(final.tensors[name], last[f"model/{name}"])
    # The last epoch's validation accuracy is that of the saved weights.
    from lbpnet.data.split import split_train

    data = load_dataset(config.data)
    _, val = split_train(data.train, val_size=24, seed=config.data.split_seed, stratified=True)
    assert val is not None
    model, _ = load_run_model(folder, "final")
    assert evaluate(model, val, path=HARD).accuracy == metrics(folder.path)[-1]["val_accuracy"]


def test_training_stops_early_after_patience_epochs_without_gain(tiny: RunConfig, tmp_path: Path) -> None:
    training = TrainingConfig(epochs=9, batch_size=16, lr=1e-9, warmup_epochs=0.0, patience=2)
    config = replace(tiny, training=training, hard_finetune=replace(tiny.hard_finetune, enable=False))
    # A gain that nothing can reach: the first epoch sets the reference, two more run.
    config = replace(config, training=replace(training, min_delta=1.0))
    folder = train_run(config, tmp_path / "run", name="tiny").path
    assert len(metrics(folder)) == 3
    assert (folder / "final.safetensors").exists()


def test_resuming_an_early_stopped_run_changes_nothing(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    config = change(
        tiny, {"training.epochs": 6, "training.patience": 1, "training.min_delta": 1.0, "hard_finetune.enable": False}
    )
    folder = train_run(config, tmp_path / "run", name="tiny").path
    assert len(metrics(folder)) == 2
    before = {name: (folder / name).read_bytes() for name in (*WEIGHTS, "metrics.jsonl", "evaluation.json")}
    train_run(config, folder, name="tiny", resume=True)
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_plateau_of_the_soft_phase_does_not_skip_hardening(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    config = change(
        tiny,
        {"training.epochs": 8, "training.patience": 1, "training.min_delta": 1.0, "hard_finetune.start_epoch": 4},
    )
    rows = metrics(train_run(config, tmp_path / "run", name="tiny").path)
    assert [row["phase"] for row in rows] == ["soft"] * 4 + ["hard"] * 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"training.epochs": 5}, r"belongs to another run; training\.epochs is 4, expected 5"),
        ({"training.lr": 0.5}, r"belongs to another run; training\.lr is 0\.01, expected 0\.5"),
    ],
)
def test_run_whose_configuration_was_changed_is_not_resumed(
    tiny: RunConfig, trained: Path, change: Change, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        train_run(change(tiny, values), trained, name="tiny", resume=True)


def test_feeding_may_change_on_resume(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    with pytest.raises(TrainingInterrupted):
        train_run(tiny, tmp_path / "run", name="tiny", display=InterruptAt(3))
    train_run(change(tiny, {"data.num_workers": 2}), tmp_path / "run", name="tiny", resume=True)


def test_other_weights_in_the_place_of_the_last_checkpoint_are_refused(tiny: RunConfig, tmp_path: Path) -> None:
    folder = train_run(tiny, tmp_path / "run", name="tiny").path
    (folder / "last.safetensors").write_bytes((folder / "best.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="holds best weights, expected a checkpoint to resume from"):
        train_run(tiny, folder, name="tiny", resume=True)


def test_other_images_than_the_runs_are_refused(tiny: RunConfig, stripes: Path, tmp_path: Path, change: Change) -> None:
    data = tmp_path / "own.npz"
    data.write_bytes(stripes.read_bytes())
    config = change(tiny, {"data.root": str(data)})
    folder = RunFolder(train_run(config, tmp_path / "run", name="tiny").path)
    before = folder.evaluation_file.read_bytes()
    with np.load(stripes) as arrays:
        np.savez(data, **{**arrays, "x_test": 255 - arrays["x_test"]})
    for use in (
        lambda: evaluate_run(folder),
        lambda: train_run(config, folder.path, name="tiny", resume=True),
    ):
        with pytest.raises(RunError, match="found others"):
            use()
    assert folder.evaluation_file.read_bytes() == before


def test_evaluating_the_checkpoint_that_does_not_stand_for_the_run_leaves_its_record(
    trained: Path,
) -> None:
    before = (trained / "evaluation.json").read_bytes()
    assert evaluate_run(RunFolder(trained), kind="best")["checkpoint"] == "best"
    assert (trained / "evaluation.json").read_bytes() == before


def test_without_validation_best_holds_the_raw_weights_whose_accuracy_chose_it(tiny: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder(train_run(replace(tiny, ema=EmaConfig(True, 0.9)), tmp_path / "run", name="tiny").path)
    assert load_checkpoint(folder.checkpoint("best")).header["weights"] == "raw"
    assert load_checkpoint(folder.checkpoint("final")).header["weights"] == "ema"


def test_diverging_training_says_so(tiny: RunConfig, tmp_path: Path, change: Change) -> None:
    config = change(tiny, {"training.lr": 1e30, "training.warmup_epochs": 0.0, "gradient_clipping.enabled": False})
    with pytest.raises(RunError, match=r"training diverged at epoch \d+, step \d+ .*lower training\.lr"):
        train_run(config, tmp_path / "run", name="tiny")


def test_guard_softens_a_real_training_after_a_collapse(tiny: RunConfig, tmp_path: Path) -> None:
    # With a far too high learning rate the accuracy collapses after the warm-up; alive gates are never few. One higher
    # still, or bfloat16 where the machine has it, can leave no finite numbers before the guard is asked.
    config = replace(
        tiny,
        training=replace(tiny.training, epochs=12, lr=10.0, warmup_epochs=12.0, amp=False),
        stability=StabilityConfig(window=12, acc_drop_thr=0.02, alive_upper=0.0, consecutive=1, soften_epochs=2),
        hard_finetune=replace(tiny.hard_finetune, enable=False),
        gradient_clipping=replace(tiny.gradient_clipping, enabled=False),
    )
    rows = metrics(train_run(config, tmp_path / "run", name="tiny").path)
    fired = [row["epoch"] for row in rows if row["guard_fired"]]
    assert fired, [row["monitor"] for row in rows]
    softened = rows[fired[0] + 1]
    assert softened["guard"] == "softened" and "alpha" in softened["frozen"]
    before = rows[fired[0]]
    assert softened["tau"] > before["tau"]
    assert softened["alpha"][0] > before["alpha"][0]
    after = next(row for row in rows[fired[0] + 1 :] if row["guard"] == "watching")
    assert "alpha" not in after["frozen"]


def test_monitor_is_training_accuracy_without_a_validation_split(trained: Path) -> None:
    for row in metrics(trained):
        assert row["monitor_name"] == "train_accuracy" and row["monitor"] == row["train_accuracy"]
        assert row["val_accuracy"] is None


def test_evaluation_of_the_four_paths_is_recorded_with_confusion_and_classes(trained: Path) -> None:
    record = json.loads((trained / "evaluation.json").read_text())
    paths = ("train_path", "hard", "hard_bn_recal", "hard_rounded")
    for name in paths:
        confusion = np.array(record[name]["confusion"])
        assert confusion.shape == (3, 3) and confusion.sum() == record[name]["n"] == 48
        assert record[name]["accuracy"] == np.trace(confusion) / 48
        assert record[name]["per_class"] == [confusion[i, i] / 16 for i in range(3)]
    assert record["checkpoint"] == "final" and len(record["classes"]) == 3
    assert record["hard_rounded"] != record["hard_bn_recal"]
    assert record["train_path"] == record["hard"], "the run ended in the hard phase"


def test_the_averaged_network_is_the_one_that_is_measured_saved_and_lowered(
    tiny_routed: RunConfig, tmp_path: Path, change: Change
) -> None:
    """Positions, latents and the head's statistics are averaged as real numbers, then rounded: still one program."""
    values = {"ema.enable": True, "ema.decay": 0.5, "data.val_size": 12, "freeze_schedule.settle_epochs": 1}
    folder = RunFolder(train_run(change(tiny_routed, values), tmp_path / "run", name="tiny").path)
    record = json.loads(folder.evaluation_file.read_text())
    model, header = load_run_model(folder, record["checkpoint"])
    assert header["weights"] == record["weights"] == "ema"
    data = load_dataset(tiny_routed.data)
    program = lower(model, (8, 8))
    require_equal(model, program, data.test.images)
    right = reference_scores(program, data.test.images).argmax(1) == data.test.labels
    assert right.mean() == record["integer"]["accuracy"]
    averaged = load_checkpoint(folder.checkpoint("final")).tensors
    last = load_checkpoint(folder.checkpoint("last")).tensors
    for name in ("head.running_mean", "head.running_var", "head.score_running_var", "head.latent"):
        assert torch.equal(averaged[name], last[f"average/{name}"])
        assert not torch.equal(averaged[name], last[f"model/{name}"])
