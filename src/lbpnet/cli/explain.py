"""`lbpnet explain`: the configuration, explained, with results where there is a run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from ..text_files import write_text
from .network_cost import network_cost
from .target import find_target


@dataclass(frozen=True)
class ExplainOptions:
    """Write the explained configuration as Markdown.

    Example: lbpnet explain paper_mnist_rp_full60k --lang zh
    """

    target: tyro.conf.Positional[str]
    """Preset, run folder or JSON file."""
    lang: Literal["en", "zh"] = "en"
    """Language."""
    out: Path | None = None
    """File to write; default: standard output."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ExplainOptions, args=argv, prog="lbpnet explain")
    from ..reports import explain, read_run

    target = find_target(options.target)
    results = None if target.run is None else read_run(target.run)
    cost = network_cost(target.config, target.run)
    text = explain(target.config, target.name, lang=options.lang, cost=cost, results=results)
    if options.out is None:
        sys.stdout.write(text)
    else:
        write_text(options.out, text)
    return 0
