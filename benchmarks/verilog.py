"""Measures exported Verilog: every test image in Verilator, size on three families, the clock after routing.

python benchmarks/verilog.py PROGRAM.lbp [PROGRAM.lbp ...] [--steps simulate,ice40,ecp5,xilinx,route] [--json PATH]

Simulates all test images of MNIST and of Fashion-MNIST, compares every score and class with the reference by `==`, and
counts clocks; Yosys for iCE40 UP5K, ECP5 and Xilinx 7; nextpnr for the UP5K's clock. Steps may run one after the other:
the file of results is read again and added to. Exits with 1 at a difference.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lbpnet.config import DataConfig
from lbpnet.data.load import load_dataset
from lbpnet.engine import reference_scores
from lbpnet.export import find_tool, require_equal_scores
from lbpnet.export.verilog import check, write
from lbpnet.export.verilog.simulate import build_verilator, simulate, sources
from lbpnet.program import Program, load_program

SETS = ("mnist", "fashion_mnist")
STEPS = ("simulate", "ice40", "ecp5", "xilinx", "route")
NAME = "net"
SYNTHESIS = {
    "ice40": "chparam -set SPRAM 1 net_top; synth_ice40 -spram -top net_top -json net.json",
    "ecp5": "synth_ecp5 -top net_top",
    "xilinx": "synth_xilinx -family xc7 -flatten -top net_top",
}
KINDS = {
    "lut": r"SB_LUT4|LUT[1-6]",
    "carry": r"SB_CARRY|CCU2C|CARRY4",
    "ff": r"SB_DFF\w*|TRELLIS_FF|FD[RSCP]E",
    "bram": r"SB_RAM40_4K|DP16KD|RAMB\w+",
    "spram": r"SB_SPRAM256KA",
    "lutram": r"TRELLIS_DPR16X4|RAM\d+\w+|SRL\w+",
    "dsp": r"SB_MAC16|MULT\d+X\d+D|ALU54B|DSP48E1",
}
PACKAGE = "sg48"


def simulated(folder: Path, program: Program) -> dict[str, Any]:
    """Run every image of both test sets; return how many and the clocks."""
    built = build_verilator(folder)
    record: dict[str, Any] = {"images": {}}
    for name in SETS:
        images = load_dataset(DataConfig(dataset=name)).test.images
        start = time.perf_counter()
        found = simulate(folder, built, images, program.num_classes, gaps=False)
        require_equal_scores("Verilator", reference_scores(program, images), found.scores, found.classes)
        record["images"][name] = len(images)
        record["seconds"] = round(time.perf_counter() - start, 1)
        record |= {"latency": found.latency, "answer": found.answer, "interval": found.interval}
    record["clocks_per_pixel"] = round(record["interval"] / (program.input.height * program.input.width), 2)
    return record


def synthesised(folder: Path, family: str) -> dict[str, Any]:
    """Run Yosys; return how many cells of each kind there are, and those of no kind by name."""
    script = f"read_verilog {' '.join(sources(folder))}; {SYNTHESIS[family]}; tee -q -o stat.json stat -json"
    _run([str(find_tool("yosys", "yosys")), "-q", "-p", script], folder)
    cells = json.loads((folder / "stat.json").read_text())["design"]["num_cells_by_type"]
    record: dict[str, Any] = dict.fromkeys(KINDS, 0)
    for cell, count in cells.items():
        kind = next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, cell)), cell)
        record[kind] = record.get(kind, 0) + count
    return record


def routed(folder: Path) -> dict[str, Any]:
    """Place and route what Yosys left for the UP5K; return what is used and the clock."""
    report = folder / "route.json"
    tool = str(find_tool("nextpnr-ice40", "nextpnr-ice40"))
    command = [tool, "--up5k", "--package", PACKAGE, "--json", "net.json", "--freq", "24", "--seed", "1", "-q"]
    _run([*command, "--timing-allow-fail", "--report", report.name], folder)
    tree = json.loads(report.read_text())
    (clock,) = tree["fmax"].values()
    used = {name: kind["used"] for name, kind in tree["utilization"].items() if kind["used"]}
    return {"mhz": round(clock["achieved"], 2), "used": used}


def measure(program: Program, steps: list[str], record: dict[str, Any]) -> None:
    """Do the steps for one program, and add them to its record."""
    check(program)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(program, folder, NAME)
        if "simulate" in steps:
            record["simulate"] = simulated(folder, program)
        for family in SYNTHESIS:
            if family in steps:
                record[family] = synthesised(folder, family)
        if "route" in steps:
            if "ice40" not in steps:
                synthesised(folder, "ice40")
            record["route"] = routed(folder)


def tables(records: dict[str, Any]) -> list[Table]:
    """Return what was measured: cells a family, and speed."""
    cells = Table("program", "family", *KINDS, title="cells (Yosys)")
    speed = Table("program", "images equal", "clocks/image", "after last pixel", "clocks/pixel", "MHz", "images/s")
    for name, record in records.items():
        for family in SYNTHESIS:
            if family in record:
                cells.add_row(name, family, *(f"{record[family][kind]:,}" for kind in KINDS))
        run, mhz = record.get("simulate"), record.get("route", {}).get("mhz")
        if run:
            rate = f"{mhz * 1e6 / run['interval']:,.0f}" if mhz else ""
            numbers = (f"{sum(run['images'].values()):,}", f"{run['interval']:,}", f"{run['answer']:,}")
            speed.add_row(name, *numbers, str(run["clocks_per_pixel"]), str(mhz or ""), rate)
    return [cells, speed]


def main() -> None:
    """Measure the programs; print and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, nargs="+")
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    steps = options.steps.split(",")
    if unknown := set(steps) - set(STEPS):
        parser.error(f"--steps: expected {', '.join(STEPS)}, got {', '.join(sorted(unknown))}")
    records: dict[str, Any] = {}
    if options.json and options.json.exists():
        records = json.loads(options.json.read_text(encoding="utf-8"))
    for path in options.programs:
        measure(load_program(path), steps, records.setdefault(path.stem, {}))
        if options.json:
            options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    for table in tables(records):
        Console().print(table)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-3000:] or done.stdout[-3000:]}")


if __name__ == "__main__":
    main()
