"""Evaluation of a run on its test set, and the files that record it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch

from ..config import Family, RunConfig
from ..data.dataset import Dataset, ImageSet
from ..data.hold_out import hold_out
from ..data.load import load_dataset
from ..errors import RunError
from ..models import LbpNet, build_model
from .checkpoint import load_checkpoint, load_weights, require_same_model
from .data_record import require_same_data
from .evaluation import Evaluation, evaluate_paths
from .progress import TrainingDisplay
from .run_folder import RunFolder
from .schedule import Schedule

CheckpointKind = Literal["best", "final"]
_SHOWN_ERRORS = 60
_SHOWN_PATH: dict[Family, str] = {
    "residual": "hard_bn_recal",
    "routed": "integer",
    "literature": "forward",
    "convolutional": "forward",
}


def default_checkpoint(config: RunConfig) -> CheckpointKind:
    """Return the checkpoint that stands for a run: `best` on a validation split, otherwise `final`.

    Training accuracy is no ground for choosing, so a run without validation is judged as it ended.
    """
    return "best" if config.data.val_size else "final"


def load_run_model(folder: RunFolder, kind: CheckpointKind) -> tuple[LbpNet, dict[str, Any]]:
    """Load a run's network on the CPU, in eval mode, on the hard path.

    Returns:
        The network and the checkpoint's header.

    Raises:
        CheckpointError: the checkpoint is missing, damaged or of another network.
    """
    config, path = folder.config(), folder.checkpoint(kind)
    checkpoint = load_checkpoint(path)
    require_same_model(checkpoint, config.model, origin=str(path))
    model = build_model(config)
    load_weights(model, checkpoint.tensors, origin=str(path))
    return model.eval(), checkpoint.header


def evaluate_run(
    folder: RunFolder,
    *,
    kind: CheckpointKind | None = None,
    dataset: Dataset | None = None,
    display: TrainingDisplay | None = None,
) -> dict[str, Any]:
    """Evaluate a run on the test set on every forward path of its family.

    Results of the checkpoint that stands for the run are written: `evaluation.json`, `misclassified.npz`.

    Args:
        folder: a run that has the checkpoint.
        kind: which checkpoint; None: `default_checkpoint`.
        dataset: the run's data, if already loaded.
        display: where to say what is being done.

    Returns:
        What `evaluation.json` holds.

    Raises:
        RunError: the images are not those of the run.
        CheckpointError: the checkpoint is missing, damaged or of another network.
    """
    config = folder.config()
    kind = kind or default_checkpoint(config)
    model, header = load_run_model(folder, kind)
    model.to(_evaluation_device(config))
    dataset = dataset or load_dataset(config.data)
    require_same_data(folder, dataset, config.data)
    train, _ = hold_out(dataset, config.data)
    if display is not None:
        display.say(f"evaluating {kind}.safetensors on {len(dataset.test):,} test images")
    train_path = Schedule.of(config).path(header["epoch"])
    results = evaluate_paths(model, train, dataset.test, config, train_path=train_path)
    record: dict[str, Any] = {name: result.to_dict() for name, result in results.items()}
    record |= {
        "classes": list(dataset.classes),
        "checkpoint": kind,
        "weights": header["weights"],
        "epoch": header["epoch"],
        "data_source": dataset.source,
    }
    if kind == default_checkpoint(config):
        folder.write_json(folder.evaluation_file.name, record)
        _save_misclassified(folder, dataset.test, results[_SHOWN_PATH[config.model.family]])
    return record


def _evaluation_device(config: RunConfig) -> torch.device:
    wants_gpu = config.device.accelerator in ("auto", "cuda", "gpu")
    return torch.device("cuda" if wants_gpu and torch.cuda.is_available() else "cpu")


def _save_misclassified(folder: RunFolder, test: ImageSet, result: Evaluation) -> None:
    wrong = np.flatnonzero(result.predicted != test.labels)
    # The most confident mistakes say most about the network.
    shown = wrong[np.argsort(-result.confidence[wrong], kind="stable")][:_SHOWN_ERRORS]
    try:
        with folder.misclassified_file.open("wb") as file:
            np.savez_compressed(
                file,
                images=test.images[shown],
                labels=test.labels[shown],
                predicted=result.predicted[shown],
                confidence=result.confidence[shown].astype(np.float32),
                index=shown,
            )
    except OSError as error:
        raise RunError(f"cannot write {folder.misclassified_file}: {error.strerror or error}") from error
