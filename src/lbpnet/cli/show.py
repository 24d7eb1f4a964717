"""`lbpnet show`: one configuration, field by field, or one program, node by node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from ..config import to_dict
from ..program import is_program
from .show_program import describe_program, print_program
from .target import find_target


@dataclass(frozen=True)
class ShowOptions:
    """Print a configuration, or the nodes of a program.

    Example: lbpnet show mnist_quick --json > mine.json

    Example: lbpnet show digits.lbp
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder, JSON file or program (.lbp, zoo:NAME)."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON; `lbpnet train --config` reads a configuration's.")] = False


def flatten(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return `{dotted name: value}` of nested dictionaries."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        flat.update(flatten(value, f"{name}.") if isinstance(value, dict) else {name: value})
    return flat


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ShowOptions, args=argv, prog="lbpnet show")
    if is_program(options.target):
        record = describe_program(Path(options.target))
        if options.json:
            Console(soft_wrap=True).print_json(json.dumps(record))
        else:
            print_program(record)
        return 0
    config = to_dict(find_target(options.target).config)
    if options.json:
        Console(soft_wrap=True).print_json(json.dumps(config))
        return 0
    table = Table(box=None, pad_edge=False)
    table.add_column("field (as an option: --FIELD VALUE)", no_wrap=True)
    table.add_column("value")
    for name, value in flatten(config).items():
        table.add_row(name, json.dumps(value))
    Console().print(table)
    return 0
