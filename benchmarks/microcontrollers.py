"""What a program's exported C costs on simulated microcontrollers, after every image's scores equalled the reference.

python benchmarks/microcontrollers.py PROGRAM [PROGRAM ...] [--boards BOARD ...] [--images N] [--json PATH]

Images are the first N of a data set's test images, default all of MNIST's. Memory is the whole firmware's: image,
scores, variables and the stack that was used, painted before. QEMU counts instructions; cycles of the Cortex-M0 are
one image's, by Arm's table of instruction timings (`cortex_m0_trace.py`); simavr counts cycles.
Exits with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from cortex_m0_trace import trace, write_profile
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from lbpnet.config import DataConfig
from lbpnet.data.load import load_dataset
from lbpnet.export import export
from lbpnet.export.c.boards import BOARDS, find_board
from lbpnet.export.c.verify_board import BoardCost, measure_board, network_sources
from lbpnet.program import Program, load_program

NAME = "network"


def measure(
    program: Program, boards: list[str], images: NDArray[np.uint8], flags: list[str], profile: Path | None
) -> list[dict[str, Any]]:
    """Return the figures of one program on some boards."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "exported"
        export(program, "c", folder, NAME)
        for name in boards:
            begin = time.perf_counter()
            cost = measure_board(
                find_board(name), network_sources(folder, NAME), program, NAME, images, Path(place), flags
            )
            row = figures(cost) | {"seconds_here": round(time.perf_counter() - begin, 1)}
            if name == "cortex-m0":
                traced = trace(cost.firmware, NAME, images[0])
                row |= {"cycles_of_image_0": traced.cycles, "instructions_of_image_0": traced.instructions}
                row |= {"functions_of_image_0": dict(traced.functions)}
                row["milliseconds"] = cost.mean * traced.cycles / traced.instructions / (cost.board.megahertz * 1000)
                if profile is not None:
                    write_profile(profile, traced)
            rows.append(row)
    return rows


def figures(cost: BoardCost) -> dict[str, Any]:
    """Return one measurement as a record."""
    return {
        "board": cost.board.name,
        "images_equal": cost.images,
        "flash": cost.firmware.flash,
        "network_flash": cost.firmware.network_flash,
        "static_ram": cost.firmware.static_ram,
        "stack": cost.stack,
        "unit": cost.board.unit,
        "mean": cost.mean,
        "most": cost.most,
        "megahertz": cost.board.megahertz,
        "cycles_per_instruction": cost.board.cycles_per_instruction,
        "milliseconds": cost.milliseconds,
        "instructions_scanned": cost.scan.instructions,
        "functions_scanned": cost.scan.symbols,
    }


def table(program: str, rows: list[dict[str, Any]]) -> Table:
    """Return a program's table."""
    made = Table(title=program)
    for heading in (
        "board",
        "images equal",
        "flash (network)",
        "RAM = variables + stack",
        "an image",
        "at most",
        "time",
    ):
        made.add_column(heading, justify="left" if heading == "board" else "right")
    for row in rows:
        made.add_row(
            row["board"],
            f"{row['images_equal']:,}",
            f"{row['flash']:,} ({row['network_flash']:,})",
            f"{row['static_ram'] + row['stack']:,} = {row['static_ram']:,} + {row['stack']:,}",
            f"{row['mean']:,.0f} {row['unit']}",
            f"{row['most']:,.0f}",
            f"{row['milliseconds']:.1f} ms at {row['megahertz']} MHz",
        )
    return made


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, nargs="+")
    parser.add_argument("--boards", nargs="+", default=list(BOARDS), choices=list(BOARDS))
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--flags", nargs="*", default=[], help="of the compiler, without the dash: O2")
    parser.add_argument("--profile", type=Path, help="write how often each instruction of image 0 ran on Cortex-M0")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    images = load_dataset(DataConfig(dataset=options.dataset)).test.images[: options.images]
    flags = [f"-{flag}" for flag in options.flags]
    records = {}
    for path in options.programs:
        records[path.stem] = measure(load_program(path), options.boards, images, flags, options.profile)
        Console(width=150).print(table(path.stem, records[path.stem]))
    if options.json:
        record = {"dataset": options.dataset, "flags": flags, "programs": records}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
