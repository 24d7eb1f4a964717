"""`lbpnet results`: the results document of trained runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from ..errors import RunError
from ..text_files import write_text
from .target import run_name


@dataclass(frozen=True)
class ResultsOptions:
    """Write the results of runs as one Markdown document.

    Example: lbpnet results runs/mnist_quick runs/paper_mnist_rp_full60k --out docs/results.md
    """

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run folders."""
    out: Path | None = None
    """File to write; default: standard output."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ResultsOptions, args=argv, prog="lbpnet results")
    if not options.runs:
        raise RunError("expected at least one run folder, got none; `lbpnet train` makes them")
    from ..reports import read_run, results_page

    text = results_page([(run_name(run), read_run(run)) for run in options.runs])
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_text(options.out, text)
    return 0
