"""`lbpnet zoo add|ls|show|time|page`: the trained programs that ship with lbpnet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table

from ..program.locate import FOLDER, PREFIX, program_path, zoo_names
from ..text_files import write_text
from ..zoo import card_lines, mean_and_spread, percent, read_card, zoo_page


def add(runs: tyro.conf.Positional[tuple[Path, ...]], name: str, seconds: float = 2.0, folder: Path = FOLDER) -> None:
    """Ship the run that is best on validation images, with a card of them all; needs torch.

    Runs that held no images out cannot be compared so: the first is shipped.

    Example: lbpnet zoo add runs/a_42 runs/a_43 runs/a_44 --name mnist-9k

    Args:
        runs: Run folders of one configuration, one a seed, each evaluated.
        name: What to call it: zoo:NAME.
        seconds: How long each speed is measured.
        folder: Where to write NAME.lbp and NAME.json; what is there of that name is replaced.
    """
    from .zoo_add import add_to_zoo

    for line in add_to_zoo(runs, name, seconds=seconds, folder=folder):
        Console(soft_wrap=True).print(line, highlight=False, markup=False)


def ls() -> None:
    """List the programs."""
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("data", no_wrap=True)
    for heading in ("shipped", "mean ± spread", "seeds", "bytes", "operations", "µs"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in zoo_names():
        card = read_card(FOLDER / f"{name}.json")
        table.add_row(
            f"{PREFIX}{name}",
            card.data.name,
            percent(card.accuracy),
            mean_and_spread([run.test for run in card.runs]),
            str(len(card.runs)),
            f"{card.cost.file_bytes:,}",
            f"{card.cost.operations:,}",
            f"{card.speed.p50_us:.1f}",
        )
    # Where there is no terminal to be filled, or a narrow one, a line is longer rather than cut.
    console = Console()
    console.width = max(console.width, console.measure(table, options=console.options.update(width=200)).maximum)
    console.print(table)


def show(name: tyro.conf.Positional[str], json: bool = False) -> None:
    """Print the card of a program.

    Args:
        name: As in `lbpnet zoo ls`, with or without zoo: before it.
        json: Print JSON.
    """
    path = program_path(PREFIX + name.removeprefix(PREFIX)).with_suffix(".json")
    if json:
        sys.stdout.write(path.read_text(encoding="utf-8"))
    else:
        for line in card_lines(read_card(path)):
            Console(soft_wrap=True).print(line, highlight=False, markup=False)


def time(names: tyro.conf.Positional[tuple[str, ...]] = (), seconds: float = 2.0, folder: Path = FOLDER) -> None:
    """Measure the speed of the programs again, here, and write it to their cards.

    Speeds of one run of this command are of one machine, and can be compared.

    Example: lbpnet zoo time && lbpnet zoo page --out docs/zoo.md

    Args:
        names: Which, with or without zoo: before them; default: all.
        seconds: How long each speed is measured.
        folder: Where the programs and their cards are.
    """
    from .zoo_time import time_zoo

    wanted = [name.removeprefix(PREFIX) for name in names] or zoo_names(folder)
    for line in time_zoo(wanted, seconds=seconds, folder=folder):
        Console(soft_wrap=True).print(line, highlight=False, markup=False)


def page(out: Path | None = None) -> None:
    """Write the zoo as a Markdown document.

    Args:
        out: File to write; default: standard output.
    """
    text = zoo_page([read_card(FOLDER / f"{name}.json") for name in zoo_names()])
    if out is None:
        sys.stdout.write(text)
    else:
        write_text(out, text)


def main(argv: list[str]) -> int:
    """Run one of the verbs."""
    verbs: dict[str, Callable[..., None]] = {"add": add, "ls": ls, "show": show, "time": time, "page": page}
    tyro.extras.subcommand_cli_from_dict(
        verbs,
        prog="lbpnet zoo",
        description="Trained programs that ship with lbpnet.\n\nExample: lbpnet predict zoo:NAME digit.png",
        args=argv or ["--help"],
    )
    return 0
