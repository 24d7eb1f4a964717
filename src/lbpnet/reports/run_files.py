"""Read a run folder strictly."""

from __future__ import annotations

import os
from pathlib import Path

from ..config import RunConfig, load_config
from ..errors import ConfigError, RunError
from .array_files import read_misclassified, read_offsets
from .evaluation_file import read_evaluation
from .json_reading import parse_object, read_text
from .metrics_file import read_metrics
from .run_results import EpochRecord, RunResults


def read_run(folder: str | os.PathLike[str]) -> RunResults:
    """Read `config.json`, `metrics.jsonl`, `environment.json` and what else the run has written.

    `data.json`, `evaluation.json`, the evaluated weights and `misclassified.npz` may be absent.

    Raises:
        RunError: a file is missing or damaged, or contradicts the configuration; names the file.
    """
    root = Path(folder)
    if not root.is_dir():
        raise RunError(f"run folder not found: {root}")
    config = _config(root / "config.json")
    epochs = read_metrics(root / "metrics.jsonl")
    _check_stages(root / "metrics.jsonl", epochs, config)
    environment_file = root / "environment.json"
    environment = parse_object(read_text(environment_file), str(environment_file))
    evaluation_file = root / "evaluation.json"
    data_file = root / "data.json"
    digits_file = root / "misclassified.npz"
    evaluation = read_evaluation(evaluation_file) if evaluation_file.exists() else None
    classes = config.model.classification_head.num_classes
    if evaluation is not None and len(evaluation.classes) != classes:
        raise RunError(
            f"{evaluation_file}: expected {classes} classes (model.classification_head."
            f"num_classes), got {len(evaluation.classes)}"
        )
    # The weights that were evaluated, so that figures and offsets are of one network.
    offsets_file = root / f"{'final' if evaluation is None else evaluation.checkpoint}.safetensors"
    has_offsets = config.model.family == "residual"
    return RunResults(
        folder=root,
        config=config,
        epochs=epochs,
        environment=environment,
        evaluation=evaluation,
        offsets=read_offsets(offsets_file, config.model) if has_offsets and offsets_file.exists() else None,
        misclassified=read_misclassified(digits_file, classes) if digits_file.exists() else None,
        data=parse_object(read_text(data_file), str(data_file)) if data_file.exists() else None,
    )


def _config(file: Path) -> RunConfig:
    read_text(file)
    try:
        return load_config(file)
    except ConfigError as error:
        raise RunError(str(error)) from error


def _check_stages(file: Path, epochs: tuple[EpochRecord, ...], config: RunConfig) -> None:
    stages = len(config.model.widths())
    temperatures = stages if config.model.family == "residual" else 0
    for record in epochs:
        if len(record.alpha) != temperatures:
            raise RunError(
                f"{file} line {record.epoch + 1}: field 'alpha': expected {temperatures} values, "
                f"one a stage, got {len(record.alpha)}"
            )
        if len(record.alive_per_stage) not in (0, stages):
            raise RunError(
                f"{file} line {record.epoch + 1}: field 'alive_per_stage': expected {stages} "
                f"values, or none, got {len(record.alive_per_stage)}"
            )
