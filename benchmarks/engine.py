"""Claim: the engine classifies an image in microseconds on one core, many times faster than LeNet-5 in fp32.

python benchmarks/engine.py [digits.lbp ...] [--seconds 1] [--out engine.json]

Pixels in, class out, random pixels. For the programs named, or else one like `routed_mnist`'s with random tables: one
image at a time from C on every instruction set of this CPU; through Python one image at a time and in batches; beside
LeNet-5 in ONNX Runtime and torch; on one thread, kept on one core, the ways in turns. Then batches on one and two
threads, on all cores. Figures are medians and the fastest; ratios are within the run. Instructions are counted under
callgrind where valgrind is there, and the clock is estimated (`measure_clock.c`).
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from engine_harness import NATIVE, Harness, build_harness, compiler_version, write_case
from engine_instructions import CAN_COUNT, ISAS, instructions_an_image
from engine_tables import print_engine
from random_programs import random_images
from routed_programs import routed_program

from lbpnet.cli.lenet_peers import lenet_peers
from lbpnet.cost.gates import gate_equivalents
from lbpnet.engine import Engine
from lbpnet.engine.timing import Classify, Speed, measure, one_core
from lbpnet.program import Program, load_program
from lbpnet.program.expand import expand
from lbpnet.program.simplify import simplify
from lbpnet.training.environment import describe_environment

ENGINE, RATES = "engine", ("images_per_second", "fastest_images_per_second")
BATCHES, THREADS = (1, 64, 256, 1024), (1, 2)
RUNS, C_IMAGES = 7, 128
LANES = {"portable": 128, "avx2": 256, "avx512": 512, "neon": 128}
"""Bits of a vector; the portable code's are two general registers or what the compiler makes of 16 bytes."""


@dataclass(frozen=True)
class Bench:
    """What the measurements of one program share."""

    program: Program
    seconds: float
    folder: Path
    harness: Harness

    def images(self, count: int) -> NDArray[np.uint8]:
        """Return the same random images each time."""
        return random_images(np.random.default_rng(count), self.program.input, count)


def isas() -> tuple[str, ...]:
    """Return the native instruction sets of this CPU, the fastest last."""
    return tuple(isa for isa in Engine.isas() if isa != "reference")


def from_c(bench: Bench) -> dict[str, dict[str, float]]:
    """Time one image at a time without Python, the instruction sets in turns; nanoseconds an image."""
    case = write_case(bench.folder, "speed", bench.program, bench.images(C_IMAGES))
    first = {isa: bench.harness.run(case, isa, rounds=3).figures["fastest_ns"] for isa in isas()}
    rounds = {isa: int(np.clip(1e9 * bench.seconds / RUNS / (C_IMAGES * ns), 3, 2001)) for isa, ns in first.items()}
    runs: dict[str, list[dict[str, Any]]] = {isa: [] for isa in first}
    for _ in range(RUNS):
        for isa, made in runs.items():
            made.append(bench.harness.run(case, isa, rounds=rounds[isa]).figures)
    return {
        isa: {
            "median_ns": statistics.median(run["median_ns"] for run in made),
            "fastest_ns": min(run["fastest_ns"] for run in made),
        }
        for isa, made in runs.items()
    }


def beside_peers(bench: Bench) -> tuple[dict[str, Any], dict[str, str]]:
    """Time the engine through Python and its peers, in turns; say which peers are left out."""
    first = bench.program.input
    shape = (first.channels, first.height, first.width)
    ways: dict[str, Classify] = {ENGINE: Engine(bench.program).predict}
    left_out: dict[str, str] = {}
    for name, peer in lenet_peers(shape, bench.program.num_classes).items():
        if isinstance(peer, str):
            left_out[name] = peer
        else:
            ways[name] = peer
    batches = {b: measure(ways, bench.images(b), seconds=bench.seconds) for b in BATCHES}
    return {str(b): {name: _rates(speed) for name, speed in row.items()} for b, row in batches.items()}, left_out


def on_threads(bench: Bench) -> dict[str, Any]:
    """Time batches on one and two threads, on all cores, in turns."""
    engine = Engine(bench.program)
    ways: dict[str, Classify] = {str(n): lambda images, n=n: engine.predict(images, threads=n) for n in THREADS}
    found: dict[str, Any] = {}
    for batch in BATCHES[1:]:
        speeds = measure(ways, bench.images(batch), seconds=bench.seconds)
        found[str(batch)] = {threads: _rates(speed) for threads, speed in speeds.items()}
    return found


def _rates(speed: Speed) -> dict[str, float]:
    return dict(zip(RATES, (speed.images_per_second, speed.batch / float(speed.seconds.min())), strict=True))


