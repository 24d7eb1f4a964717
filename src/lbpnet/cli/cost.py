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
from ..errors import ConfigError
from ..program import is_program, load_program
from .json_output import print_json
from .network_cost import network_cost
from .overrides import override
from .target import find_target

_FIELDS = "Fields that may be changed before the network is counted."
_KINDS = ("compare", "logic", "add", "shift", "look_up", "multiply")


@dataclass(frozen=True)
class CostOptions:
    """Count a network or a program; of a preset or JSON file, fields may be changed: --FIELD VALUE, as in training.

    Example: lbpnet cost paper_mnist_rp_full60k

    Example: lbpnet cost routed_mnist --model.routed.kernels 24 24 52

    Example: lbpnet cost digits.lbp
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder, JSON file or program (.lbp, zoo:NAME)."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON.")] = False


def main(argv: list[str]) -> int:
    """Run the verb."""
    options, fields = tyro.cli(CostOptions, args=argv, prog="lbpnet cost", return_unknown_args=True)
    if fields and "." not in fields[0]:  # no field of the network: say which option is meant
        tyro.cli(CostOptions, args=argv, prog="lbpnet cost")
    report = _report(options.target, fields)
    if options.json:
        print_json(report)
    else:
        print_cost(report)
    return 0


def _report(target: str, fields: list[str]) -> dict[str, Any]:
    if is_program(target):
        _require_none(fields, f"{target} is a program")
        return program_report(load_program(Path(target)))
    found = find_target(target)
    if found.run is not None:
        _require_none(fields, f"{target} is a trained run")
        return network_cost(found.config, found.run)
    prog = f"lbpnet cost {target}"
    return network_cost(override(found.config, fields, prog=prog, description=_FIELDS), None)


def _require_none(fields: list[str], what: str) -> None:
    if fields:
        raise ConfigError(f"{what}: its fields cannot be changed, drop {' '.join(fields)}")


def print_cost(report: dict[str, Any], console: Console | None = None) -> None:
    """Print a cost report as tables; a figure that a convention does not define is `?`."""
    console = console or Console()
    whole, parameters = report["whole"], report["parameters"]
    _print_conventions(report, console)
    if whole is None:
        console.print("`whole` is counted on the integer program, which takes torch to make.\n", highlight=False)
    elif whole["multiplies"]:
        console.print(f"This network multiplies: {whole['multiplying']}.\n", highlight=False)
    else:
        _print_program(whole, console)
    if parameters is not None:
        _print_parameters(parameters, console)


def _print_conventions(report: dict[str, Any], console: Console) -> None:
    """Print a column a convention: the table stays narrower than a terminal."""
    seed, wacv, whole = report["seed"], report["wacv"], report["whole"]
    kinds = _kinds(whole)
    columns = {"seed": _seed_column(seed), "wacv": _wacv_column(wacv), "whole": _whole_column(whole)}
    table = Table(box=None, pad_edge=False, title="Cost an image, by convention", title_justify="left")
    table.add_column("")
    for convention in columns:
        table.add_column(convention, justify="right")
    for row in ("bytes", *kinds, "10^9 ops"):
        table.add_row(row.replace("_", "-"), *(column.get(row, "?") for column in columns.values()))
    console.print(table)
    for line in (
        "seed: comparison + fusion" + ("" if seed else "; not defined for this network"),
        "wacv: kernels, at 32x32; no head" + ("" if wacv else "; not defined for this network"),
        "whole: everything, head included",
    ):
        console.print(line, highlight=False)
    if wacv and "self_contained_bytes" in wacv:
        packed = f"{wacv['self_contained_bytes']:,g}"
        console.print(f"wacv's tables, wide enough for every channel: {packed} bytes", highlight=False)
    if seed:
        console.print(f"seed's bytes without the map: {seed['size_bytes_without_map']:,}", highlight=False)
    console.print()


def _kinds(whole: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the kinds of operation that have a row: of a network that multiplies, those that it executes."""
    if whole is None or not whole["multiplies"]:
        return _KINDS
    return tuple(kind for kind in _KINDS if whole["ops"][kind])


def _seed_column(seed: Mapping[str, Any] | None) -> dict[str, str]:
    if seed is None:
        return {}
    counts = {"bytes": seed["size_bytes"], "compare": seed["cmp"], "add": seed["add"], "multiply": seed["mul"]}
    return {**{name: f"{count:,}" for name, count in counts.items()}, "10^9 ops": f"{seed['gops']:.6f}"}


def _wacv_column(wacv: Mapping[str, Any] | None) -> dict[str, str]:
    if wacv is None:
        return {}
    names = {"compare": "comparisons", "add": "additions", "multiply": "multiplications"}
    counts = {kind: f"{wacv[name]:,}" for kind, name in names.items() if name in wacv}
    return {"bytes": f"{wacv['size_bytes']:,.10g}", **counts, "10^9 ops": f"{wacv['gops']:.6f}"}


def _whole_column(whole: Mapping[str, Any] | None) -> dict[str, str]:
    if whole is None:
        return {}
    counts = {"bytes": whole["stored_bytes"], **whole["ops"]}
    total = sum(whole["ops"].values()) / 1e9
    return {**{name: f"{count:,}" for name, count in counts.items()}, "10^9 ops": f"{total:.6f}"}


def _print_program(whole: Mapping[str, Any], console: Console) -> None:
    weights = "" if whole["weights"] == "trained" else " (initial weights; training changes them)"
    table = Table(box=None, pad_edge=False, title=f"The program{weights}", title_justify="left")
    table.add_column("what")
    table.add_column("simplified", justify="right")
    table.add_column("as written", justify="right")
    table.add_row("file, bytes as shipped", "", f"{whole['stored_bytes']:,}")
    table.add_row("of them tables, coded", "", f"{whole['table_bytes']:,}")
    table.add_row("tables as plain bits and trits, bytes", "", f"{whole['packed_table_bytes']:,}")
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
