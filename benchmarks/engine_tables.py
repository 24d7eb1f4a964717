"""The tables of an engine record (`engine.py`): rows of words, printed with rich or written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

_FASTEST = "fastest_images_per_second"


@dataclass(frozen=True)
class Rows:
    """One table; the first column is words, the others are numbers."""

    title: str
    headings: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


def tables(row: dict[str, Any], issue_width: float) -> list[Rows]:
    """Return the tables of one program."""
    return [_one_image(row), _batches(row), _threads(row), _ratios(row), _limit(row, issue_width)]


def _one_image(row: dict[str, Any]) -> Rows:
    times = [
        (f"from C, {isa}", f"{time['median_ns'] / 1000:.2f}", f"{time['fastest_ns'] / 1000:.2f}")
        for isa, time in row["from_c"].items()
    ]
    python = [
        (f"through Python, {name}", *(f"{1e6 / rates[key]:.2f}" for key in ("images_per_second", _FASTEST)))
        for name, rates in row["python"]["1"].items()
    ]
    return Rows("One image at a time, us", ("way", "median", "fastest"), (*times, *python))


def _batches(row: dict[str, Any]) -> Rows:
    batches = row["python"]
    cells = [
        (name, *(f"{made[name]['images_per_second']:,.0f}" for made in batches.values()))
        for name in next(iter(batches.values()))
    ]
    return Rows("Images a second through Python, one core", ("way", *(f"batch {b}" for b in batches)), tuple(cells))


def _threads(row: dict[str, Any]) -> Rows:
    batches = row["threads"]
    cells = [
        (f"{n} thread{'s' * (n != '1')}", *(f"{m[n]['images_per_second']:,.0f}" for m in batches.values()))
        for n in ("1", "2")
    ]
    return Rows("Images a second through Python, all cores", ("", *(f"batch {b}" for b in batches)), tuple(cells))


def _ratios(row: dict[str, Any]) -> Rows:
    cells = [(name, f"{r['of_medians']:.2f}", f"{r['of_fastest']:.2f}") for name, r in row["ratios"].items()]
    return Rows("Speed ÷ speed", ("", "of medians", "of the fastest"), tuple(cells))


def _limit(row: dict[str, Any], issue_width: float) -> Rows:
    headings = ("", "instructions", "cycles", "a cycle", f"of {issue_width:g}", "of lanes", "of limit")
    cells = [
        (
            isa,
            f"{made['instructions']:,}",
            f"{made['cycles']:,.0f}",
            f"{made['instructions_a_cycle']:.2f}",
            *(f"{100 * made[f'share_of_{what}']:.0f} %" for what in ("issue_width", "lanes", "limit")),
        )
        for isa, made in row["limit"]["counted"].items()
    ]
    title = f"An image: {row['limit']['gates']:,} two-input gates, at {row['clock_ghz']:.2f} GHz"
    return Rows(title, headings, tuple(cells))


def print_engine(record: dict[str, Any], console: Console) -> None:
    """Print a record."""
    load = ", ".join(f"{value:.1f}" for value in record["environment"]["load_average"])
    console.print(f"load average at the start: {load}", highlight=False)
    for row in record["programs"]:
        console.rule(row["program"])
        for rows in tables(row, record["issue_width"]):
            table = Table(*rows.headings, title=rows.title, title_justify="left", box=None)
            for column in table.columns[1:]:
                column.justify = "right"
            for cells in rows.cells:
                table.add_row(*cells)
            console.print(table)
        for name, reason in row["left_out"].items():
            console.print(f"{name} left out: {reason}", highlight=False, markup=False)


def markdown(rows: Rows) -> list[str]:
    """Return a table's lines."""
    lines = [f"{rows.title}:", "", f"| {' | '.join(rows.headings)} |", f"|---|{'---:|' * (len(rows.headings) - 1)}"]
    return [*lines, *(f"| {' | '.join(cells)} |" for cells in rows.cells), ""]