def limits(bench: Bench, times: dict[str, dict[str, float]], clock: float, issue_width: float) -> dict[str, Any]:
    """Say how far from the machine's limit each counted instruction set is.

    The limit: every instruction that the core can issue in a cycle is one two-input gate on all of the vector's bits.
    """
    gates = sum(gate_equivalents(simplify(expand(bench.program))).values())
    counted: dict[str, Any] = {}
    for isa in ISAS if CAN_COUNT else ():
        if isa not in times:
            continue
        instructions = instructions_an_image(bench.harness, bench.program, isa, bench.folder)
        cycles = times[isa]["fastest_ns"] * clock
        counted[isa] = {
            "instructions": round(instructions),
            "cycles": cycles,
            "instructions_a_cycle": instructions / cycles,
            "share_of_issue_width": instructions / cycles / issue_width,
            "share_of_lanes": gates / (instructions * LANES[isa]),
            "share_of_limit": gates / (cycles * issue_width * LANES[isa]),
        }
    return {"gates": gates, "counted": counted}


def ratios(row: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the ratios of speeds that the goals are put in: of medians, and of the fastest (a busy machine's too)."""
    times, python = row["from_c"], row["python"]
    best = min(times, key=lambda isa: times[isa]["median_ns"])
    found: dict[str, dict[str, float]] = {}
    for isa in times:
        if isa != best:
            found[f"{isa} / {best}, from C"] = _ratio(times[best], times[isa], "median_ns", "fastest_ns")
    for batch in ("1", "256"):
        for name, rates in python[batch].items():
            if name != ENGINE:
                found[f"engine / {name}, batch {batch}"] = _ratio(python[batch][ENGINE], rates, *RATES)
    for batch, rates in row["threads"].items():
        found[f"2 threads / 1, batch {batch}"] = _ratio(rates["2"], rates["1"], *RATES)
    return found


def _ratio(above: dict[str, float], below: dict[str, float], median: str, fastest: str) -> dict[str, float]:
    return {"of_medians": above[median] / below[median], "of_fastest": above[fastest] / below[fastest]}


def measure_program(bench: Bench, name: str, issue_width: float) -> dict[str, Any]:
    """Measure everything about one program."""
    with one_core() as core:
        before = clock_ghz(bench.folder)
        times = from_c(bench)
        python, left_out = beside_peers(bench)
        clock = max(before, clock_ghz(bench.folder))
    row: dict[str, Any] = {
        "program": name,
        "isa": Engine(bench.program).isa,
        "scratch_bytes": Engine(bench.program).scratch_bytes,
        "core": core,
        "clock_ghz": clock,
        "from_c": times,
        "python": python,
        "left_out": left_out,
        "threads": on_threads(bench),
    }
    return {**row, "ratios": ratios(row), "limit": limits(bench, times, clock, issue_width)}


def clock_ghz(folder: Path) -> float:
    """Estimate the clock of the core that this process is kept on, by a chain of additions."""
    binary = folder / "measure_clock"
    if not binary.exists():
        source = Path(__file__).with_name("measure_clock.c")
        subprocess.run([NATIVE.compiler, "-O2", str(source), "-o", str(binary)], check=True)
    return float(subprocess.run([str(binary), "50"], capture_output=True, text=True, check=True).stdout)


def describe_run(options: argparse.Namespace) -> dict[str, Any]:
    """Return machine, versions, commit, command, and how busy the machine is."""
    environment = describe_environment()
    for package in ("onnxruntime", "onnx"):
        try:
            environment["packages"][package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            environment["packages"][package] = "?"
    # Where files lay on this machine is nobody's business.
    arguments = [Path(argument).name for argument in sys.argv[1:]]
    environment["command"] = shlex.join(["python", "benchmarks/engine.py", *arguments])
    load = os.getloadavg()
    return {
        "environment": {**environment, "compiler": compiler_version(), "load_average": load},
        "seconds": options.seconds,
        "issue_width": options.issue_width,
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", help="files of programs, or zoo:NAME")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each figure is measured")
    parser.add_argument("--issue-width", type=float, default=6, help="instructions a cycle at most: Zen 3 and 4, 6")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    programs = {Path(name).stem: load_program(name) for name in options.programs}
    programs = programs or {"39-40-80, n=4, 28x28, random tables": routed_program(0)}
    record: dict[str, Any] = describe_run(options)
    with tempfile.TemporaryDirectory() as name:
        harness = build_harness(Path(name), isas())
        record["programs"] = [
            measure_program(Bench(program, options.seconds, Path(name), harness), title, options.issue_width)
            for title, program in programs.items()
        ]
    print_engine(record, Console())
    if options.out is not None:
        options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
