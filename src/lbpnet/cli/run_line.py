"""Makes a run's line from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..reports import RunResults, read_run
from ..reports.results_page import without_folders
from ..reports.run_lines import RunLine, machine_name, recipe, teacher_name, validation_accuracy
from .network_cost import network_cost
from .target import run_name

_COST = {"file_bytes": "stored_bytes", "table_bytes": "table_bytes", "gates": "gates", "multiplies": "multiplies"}


def run_line(folder: Path) -> RunLine:
    """Return a run's line: figures from its folder, cost counted from its weights.

    Raises:
        RunError: the folder is missing or damaged.
    """
    results, preset = read_run(folder), run_name(folder)
    evaluation = results.evaluation
    return RunLine(
        data=str((results.data or {}).get("name", "?")),
        preset=preset,
        overrides=recipe(results.config, preset),
        teacher=teacher_name(results),
        seed=results.config.seed,
        epochs=len(results.epochs),
        epochs_planned=results.config.training.epochs,
        seconds=round(sum(record.seconds for record in results.epochs), 1),
        validation=validation_accuracy(results),
        test=None if evaluation is None else evaluation.paths[evaluation.primary].accuracy,
        **_cost(results),
        commit=str(results.environment.get("commit", "?")),
        command=without_folders(str(results.environment.get("command", "?"))),
        machine=machine_name(results),
    )


def _cost(results: RunResults) -> dict[str, Any]:
    whole = network_cost(results.config, results.folder)["whole"] or {}
    counts = {name: whole.get(key) for name, key in _COST.items()}
    operations = sum(whole["ops"].values()) if "ops" in whole else None
    # Initial weights are not the run's: what depends on them is unknown.
    if whole.get("weights") == "initial":
        return {**dict.fromkeys(counts), "operations": None, "multiplies": False}
    return {**counts, "operations": operations}
