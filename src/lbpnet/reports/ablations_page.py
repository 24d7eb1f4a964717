"""The ablations as a document: one row a recipe, then one line a run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .run_lines import RunLine, by_recipe

_INTRODUCTION = """# Ablations

Written by `lbpnet ablate`; every figure comes from a run folder, kept in `ablations_runs.json`. Accuracy is mean ±
standard deviation (n − 1) over seeds; rows of fewer than three say so and are leads, not results. Compare rows by
validation accuracy: the test set was read once a run, at its end, and chose nothing. Bytes and operations are those of
the trained program (`lbpnet cost`, mean over seeds), whole, head included; bytes are the file as shipped, tables what
of it is tables.
"""
_ENOUGH = 3
UNKNOWN = "?"


def ablations_page(lines: Sequence[RunLine]) -> str:
    """Return the Markdown document of runs: one table a data set, best validation accuracy first, then every run."""
    text = [_INTRODUCTION]
    for data in dict.fromkeys(line.data for line in lines):
        groups = by_recipe([line for line in lines if line.data == data])
        groups.sort(key=lambda group: -(_mean([line.validation for line in group]) or 0.0))
        text += [f"## {data}", "", *_summary(groups), "", "### Runs", "", *_runs(groups), ""]
    return "\n".join(text)


def _summary(groups: Sequence[Sequence[RunLine]]) -> list[str]:
    rows = [
        "| recipe | seeds | epochs | validation | test | training s | bytes | tables | operations | gates |",
        "|---" * 10 + "|",
    ]
    for group in groups:
        seeds = len({line.seed for line in group})
        again = f", {len(group)} runs" if len(group) > seeds else ""
        seconds = _mean([line.seconds for line in group])
        cells = [
            recipe_name(group[0]),
            f"{seeds}{again}" if seeds >= _ENOUGH else f"**{seeds} only**{again}",
            _epochs(group),
            spread([line.validation for line in group]),
            spread([line.test for line in group]),
            UNKNOWN if seconds is None else f"{seconds:,.0f}",
            *(_count(group, name) for name in ("file_bytes", "table_bytes", "operations", "gates")),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _runs(groups: Sequence[Sequence[RunLine]]) -> list[str]:
    rows = ["| recipe | seed | epochs | validation | test | s | commit | machine | command |", "|---" * 9 + "|"]
    for group in groups:
        for line in group:
            cells = [
                recipe_name(line),
                str(line.seed),
                _epochs([line]),
                spread([line.validation]),
                spread([line.test]),
                f"{line.seconds:,.0f}",
                line.commit,
                line.machine,
                f"`{line.command}`",
            ]
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def recipe_name(line: RunLine) -> str:
    """Return a recipe as Markdown: its preset, the fields it changes, its teacher."""
    teacher = f", teacher `{line.teacher}`" if line.teacher else ""
    return f"`{line.preset}`" + "".join(f", `{override}`" for override in line.overrides) + teacher


def spread(shares: Sequence[float | None]) -> str:
    """Return fractions as `98.27 ± 0.08 %`; of one no spread; `?` where none is known, a number where not all are."""
    known = [share for share in shares if share is not None]
    if not known:
        return UNKNOWN
    mean = f"{100 * statistics.fmean(known):.2f}"
    text = f"{mean} ± {100 * statistics.stdev(known):.2f} %" if len(known) > 1 else f"{mean} %"
    return text if len(known) == len(shares) else f"{text} ({len(known)} of {len(shares)})"


def _epochs(group: Sequence[RunLine]) -> str:
    planned = group[0].epochs_planned
    stopped = [line.epochs for line in group if line.epochs < planned and line.test is None]
    return f"{planned}" if not stopped else f"stopped after {', '.join(map(str, stopped))} of {planned}"


def _count(group: Sequence[RunLine], name: str) -> str:
    mean = _mean([getattr(line, name) for line in group])
    return UNKNOWN if mean is None else f"{mean:,.0f}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
