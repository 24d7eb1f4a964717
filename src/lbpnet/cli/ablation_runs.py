"""The runs of a table of variants: what each is, whether it has ended, how it goes on."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import PRESETS, RunConfig, from_dict, load_config, validate
from ..errors import ConfigError, RunError

if TYPE_CHECKING:
    from .ablate import AblateOptions

_ROW_NAME = re.compile("[a-z0-9]+([-_.][a-z0-9]+)*")


@dataclass(frozen=True)
class AblationRow:
    """A variant: a preset, and the fields that differ by dotted name; `seeds` where not those of the table."""

    name: str
    preset: str
    overrides: str = "{}"
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class AblationTable:
    """What to train: every row with every seed."""

    seeds: tuple[int, ...]
    rows: tuple[AblationRow, ...]


@dataclass(frozen=True)
class AblationRun:
    """One variant with one seed."""

    path: Path
    preset: str
    config: RunConfig

    @property
    def state(self) -> str:
        """Return `ended`, `to continue`, `to restart` (no checkpoint yet) or `to train`."""
        if (self.path / "evaluation.json").is_file():
            return "ended"
        if (self.path / "last.safetensors").is_file():
            return "to continue"
        return "to restart" if (self.path / "config.json").is_file() else "to train"

    def train(self) -> None:
        """Train what is left of it, and evaluate it.

        Raises:
            TrainingInterrupted: a signal stopped it; the same command goes on.
        """
        from ..training import TrainingDisplay, train_run

        state = self.state
        if state == "ended":
            return
        if state == "to restart":
            shutil.rmtree(self.path)
        train_run(self.config, self.path, name=self.preset, resume=state == "to continue", display=TrainingDisplay())


def read_table(path: Path) -> AblationTable:
    """Read a table of variants: `{"seeds": [...], "rows": [{"name", "preset", "overrides": {FIELD: VALUE}}]}`.

    Raises:
        ConfigError: the file is missing, is no JSON, names a wrong field or value, or a row twice.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not a table of variants ({error})") from error
    for row in tree.get("rows", []) if isinstance(tree, dict) else []:
        if isinstance(row, dict) and isinstance(row.get("overrides"), dict):
            row["overrides"] = json.dumps(row["overrides"])
    try:
        table = from_dict(AblationTable, tree)
    except (ConfigError, TypeError) as error:  # TypeError: a field is missing
        raise ConfigError(f"{path}: {error}") from error
    names = [row.name for row in table.rows]
    for name in names:
        if not _ROW_NAME.fullmatch(name) or names.count(name) > 1:
            raise ConfigError(f"{path}: row {name!r}: expected lower-case words joined by - _ or ., each once")
    return table


def planned_runs(table: AblationTable, options: AblateOptions) -> list[AblationRun]:
    """Return the runs of a table, seed by seed, so that every row soon has one.

    Raises:
        ConfigError: a row's preset, field or value is wrong, or --only names no row.
        RunError: a run's folder holds a run of another configuration.
    """
    unknown = set(options.only) - {row.name for row in table.rows}
    if unknown:
        names = ", ".join(row.name for row in table.rows)
        raise ConfigError(f"--only: no row {', '.join(sorted(unknown))}; the table has {names}")
    rows = [row for row in table.rows if not options.only or row.name in options.only]
    most = max((len(row.seeds or table.seeds) for row in rows), default=0)
    runs = []
    for turn in range(most):
        for row in rows:
            seeds = row.seeds or table.seeds
            if turn < len(seeds):
                path = options.root / row.name / str(seeds[turn])
                runs.append(_run(row, seeds[turn], path, options.threads))
    return runs


def _run(row: AblationRow, seed: int, path: Path, threads: int) -> AblationRun:
    base = PRESETS[row.preset]
    try:
        config = from_dict(RunConfig, _tree(json.loads(row.overrides)), base=base)
    except ConfigError as error:
        raise ConfigError(f"row {row.name}: {error}") from error
    config = replace(config, seed=seed, device=replace(config.device, threads=threads))
    validate(config)
    if (path / "config.json").is_file():
        found = load_config(path / "config.json")
        if replace(found, device=config.device) != config:
            raise RunError(f"{path}: holds a run of another configuration; rename the row, or give another --root")
        config = found
    return AblationRun(path, row.preset, config)


def _tree(overrides: dict[str, Any]) -> dict[str, Any]:
    """Return nested dictionaries of dotted names."""
    tree: dict[str, Any] = {}
    for field, value in overrides.items():
        *path, last = field.split(".")
        place = tree
        for key in path:
            place = place.setdefault(key, {})
        place[last] = value
    return tree
