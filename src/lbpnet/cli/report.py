"""`lbpnet report`: one self-contained HTML page a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console

from ..reports.path_titles import PATH_TITLES
from ..text_files import write_text
from .network_cost import network_cost
from .target import run_name


@dataclass(frozen=True)
class ReportOptions:
    """Write report.html and explained.md into a run folder.

    Example: lbpnet report runs/mnist_quick
    """

    run: tyro.conf.Positional[Path]
    """Run folder."""
    lang: Literal["en", "zh"] = "en"
    """Language of the explained configuration."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ReportOptions, args=argv, prog="lbpnet report")
    console = Console(soft_wrap=True)
    for line in write_reports(options.run, lang=options.lang):
        console.print(line, highlight=False, markup=False)
    return 0


def write_reports(run: Path, *, lang: Literal["en", "zh"] = "en") -> list[str]:
    """Write a run's page and explained configuration; return lines that say what was reached and where it is."""
    from ..reports import explain, read_run, render_report

    results = read_run(run)
    cost = network_cost(results.config, run)
    explained = explain(results.config, run_name(run), lang=lang, cost=cost, results=results)
    write_text(run / "explained.md", explained)
    write_text(run / "report.html", render_report(results, cost, explained))
    lines = []
    if results.evaluation is not None:
        for name in ("hard_bn_recal", "hard_rounded", "integer", "forward"):
            path = results.evaluation.paths.get(name)
            if path is not None:
                lines.append(f"test accuracy {100 * path.accuracy:.2f} % of {path.n:,} images ({PATH_TITLES[name].en})")
    lines.append(f"run folder  {run}")
    lines.append(f"report      {run / 'report.html'}")
    lines.append(f"explained   {run / 'explained.md'}")
    return lines
