"""`lbpnet bench`: speed of a program beside the NumPy reference and LeNet-5, on one core."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from ..engine import Classifier
from ..engine.timing import Classify, Speed, measure, one_core
from ..errors import ConfigError
from ..processor import processor_name
from ..program import blob_bytes, load_program, to_bytes
from ..text_files import write_text

BATCHES = (1, 64, 1024)
PROGRAM, REFERENCE, REFERENCE_ISA = "program", "NumPy reference", "reference"


@dataclass(frozen=True)
class BenchOptions:
    """Measure a program: pixels in, class out, through Python, one thread, on one core.

    Beside it, in the same run: the NumPy reference, and LeNet-5 (fp32, untrained weights: they do not change its
    speed) in torch and ONNX Runtime where these are installed. Images are random pixels.

    Example: lbpnet bench digits.lbp --json speed.json
    """

    program: tyro.conf.Positional[Path]
    """Program (.lbp) that `lbpnet freeze` wrote, or zoo:NAME (`lbpnet zoo ls`)."""
    seconds: float = 1.0
    """How long each figure is measured."""
    json: Path | None = None
    """Also write every figure to this JSON file."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(BenchOptions, args=argv, prog="lbpnet bench")
    if not options.seconds > 0:
        raise ConfigError(f"--seconds: expected > 0, got {options.seconds}")
    record = bench(options.program, seconds=options.seconds)
    print_bench(record)
    if options.json is not None:
        write_text(options.json, json.dumps(record, indent=1) + "\n")
    return 0


def bench(path: Path, *, seconds: float) -> dict[str, Any]:
    """Measure a program and its peers; return a JSON-ready record.

    Returns:
        `ways`: for each, images a second at each batch and percentiles of a call with one image, or why it was left
        out; `times_faster`: how many times faster the program is than each; `file`, `table_bytes`, the machine.

    Raises:
        ProgramError: as `load_program`.
    """
    from .lenet_peers import lenet_peers

    program = load_program(path)
    first = program.input
    shape = (first.channels, first.height, first.width)
    with one_core() as core:
        classifier = Classifier(program)
        ways: dict[str, Classify] = {
            PROGRAM: classifier.predict,
            REFERENCE: Classifier(program, REFERENCE_ISA).predict,
        }
        left_out: dict[str, str] = {}
        for name, peer in lenet_peers(shape, program.num_classes).items():
            if isinstance(peer, str):
                left_out[name] = peer
            else:
                ways[name] = peer
        random = np.random.default_rng(0)
        speeds = {b: measure(ways, random.integers(0, 256, (b, *shape), np.uint8), seconds=seconds) for b in BATCHES}
    return {
        "program": path.name,
        "file_bytes": len(to_bytes(program)),
        "table_bytes": blob_bytes(program),
        "isa": classifier.engine.isa,
        "core": core,
        "machine": f"{platform.machine()} {processor_name()}",
        "versions": _versions(),
        "ways": {name: _row(speeds, name) for name in ways},
        "times_faster": {
            name: {str(b): speeds[b][PROGRAM].images_per_second / speeds[b][name].images_per_second for b in BATCHES}
            for name in ways
            if name != PROGRAM
        },
        "left_out": left_out,
    }


def print_bench(record: dict[str, Any], console: Console | None = None) -> None:
    """Print a record of `bench`."""
    console = console or Console()
    table = Table(box=None, pad_edge=False, title="Images a second, one core, one thread", title_justify="left")
    table.add_column("way")
    for batch in BATCHES:
        table.add_column(f"batch {batch:,}", justify="right")
    for share in ("p50", "p90", "p99"):
        table.add_column(f"{share} us", justify="right")
    table.add_column("program is x times faster", justify="right")
    for name, row in record["ways"].items():
        speeds = [f"{row['images_per_second'][str(batch)]:,.0f}" for batch in BATCHES]
        shares = [f"{value:,.1f}" for value in row["latency_us"].values()]
        faster = record["times_faster"].get(name, {})
        table.add_row(name, *speeds, *shares, " / ".join(f"{value:.1f}" for value in faster.values()))
    console.print(table)
    for name, reason in record["left_out"].items():
        console.print(f"{name} left out: {reason}", highlight=False, markup=False)
    size = f"file {record['file_bytes']:,} bytes, of them {record['table_bytes']:,} tables"
    console.print(f"{size}; run by {record['isa']}; random pixels; LeNet-5 untrained", highlight=False)


def _row(speeds: dict[int, dict[str, Speed]], name: str) -> dict[str, Any]:
    return {
        "images_per_second": {str(batch): speeds[batch][name].images_per_second for batch in BATCHES},
        "latency_us": speeds[1][name].percentiles(),
        "calls": {str(batch): len(speeds[batch][name].seconds) for batch in BATCHES},
    }


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in ("lbpnet", "numpy", "torch", "onnxruntime"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "?"
    return versions
