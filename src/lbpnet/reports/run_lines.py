"""What a run says in one line: its recipe, its figures, its cost; kept after its folder is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..config import PRESETS, RunConfig
from ..config.strict import from_dict
from ..errors import ConfigError, RunError
from ..text_files import write_text
from .config_leaves import config_leaves, show_value
from .run_results import RunResults

NOT_RECIPE = ("seed", "data.root", "data.num_workers", "data.pin_memory", "device.", "training.distillation.teacher")
"""Fields that say which seed, where things are, and what it ran on."""


@dataclass(frozen=True)
class RunLine:
    """One run; accuracies are fractions, `test` is None where the run did not end, costs are None where unknown."""

    data: str
    preset: str
    overrides: tuple[str, ...]
    teacher: str | None
    seed: int
    epochs: int
    epochs_planned: int
    seconds: float
    validation: float | None
    test: float | None
    file_bytes: int | None
    table_bytes: int | None
    operations: int | None
    gates: int | None
    multiplies: bool | None
    commit: str
    command: str
    machine: str

    @property
    def recipe(self) -> tuple[object, ...]:
        """Return what runs of one row of a table share."""
        return self.data, self.preset, self.overrides, self.teacher

    @property
    def key(self) -> tuple[object, ...]:
        """Return what no other run has; on another machine, which rounds otherwise, a seed gives another network."""
        return *self.recipe, self.seed, self.machine


@dataclass(frozen=True)
class RunLines:
    """The lines of a record."""

    lines: tuple[RunLine, ...] = ()


def recipe(config: RunConfig, preset: str) -> tuple[str, ...]:
    """Return `field=value` of each field of the recipe in which a configuration differs from a preset."""
    base = dict(config_leaves(PRESETS[preset] if preset in PRESETS else RunConfig()))
    return tuple(
        f"{field}={show_value(value)}"
        for field, value in config_leaves(config)
        if value != base[field] and not field.startswith(NOT_RECIPE)
    )


def teacher_name(results: RunResults) -> str | None:
    """Return the name of the run that taught, None where none did."""
    teacher = (results.data or {}).get("teacher")
    return None if teacher is None else str(teacher["run"])


def machine_name(results: RunResults) -> str:
    """Return a run's processor and threads."""
    machine = results.environment.get("machine", {})
    return f"{machine.get('processor', '?')}, {machine.get('torch_threads', '?')} thread(s)"


def validation_accuracy(results: RunResults) -> float | None:
    """Return the validation accuracy of the evaluated weights; of the best so far where a run has not ended."""
    evaluation = results.evaluation
    final = evaluation is not None and evaluation.checkpoint == "final"
    return (results.epochs[-1] if final else results.best).val_accuracy


def merge_lines(kept: Iterable[RunLine], new: Iterable[RunLine]) -> tuple[RunLine, ...]:
    """Return all lines in order; a new one replaces that of the same key, but no ended run's by another's.

    Raises:
        RunError: two new runs of one recipe, seed and machine.
    """
    lines = {line.key: line for line in kept}
    added: set[tuple[object, ...]] = set()
    for line in new:
        key = line.key
        if key in added:
            raise RunError(f"two runs of seed {line.seed} of {line.preset} {' '.join(line.overrides)}: give one")
        added.add(key)
        if line.test is not None or key not in lines or lines[key].test is None:
            lines[key] = line
    return tuple(lines.values())


def by_recipe(lines: Sequence[RunLine]) -> list[list[RunLine]]:
    """Return the lines of each recipe, in the order in which recipes first come, seeds ascending."""
    groups: dict[tuple[object, ...], list[RunLine]] = {}
    for line in lines:
        groups.setdefault(line.recipe, []).append(line)
    return [sorted(group, key=lambda line: line.seed) for group in groups.values()]


def read_lines(path: Path) -> tuple[RunLine, ...]:
    """Read a record of lines; none where there is no file.

    Raises:
        RunError: it is no record.
    """
    if not path.exists():
        return ()
    try:
        return from_dict(RunLines, json.loads(path.read_text(encoding="utf-8"))).lines
    except (ValueError, TypeError, ConfigError) as error:  # TypeError: a field is missing
        raise RunError(f"{path}: not a record of runs ({error})") from error


def write_lines(path: Path, lines: Sequence[RunLine]) -> None:
    """Write a record of lines."""
    write_text(path, json.dumps(asdict(RunLines(tuple(lines))), indent=1, ensure_ascii=False) + "\n")
