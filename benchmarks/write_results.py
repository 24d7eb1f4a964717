"""Writes docs/benchmarks.md from what the benchmarks recorded.

python benchmarks/write_results.py --steps train_step.json --times time_to_accuracy.json [MORE_TIMES.json ...] \
    --engine engine.json --out docs/benchmarks.md

A section whose record is not given stays as it is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine_tables import markdown, tables
from time_to_accuracy import GOALS

from lbpnet.text_files import write_text

HEAD = """# Speed

Written by `python benchmarks/write_results.py` from the records of `benchmarks/train_step.py`,
`benchmarks/time_to_accuracy.py` and `benchmarks/engine.py`. Ratios are within one run; figures are medians after a
warm-up, on a shared machine: read absolute ones as +-30 %.

- grid sample: the comparison as P*N grid-sampled copies of every map, in stages of torch modules, hard bits with a
  sigmoid's gradient, as in the seed's project; its comparison keeps no sigmoid for the backward pass, which makes it
  leaner than that of the seed.
- plain torch: this package without its kernels (`LBPNET_KERNELS=off`).
- MB a batch: growth of the resident set over a step at batch 256 (scaled where a way ran on a smaller batch).
- outside kernels: share of the step's time, by torch's profiler, that none of our kernels took.
"""


def machine(record: dict[str, Any]) -> str:
    """Say where a record was made."""
    environment = record["environment"]
    place, packages = environment["machine"], environment["packages"]
    return (
        f"{place['processor']}, {place['cores']} cores, kernels {place['kernels']}, torch {packages['torch']}, "
        f"commit {environment['commit']}"
    )


def steps_section(record: dict[str, Any]) -> str:
    """Return the tables of a train_step record."""
    rows = record["rows"]
    lines = ["## One training step", "", f"Measured on: {machine(record)}.", ""]
    for network in dict.fromkeys(row["network"] for row in rows):
        lines += [
            f"### {network}",
            "",
            "| way | threads | images/s | native is x times faster | MB a batch | native needs 1/x | outside kernels |",
            "|---|---|---|---|---|---|---|",
        ]
        own = [row for row in rows if row["network"] == network]
        for row in own:
            base = next(r for r in own if r["threads"] == row["threads"] and r["name"] == "native kernels")
            memory, least = row["peak_megabytes"], base["peak_megabytes"]
            outside = row["outside_kernels"]
            cells = (
                row["name"],
                str(row["threads"]),
                f"{row['images_per_second']:,.0f}",
                f"{base['images_per_second'] / row['images_per_second']:.1f}",
                "?" if memory is None else f"{memory:,.0f}",
                "?" if memory is None or not least else f"{memory / least:.1f}",
                "" if outside is None else f"{100 * outside:.0f} %",
            )
            lines.append(f"| {' | '.join(cells)} |")
        one, two = (
            next((r["images_per_second"] for r in own if r["threads"] == n and r["name"] == "native kernels"), None)
            for n in (1, 2)
        )
        if one and two:
            lines += ["", f"Two threads against one: {two / one:.2f}x."]
        lines.append("")
    return "\n".join([*lines, "Roofline, one thread:", "", *(f"- {line}" for line in record["roofline"]), ""])


def times_section(records: list[dict[str, Any]]) -> str:
    """Return the table of time_to_accuracy records, one line a run."""
    goals = [f"{100 * goal:g} %" for goal in GOALS]
    lines = [
        "## Time to an accuracy",
        "",
        "MNIST, 39-40-80 routed stages: `linear`, positions learned, a pooled, normalised linear head; `hidden`,",
        "positions as drawn and run by the engine, 64 hidden units of ternary weights, judged as the integer program.",
        "Seconds from the start of the process to the first evaluation on the test images (every quarter of an epoch)",
        "that met the goal; evaluations count.",
        "Settings were chosen on held-out training images. Stopping by the test set measures speed and is no result.",
        "",
        f"Measured on: {machine(records[0])}.",
        "",
        f"| network | seed | epochs | batch | threads | {' | '.join(goals)} | last accuracy |",
        f"|---|---|---|---|---|{'---|' * len(goals)}---|",
    ]
    for record in records:
        settings, moments = record["settings"], record["moments"]
        met = []
        for goal in GOALS:
            first = next((m for m in moments if m["accuracy"] >= goal), None)
            met.append("not reached" if first is None else f"{first['seconds']:.0f} s")
        first_cells = [str(settings[name]) for name in ("network", "seed", "epochs", "batch", "threads")]
        last = f"{100 * moments[-1]['accuracy']:.2f} %"
        lines.append(f"| {' | '.join([*first_cells, *met, last])} |")
    return "\n".join([*lines, ""])


ENGINE_HEAD = """Pixels in, class out, on random pixels; LeNet-5 in fp32, untrained. The first two tables: one thread on
one core, the ways in turns. Instructions are counted under callgrind, the clock is estimated by a chain of additions.
The limit: in each cycle as many instructions as the core issues, each of them a two-input gate (as `lbpnet cost`
counts them) on all lanes. [How it works](engine.md).
"""


def engine_section(record: dict[str, Any]) -> str:
    """Return the tables of an engine record."""
    environment = record["environment"]
    load = " / ".join(f"{value:.1f}" for value in environment["load_average"])
    lines = ["## The engine", "", ENGINE_HEAD]
    lines += [
        f"Measured on: {machine(record)}, {environment['compiler']}; load average at the start {load}. "
        f"`{environment['command']}`",
        "",
    ]
    for row in record["programs"]:
        lines += [f"### {row['program']}", "", f"Fastest instruction set: {row['isa']}.", ""]
        lines += [line for rows in tables(row, record["issue_width"]) for line in markdown(rows)]
        lines += [f"{name} left out: {reason}\n" for name, reason in row["left_out"].items()]
    return "\n".join(lines)


def old_sections(path: Path) -> dict[str, str]:
    """Return the sections of the document there is, by heading."""
    if not path.exists():
        return {}
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def main() -> None:
    """Read the records, write the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=Path)
    parser.add_argument("--times", type=Path, nargs="+", default=[])
    parser.add_argument("--engine", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    sections = old_sections(options.out)
    new = [steps_section(_read(options.steps))] if options.steps else []
    new += [times_section([_read(path) for path in options.times])] if options.times else []
    new += [engine_section(_read(options.engine))] if options.engine else []
    for text in new:
        sections[text.partition("\n")[0].removeprefix("## ")] = text.rstrip() + "\n"
    write_text(options.out, "\n".join([HEAD, *sections.values()]))


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
