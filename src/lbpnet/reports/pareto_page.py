"""Our networks beside the published ones, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from .networks import WHOLE, Network

_INTRODUCTION = """# Accuracy against cost

Written by `lbpnet pareto`: networks of this package (**bold**; from the zoo's cards and from run folders, mean over
seeds) beside published ones (`src/lbpnet/reports/published_networks.json`). Figures count different things: each says
what, and `?` is what a source does not say. *Whole* is everything from pixels to the class, head included: the file as
shipped, all operations executed an image, the circuit with every pixel and adder built once (`lbpnet cost`). Ours are
timed through Python on one core of a shared machine; chips and FPGAs are not comparable with it. Sources were read in
the paper or repository, or else are marked: told by a third party, read as abstract alone, or derived from figures
there. Validation chose ours; the test set was read once a run.
"""
UNKNOWN = "?"


def pareto_page(networks: Sequence[Network], figures: dict[str, str]) -> str:
    """Return the Markdown document: for each data set its figure (a file's name) and a table, most accurate first."""
    text = [_INTRODUCTION]
    for data in dict.fromkeys(network.data for network in networks):
        rows = sorted((n for n in networks if n.data == data), key=lambda network: -network.accuracy)
        text += [f"## {data}", "", f"![Accuracy against bytes, operations, gates and latency]({figures[data]})", ""]
        text += [
            "| network | accuracy | bytes | operations | gates | µs an image | multiplies | source |",
            "|---" * 8 + "|",
            *(_row(network) for network in rows),
            "",
        ]
    return "\n".join(text)


def _row(network: Network) -> str:
    spread = "" if network.spread is None else f" ± {network.spread:.2f}"
    told = "" if network.evidence in (None, "paper", "repository") else f" ({network.evidence})"
    cells = [
        f"**{network.name}**" if network.ours else network.name,
        f"{network.accuracy:.2f}{spread} %" if network.ours or spread else f"{network.accuracy:g} %",
        _figure(network.bytes, network.bytes_of),
        _figure(network.operations, network.operations_of),
        _figure(network.gates, network.gates_of),
        _figure(network.latency_us, network.latency_of),
        "yes" if network.multiplies else "no",
        f"{network.source}{told}",
    ]
    return f"| {' | '.join(cells)} |"


def _figure(value: float | None, counts: str | None) -> str:
    if value is None:
        return UNKNOWN if counts in (None, WHOLE) else f"{UNKNOWN} ({counts})"
    shown = f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:g}"
    return f"{shown} ({counts})" if counts else shown
