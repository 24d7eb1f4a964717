"""`lbpnet cost`: bytes and operations in every convention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from ..cost import cost_report
from .evaluate import print_json
from .target import find_target


@dataclass(frozen=True)
class CostOptions:
    """Count a network.

    Example: lbpnet cost paper_mnist_rp_full60k
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder or JSON file."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON.")] = False


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(CostOptions, args=argv, prog="lbpnet cost")
    report = cost_report(find_target(options.target).config)
    if options.json:
        print_json(report)
    else:
        print_cost(report)
    return 0


def print_cost(report: dict[str, Any], console: Console | None = None) -> None:
    """Print a cost report as tables; a figure that a convention does not define is `?`."""
    console = console or Console()
    seed, wacv, whole = report["seed"], report["wacv"], report["whole"]
    table = Table(box=None, pad_edge=False, title="Cost an image, by convention", title_justify="left")
    for heading in ("convention", "counts", "bytes", "compare", "add", "multiply", "10^9 ops"):
        table.add_column(heading, justify="left" if heading in ("convention", "counts") else "right")
    if seed is None:
        table.add_row("seed", "comparison + fusion; not defined for this network", *["?"] * 5)
    else:
        size = f"{seed['size_bytes']:,} ({seed['size_bytes_without_map']:,} without map)"
        counts = [f"{seed[k]:,}" for k in ("cmp", "add", "mul")]
        table.add_row("seed", "comparison + fusion", size, *counts, f"{seed['gops']:.6f}")
    if wacv is None:
        table.add_row("wacv", "one pattern a kernel; this network shares patterns", *["?"] * 5)
    else:
        size, compared, gops = f"{wacv['size_bytes']:,g}", f"{wacv['comparisons']:,}", f"{wacv['gops']:.6f}"
        table.add_row("wacv", "kernels and comparisons at 32x32", size, compared, "?", "?", gops)
    if whole is None:
        table.add_row("whole", "everything; known of the integer program alone", *["?"] * 5)
    else:
        ops = whole["ops"]
        counts = [f"{ops[k]:,}" for k in ("compare", "add", "multiply")]
        gops = f"{sum(ops.values()) / 1e9:.6f}"
        table.add_row("whole", "everything, head included", f"{whole['stored_bytes']:,}", *counts, gops)
    console.print(table)
    if whole is not None and whole["multiplies"]:
        console.print("This network multiplies: bilinear samples, 1x1 residuals, BatchNorm, head.\n", highlight=False)
    console.print(_parameters(report["parameters"]))


def _parameters(parameters: dict[str, Any]) -> Table:
    rows = Table(box=None, pad_edge=False, title="Parameters", title_justify="left")
    rows.add_column("what")
    rows.add_column("count", justify="right")
    for name, value in parameters["by_module"].items():
        rows.add_row(name, f"{value:,}")
    rows.add_row("[bold]trained[/]", f"[bold]{parameters['trainable']:,}[/]")
    if "alive" not in parameters:
        return rows
    rows.add_row("without gate biases (alive in the seed's count)", f"{parameters['alive']:,}")
    rows.add_row("+ the seed's unused bypass projection", f"{parameters['seed_bypass_projection']:,}")
    rows.add_row("+ the seed's unused pattern weights", f"{parameters['seed_pattern_weights']:,}")
    rows.add_row("= the seed's way to count", f"{parameters['reconciled_total']:,}")
    return rows
