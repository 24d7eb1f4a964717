"""`lbpnet pareto`: our networks beside the published ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from ..program.locate import FOLDER, zoo_names
from ..text_files import write_text
from ..zoo import ZooCard, read_card

if TYPE_CHECKING:
    from ..reports.networks import Network


@dataclass(frozen=True)
class ParetoOptions:
    """Write accuracy against bytes, operations, gates and latency, the zoo's networks beside the published ones.

    Example: lbpnet pareto runs/a_42 runs/a_43 runs/a_44 --out docs/pareto.md
    """

    runs: tyro.conf.Positional[tuple[Path, ...]] = ()
    """More of our networks: run folders; those of one recipe are one network."""
    out: Path = Path("docs/pareto.md")
    """Document; a figure of each data set is written beside it."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ParetoOptions, args=argv, prog="lbpnet pareto")
    from ..reports.networks import published_networks
    from ..reports.pareto_figure import pareto_figure
    from ..reports.pareto_page import pareto_page

    networks = [*our_networks(options.runs), *published_networks()]
    stem, figures = options.out.stem, {}
    for data in dict.fromkeys(network.data for network in networks):
        figures[data] = f"{stem}-{data}.svg"
        write_text(options.out.parent / figures[data], pareto_figure(networks, data))
    write_text(options.out, pareto_page(networks, figures))
    return 0


def our_networks(runs: tuple[Path, ...]) -> list[Network]:
    """Return the zoo's networks, then those of run folders that have ended.

    Raises:
        RunError: a folder is missing or damaged.
    """
    from ..reports.ablations_page import recipe_name
    from ..reports.networks import network_of_runs
    from ..reports.run_lines import by_recipe
    from .run_line import run_line

    cards = [_network_of_card(read_card(FOLDER / f"{name}.json")) for name in zoo_names()]
    groups = by_recipe([run_line(run) for run in runs])
    found = [network_of_runs(recipe_name(group[0]).replace("`", ""), group) for group in groups]
    return [*cards, *(network for network in found if network is not None)]


def _network_of_card(card: ZooCard) -> Network:
    from ..reports.networks import WHOLE, Network

    return Network(
        name=f"zoo:{card.name}",
        data=card.data.name,
        accuracy=100 * card.mean,
        spread=None if card.spread is None else 100 * card.spread,
        source=f"{len(card.runs)} seeds; shipped {100 * card.accuracy:.2f} %",
        bytes=card.cost.file_bytes,
        bytes_of=WHOLE,
        operations=card.cost.operations,
        operations_of=WHOLE,
        gates=card.cost.gates,
        gates_of=WHOLE,
        latency_us=card.speed.p50_us,
        latency_of=f"{card.speed.instruction_set}, one core",
    )
