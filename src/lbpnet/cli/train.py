"""`lbpnet train`: train a preset or a configuration file, or resume a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..config import PRESETS, RunConfig, load_config
from ..errors import ConfigError
from .overrides import override
from .target import run_name

if TYPE_CHECKING:
    from ..training import RunFolder

_DESCRIPTION = """Train a network into a run folder, evaluate it once on the test set, write its report.

PRESET        start from this preset (`lbpnet ls`)
--config FILE  start from, or override the preset by, a JSON file (`lbpnet show PRESET --json`)
--out RUN      run folder; default runs/PRESET, numbered if in use
--resume RUN   continue an interrupted run, to the same result bit for bit

Example: lbpnet train paper_mnist_rp_full60k --training.epochs 3 --out runs/three"""


def main(argv: list[str]) -> int:
    """Run the verb."""
    # torch's idle threads spin by default, in the way of the kernels' own; read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    rest, resume = _take_option(argv, "--resume")
    if resume is not None:
        if rest:
            raise ConfigError(f"--resume continues a run as it was configured: drop {' '.join(rest)}")
        return _resume(Path(resume))
    rest, out = _take_option(rest, "--out")
    name, base, rest = _base(rest)
    config = override(base, rest, prog=f"lbpnet train {name or 'PRESET'}", description=_DESCRIPTION)
    if name is None:
        raise ConfigError("name a preset (`lbpnet ls` lists them), a --config file, or a run to --resume")
    return _train(config, None if out is None else Path(out), name)


def _take_option(argv: list[str], option: str) -> tuple[list[str], str | None]:
    for index, word in enumerate(argv):
        if word == option:
            if index + 1 == len(argv):
                raise ConfigError(f"{option}: expected a path after it")
            return argv[:index] + argv[index + 2 :], argv[index + 1]
        if word.startswith(f"{option}="):
            return argv[:index] + argv[index + 1 :], word.partition("=")[2]
    return argv, None


def _base(argv: list[str]) -> tuple[str | None, RunConfig, list[str]]:
    """Return the name and configuration that overrides start from, and the overrides."""
    rest, file = _take_option(argv, "--config")
    name, config = None, RunConfig()
    if rest and not rest[0].startswith("-"):
        name, rest = rest[0], rest[1:]
        config = PRESETS[name]
    if file is not None:
        config = load_config(file, base=config)
        name = name or Path(file).stem
    return name, config, rest


def _train(config: RunConfig, out: Path | None, name: str) -> int:
    from ..training import TrainingDisplay, free_run_path, train_run

    path = out or free_run_path(Path("runs"), name)
    train_run(config, path, name=name, display=TrainingDisplay(), finish=_finish)
    return 0


def _resume(path: Path) -> int:
    from ..training import RunFolder, TrainingDisplay, train_run

    run = RunFolder.open(path)
    train_run(run.config(), path, name=run_name(path), resume=True, display=TrainingDisplay(), finish=_finish)
    return 0


def _finish(folder: RunFolder) -> None:
    from .report import write_reports

    console = Console(soft_wrap=True)
    for line in write_reports(folder.path):
        console.print(line, highlight=False, markup=False)
