"""`lbpnet ablate`: runs a table of variants, a few seeds each, and writes what all of them say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ..errors import ConfigError
from ..text_files import write_text

RECORD = "ablations_runs.json"


@dataclass(frozen=True)
class AblateOptions:
    """Train every variant of a table with every seed, one run after the other, and write the document of all runs.

    A run that has ended is not repeated, an interrupted one is continued. Runs made otherwise join with --runs. The
    document keeps every run's line, beside it in ablations_runs.json, so that folders may be deleted.

    Example: lbpnet ablate benchmarks/ablations.json --threads 1

    Example: lbpnet ablate --runs runs/a_42 runs/a_43
    """

    table: tyro.conf.Positional[Path | None] = None
    """Table of variants (JSON); without it nothing is trained."""
    runs: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="RUN ...")] = ()
    """More run folders, ended or not."""
    root: Path = Path("runs/ablations")
    """Where run folders are made: ROOT/ROW/SEED."""
    out: Path = Path("docs/ablations.md")
    """Document; the record of lines is beside it."""
    threads: int = 1
    """torch threads of each run."""
    only: tuple[str, ...] = ()
    """Names of the rows to train; default: all."""
    dry_run: bool = False
    """Say what would be trained, and write the document of what there is."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    # torch's idle threads spin by default, in the way of the kernels' own; read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = tyro.cli(AblateOptions, args=argv, prog="lbpnet ablate")
    if options.threads < 1:
        raise ConfigError(f"--threads: expected 1 or more, got {options.threads}")
    if options.table is None and not options.runs:
        raise ConfigError("expected a table of variants, or --runs; `lbpnet ablate --help` says what they are")
    from .ablation_runs import planned_runs, read_table

    plan = [] if options.table is None else planned_runs(read_table(options.table), options)
    _write(options, list(options.runs))  # a damaged one is told before hours of training
    for run in plan:
        Console(soft_wrap=True).print(f"{run.path}: {run.state}", highlight=False, markup=False)
        if not options.dry_run:
            run.train()
            _write(options, [run.path])
    if options.dry_run:
        _write(options, [run.path for run in plan if run.state == "ended"])
    return 0


def _write(options: AblateOptions, folders: list[Path]) -> None:
    from ..reports.ablations_page import ablations_page
    from ..reports.run_lines import merge_lines, read_lines, write_lines
    from .run_line import run_line

    record = options.out.parent / RECORD
    lines = merge_lines(read_lines(record), [run_line(folder) for folder in folders])
    write_lines(record, lines)
    write_text(options.out, ablations_page(lines))
