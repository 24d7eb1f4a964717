"""Claim: a training step runs many times faster, in a fraction of the memory, than plain torch and grid sampling.

python benchmarks/train_step.py [--batch 256] [--steps 3] [--threads 1 2] [--out train_step.json]

Every way runs in this one process, in turn, after a warm-up step; figures are medians over steps, ratios are within
the run. Peak memory is the growth of the resident set over a step (Linux only; elsewhere `?`).
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import openmp_asleep as openmp_asleep
import torch
from networks import Step, as_it_is, grid_sample_comparison, routed_step, seed_step
from rich.console import Console
from rich.table import Table
from roofline import measure_machine, routed_work, seed_work

from lbpnet import PRESETS
from lbpnet.ops.native import VARIABLE
from lbpnet.training.allocator import keep_freed_memory
from lbpnet.training.environment import describe_environment


@dataclass(frozen=True)
class Way:
    """One way to compute one network's step."""

    network: str
    name: str
    build: Callable[[], Step]
    context: Callable[[], AbstractContextManager[object]]
    kernels: str
    batch_share: int = 1
    """The batch is divided by this (slow or large ways); figures are an image, so they stay comparable."""


@dataclass(frozen=True)
class Row:
    """What was measured."""

    network: str
    name: str
    threads: int
    batch: int
    images_per_second: float
    spread: float
    peak_megabytes: float | None
    outside_kernels: float | None
    """Share of the step's time outside our kernels; None where there are none."""


SEED, ROUTED = "paper_mnist_rp_full60k", "39-40-80, n=4, pooled linear head"
WAYS = (
    Way(SEED, "native kernels", seed_step, as_it_is, "auto"),
    Way(SEED, "plain torch", seed_step, as_it_is, "off"),
    Way(SEED, "grid sample", seed_step, grid_sample_comparison, "off", batch_share=8),
    Way(ROUTED, "native kernels", routed_step, as_it_is, "auto"),
    Way(ROUTED, "plain torch", routed_step, as_it_is, "off", batch_share=8),
)


def peak_growth(run: Callable[[], object]) -> float | None:
    """Return by how many MB a call's peak resident set exceeds what was resident before it."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not clear.exists():
        return None
    gc.collect()
    # Blocks that an earlier way freed are still resident; without giving them back nothing would seem to grow.
    ctypes.CDLL(None).malloc_trim(0)
    clear.write_text("5")
    before = _kilobytes(status, "VmRSS")
    run()
    return (_kilobytes(status, "VmHWM") - before) / 1024


def _kilobytes(status: Path, field: str) -> float:
    line = next(line for line in status.read_text().splitlines() if line.startswith(f"{field}:"))
    return float(line.split()[1])


def measure(way: Way, *, batch: int, steps: int, threads: int) -> Row:
    """Time one way; the first step is a warm-up and tells the memory."""
    os.environ[VARIABLE] = way.kernels
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    size = max(2, batch // way.batch_share)
    images = torch.randint(0, 256, (size, 1, 28, 28), dtype=torch.uint8)
    labels = torch.randint(0, 10, (size,))
    with way.context():
        step = way.build()
        peak = peak_growth(lambda: step(images, labels))
        seconds = []
        for _ in range(steps):
            started = time.perf_counter()
            step(images, labels)
            seconds.append(time.perf_counter() - started)
        outside = share_outside_kernels(lambda: step(images, labels)) if way.kernels != "off" else None
    median = statistics.median(seconds)
    spread = (max(seconds) - min(seconds)) / median
    scaled = None if peak is None else peak * batch / size
    return Row(way.network, way.name, threads, size, size / median, spread, scaled, outside)


def share_outside_kernels(run: Callable[[], object]) -> float:
    """Return the share of a call's time, by torch's profiler, that no native kernel of ours took."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        run()
    events = profile.key_averages()
    total = sum(event.self_cpu_time_total for event in events)
    return 1 - sum(event.self_cpu_time_total for event in events if "Native" in event.key) / total


def print_rows(rows: list[Row], console: Console) -> None:
    """Print one table a network, with ratios to its native row of the same number of threads."""
    for network in dict.fromkeys(row.network for row in rows):
        table = Table(title=network, title_justify="left", box=None)
        for heading in (
            "way",
            "threads",
            "images/s",
            "spread",
            "native is x times faster",
            "MB a batch",
            "native needs 1/x",
            "outside kernels",
        ):
            table.add_column(heading, justify="left" if heading == "way" else "right")
        for row in (r for r in rows if r.network == network):
            base = next(
                r for r in rows if r.network == network and r.threads == row.threads and r.name.startswith("native")
            )
            memory = "?" if row.peak_megabytes is None else f"{row.peak_megabytes:,.0f}"
            saving = "?"
            if row.peak_megabytes is not None and base.peak_megabytes:
                saving = f"{row.peak_megabytes / base.peak_megabytes:.1f}"
            table.add_row(
                row.name,
                str(row.threads),
                f"{row.images_per_second:,.0f}",
                f"{100 * row.spread:.0f} %",
                f"{base.images_per_second / row.images_per_second:.1f}",
                memory,
                saving,
                "" if row.outside_kernels is None else f"{100 * row.outside_kernels:.0f} %",
            )
        console.print(table)


def roofline(rows: list[Row]) -> list[str]:
    """Return a line for each network: its native one-thread step beside what one core can do."""
    machine = measure_machine(1)
    work = {SEED: seed_work(PRESETS[SEED]), ROUTED: routed_work((39, 40, 80), points=4, side=28)}
    return [
        f"{row.network}: {machine.line(work[row.network], row.images_per_second)}"
        for row in rows
        if row.threads == 1 and row.name == "native kernels"
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    keep_freed_memory()
    console = Console()
    rows: list[Row] = []
    for threads in options.threads:
        for way in WAYS:
            rows.append(measure(way, batch=options.batch, steps=options.steps, threads=threads))
            console.print(f"{way.network}: {way.name}, {threads} thread(s): {rows[-1].images_per_second:,.0f} images/s")
    print_rows(rows, console)
    roofs = roofline(rows)
    for line in roofs:
        console.print(line, soft_wrap=True)
    if options.out is not None:
        os.environ[VARIABLE] = "auto"
        record = {"environment": describe_environment(), "rows": [asdict(row) for row in rows], "roofline": roofs}
        options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
