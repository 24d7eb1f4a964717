"""`lbpnet ls`: the preset table."""

from __future__ import annotations

import json
from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from ..config import PRESET_ROWS


@dataclass(frozen=True)
class LsOptions:
    """List the presets.

    Example: lbpnet ls
    """

    json: bool = False
    """Print JSON."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(LsOptions, args=argv, prog="lbpnet ls")
    if options.json:
        rows = [{"name": r.name, "title": r.title, "source": r.source} for r in PRESET_ROWS]
        Console().print_json(json.dumps(rows))
        return 0
    table = Table(box=None, pad_edge=False)
    for heading in ("preset", "widths", "k", "epochs", "what it is"):
        table.add_column(heading, no_wrap=heading == "preset")
    for row in PRESET_ROWS:
        model = row.config.model
        projects = model.family == "residual" and model.blocks.fusion_type == "rp_paper"
        k = model.blocks.rp_config.n_bits_per_out if projects else "-"
        widths = "-".join(str(width) for width in model.widths())
        table.add_row(row.name, widths, str(k), str(row.config.training.epochs), f"{row.title} ({row.source})")
    Console().print(table)
    return 0
