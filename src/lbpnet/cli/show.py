"""`lbpnet show`: one configuration, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from ..config import to_dict
from .target import find_target


@dataclass(frozen=True)
class ShowOptions:
    """Print a configuration.

    Example: lbpnet show mnist_quick --json > mine.json
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder or JSON file."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON that `lbpnet train --config` reads.")] = False


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
