"""Writes docs/benchmarks.md from what the benchmarks recorded.

python benchmarks/write_results.py train_step.json time_to_accuracy.json [MORE_TIMES.json ...] --out docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from time_to_accuracy import GOALS

from lbpnet.text_files import write_text

HEAD = """# Speed of training

Written by `python benchmarks/write_results.py` from the records of `benchmarks/train_step.py` and
`benchmarks/time_to_accuracy.py`. Ratios are within one process; figures are medians over steps after a warm-up, on a
shared machine: read absolute ones as +-30 %.

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
        "MNIST, 39-40-80 routed stages with a pooled, normalised linear head; seconds from the start of the process to",
        "the first evaluation on the test images (every quarter of an epoch) that met the goal; evaluations count.",
        "Settings were chosen on held-out training images. Stopping by the test set measures speed and is no result.",
        "",
        f"Measured on: {machine(records[0])}.",
        "",
        f"| seed | epochs | batch | threads | {' | '.join(goals)} | last accuracy |",
        f"|---|---|---|---|{'---|' * len(goals)}---|",
    ]
    for record in records:
        settings, moments = record["settings"], record["moments"]
        met = []
        for goal in GOALS:
            first = next((m for m in moments if m["accuracy"] >= goal), None)
            met.append("not reached" if first is None else f"{first['seconds']:.0f} s")
        first_cells = [str(settings[name]) for name in ("seed", "epochs", "batch", "threads")]
        last = f"{100 * moments[-1]['accuracy']:.2f} %"
        lines.append(f"| {' | '.join([*first_cells, *met, last])} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Read the records, write the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", type=Path)
    parser.add_argument("times", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    steps = json.loads(options.steps.read_text(encoding="utf-8"))
    times = [json.loads(path.read_text(encoding="utf-8")) for path in options.times]
    write_text(options.out, "\n".join([HEAD, steps_section(steps), times_section(times)]))


if __name__ == "__main__":
    main()
