"""`lbpnet cost`: bytes and operations in every convention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from ..cost import program_report
from ..program import load_program
from .evaluate import print_json
from .network_cost import network_cost
from .show_program import is_program
from .target import find_target

_KINDS = ("compare", "logic", "add", "shift", "look_up", "multiply")


@dataclass(frozen=True)
class CostOptions:
    """Count a network or a program.

    Example: lbpnet cost paper_mnist_rp_full60k
    Example: lbpnet cost digits.lbp
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder, JSON file or program (.lbp)."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON.")] = False


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(CostOptions, args=argv, prog="lbpnet cost")
    report = _report(options.target)
    if options.json:
        print_json(report)
    else:
        print_cost(report)
    return 0


def _report(target: str) -> dict[str, Any]:
    if is_program(target):
        return program_report(load_program(Path(target)))
    found = find_target(target)
    return network_cost(found.config, found.run)


def print_cost(report: dict[str, Any], console: Console | None = None) -> None:
    """Print a cost report as tables; a figure that a convention does not define is `?`."""
    console = console or Console()
    whole, parameters = report["whole"], report["parameters"]
    _print_conventions(report, console)
    if whole is None:
        console.print("`whole` is counted on the integer program, which takes torch to make.\n", highlight=False)
    elif whole["multiplies"]:
        console.print("This network multiplies: bilinear samples, 1x1 residuals, BatchNorm, head.\n", highlight=False)
    else:
        _print_program(whole, console)
    if parameters is not None:
        _print_parameters(parameters, console)


def _print_conventions(report: dict[str, Any], console: Console) -> None:
    seed, wacv, whole = report["seed"], report["wacv"], report["whole"]
    kinds = ("compare", "add", "multiply") if whole is not None and whole["multiplies"] else _KINDS
    table = Table(box=None, pad_edge=False, title="Cost an image, by convention", title_justify="left")
    for heading in ("convention", "counts", "bytes", *(kind.replace("_", "-") for kind in kinds), "10^9 ops"):
        table.add_column(heading, justify="left" if heading in ("convention", "counts") else "right")
    if seed is None:
        table.add_row("seed", "comparison + fusion; not defined for this network", *["?"] * (len(kinds) + 2))
    else:
        size = f"{seed['size_bytes']:,} ({seed['size_bytes_without_map']:,} without map)"
        counts = {"compare": seed["cmp"], "add": seed["add"], "multiply": seed["mul"]}
        table.add_row("seed", "comparison + fusion", size, *_counts(counts, kinds), f"{seed['gops']:.6f}")
    if wacv is None:
        table.add_row("wacv", "one pattern a kernel; this network shares patterns", *["?"] * (len(kinds) + 2))
    else:
        counts = _counts({"compare": wacv["comparisons"]}, kinds)
        table.add_row("wacv", "kernels, at 32x32; no head", f"{wacv['size_bytes']:,g}", *counts, f"{wacv['gops']:.6f}")
    if whole is None:
        table.add_row("whole", "everything, head included", *["?"] * (len(kinds) + 2))
    else:
        ops, size = whole["ops"], f"{whole['stored_bytes']:,}"
        gops = f"{sum(ops.values()) / 1e9:.6f}"
        table.add_row("whole", "everything, head included", size, *_counts(ops, kinds), gops)
    console.print(table)


def _counts(counts: Mapping[str, int], kinds: tuple[str, ...]) -> list[str]:
    return [f"{counts[kind]:,}" if kind in counts else "?" for kind in kinds]


def _print_program(whole: Mapping[str, Any], console: Console) -> None:
    weights = "" if whole["weights"] == "trained" else " (initial weights; training changes them)"
    table = Table(box=None, pad_edge=False, title=f"The program{weights}", title_justify="left")
    table.add_column("what")
    table.add_column("simplified", justify="right")
    table.add_column("as written", justify="right")
    table.add_row("file, bytes as shipped", "", f"{whole['stored_bytes']:,}")
    table.add_row("of them tables", "", f"{whole['table_bytes']:,}")
    table.add_row(f"working memory at its peak (node {whole['ram_node']}), bytes", "", f"{whole['ram_bytes']:,}")
    written = whole["ops_as_written"]
    table.add_row("operations", f"{sum(whole['ops'].values()):,}", f"{sum(written.values()):,}")
    table.add_row("two-input gates, unrolled", f"{whole['gates']:,}", f"{whole['gates_as_written']:,}")
    for name, gates in whole["gates_by_part"].items():
        table.add_row(f"  {name}", f"{gates:,}", "")
    console.print(table)
    console.print(
        "Never multiplies. Gates: full adder 5, half adder 2, b-bit comparator 1 + 4(b - 1).", highlight=False
    )


def _print_parameters(parameters: Mapping[str, Any], console: Console) -> None:
    rows = Table(box=None, pad_edge=False, title="Parameters", title_justify="left")
    rows.add_column("what")
    rows.add_column("count", justify="right")
    for name, value in parameters["by_module"].items():
        rows.add_row(name, f"{value:,}")
    rows.add_row("[bold]trained[/]", f"[bold]{parameters['trainable']:,}[/]")
    if "reconciled_total" in parameters:
        rows.add_row("without gate biases (alive in the seed's count)", f"{parameters['alive']:,}")
        rows.add_row("+ the seed's unused bypass projection", f"{parameters['seed_bypass_projection']:,}")
        rows.add_row("+ the seed's unused pattern weights", f"{parameters['seed_pattern_weights']:,}")
        rows.add_row("= the seed's way to count", f"{parameters['reconciled_total']:,}")
    console.print(rows)
