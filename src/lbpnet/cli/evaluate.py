"""`lbpnet eval`: accuracy of a run on its forward paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.table import Table

from ..reports.path_titles import PATH_TITLES
from .json_output import print_json


@dataclass(frozen=True)
class EvalOptions:
    """Evaluate a run on its test set.

    Example: lbpnet eval runs/mnist_quick --json
    """

    run: tyro.conf.Positional[Path]
    """Run folder."""
    checkpoint: Literal["best", "final"] | None = None
    """Which weights; default: best where there was a validation split, else final."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON.")] = False


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(EvalOptions, args=argv, prog="lbpnet eval")
    from ..training import RunFolder, evaluate_run

    record = evaluate_run(RunFolder.open(options.run), kind=options.checkpoint)
    if options.json:
        print_json(record)
        return 0
    print_evaluation(record)
    return 0


def print_evaluation(record: dict[str, Any]) -> None:
    """Print the paths, then accuracy by class and the confusion matrix of the one that stands for the run."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    table.add_column("forward path")
    for heading in ("accuracy", "loss", "images"):
        table.add_column(heading, justify="right")
    for name, title in PATH_TITLES.items():
        if name not in record:
            continue
        row = record[name]
        table.add_row(title.en, f"{100 * row['accuracy']:.2f} %", f"{row['loss']:.4f}", f"{row['n']:,}")
    console.print(table)
    path = next(name for name in ("integer", "forward", "hard_bn_recal") if name in record)
    row = record[path]
    console.print(f"\n[bold]{PATH_TITLES[path].en}[/]: accuracy and counts by class (row: true, column: predicted)")
    matrix = Table(box=None, pad_edge=False)
    matrix.add_column("true")
    matrix.add_column("accuracy", justify="right")
    for name in record["classes"]:
        matrix.add_column(name, justify="right")
    for name, accuracy, counts in zip(record["classes"], row["per_class"], row["confusion"], strict=True):
        shown = "-" if accuracy is None else f"{100 * accuracy:.2f} %"
        matrix.add_row(name, shown, *(str(count) if count else "·" for count in counts))
    console.print(matrix)
