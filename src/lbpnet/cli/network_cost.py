"""The cost of a preset or run, with its integer program's where it has one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..cost import cost_report, whole_cost


def network_cost(config: RunConfig, run: Path | None) -> dict[str, Any]:
    """Count a network; for one that never multiplies, `whole` is that of its program.

    The program is that of the run's checkpoint, or of initial weights where there is none (`weights` says which).
    Without torch, which makes the program, `whole` is null.
    """
    report = cost_report(config)
    if config.model.family != "routed" or find_spec("torch") is None:
        return report
    from ..data.load import image_size
    from ..lowering import lower
    from ..models import build_model
    from ..training import RunFolder, load_run_model
    from ..training.evaluate_run import default_checkpoint

    trained = None
    if run is not None and RunFolder(run).checkpoint(default_checkpoint(config)).is_file():
        trained, _ = load_run_model(RunFolder(run), default_checkpoint(config))
    model = build_model(config) if trained is None else trained
    program = lower(model, image_size(config.data), () if run is None else _classes(run))
    whole = whole_cost(program, weights="initial" if trained is None else "trained")
    return {**report, "whole": {"parameters": report["parameters"]["trainable"], **whole}}


def _classes(run: Path) -> tuple[str, ...]:
    """Return the names that the program of an evaluated run holds; of one that is not evaluated, none."""
    from ..reports import read_run

    evaluation = read_run(run).evaluation
    return () if evaluation is None else tuple(evaluation.classes)
