"""Compares a trained network, the NumPy meaning of its program and every path of the native engine, score by score.

python benchmarks/equality.py RUN [RUN ...] [--json PATH]

All test images of MNIST and of Fashion-MNIST, whatever the run was trained on, and extreme ones; `==`, no tolerance.
Exits with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from lbpnet.config import DataConfig
from lbpnet.data.load import image_size, load_dataset
from lbpnet.engine import Engine, reference_scores
from lbpnet.lowering import extreme_images, lower
from lbpnet.models import LbpNet
from lbpnet.program import Program, from_bytes, to_bytes
from lbpnet.training import RunFolder, load_run_model
from lbpnet.training.evaluate_run import default_checkpoint

SETS = ("mnist", "fashion_mnist")


def paths(program: Program) -> Iterator[tuple[str, Callable[[NDArray[np.uint8]], NDArray[np.int32]]]]:
    """Yield the name of each way of the native engine, and what scores images that way."""
    # One image a call, or a few, never fill a slice: pixels are lanes; in one batch images are.
    for isa in Engine.isas()[1:]:
        for batch, threads in ((1, 1), (37, 2), (10_000, 1), (10_000, 2)):
            yield (
                f"{isa}, batches of {batch:,}, threads {threads}",
                partial(batched, Engine(program, isa), batch, threads),
            )


def batched(engine: Engine, batch: int, threads: int, images: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return scores of images, so many a call."""
    return np.concatenate([engine.scores(images[i : i + batch], threads) for i in range(0, len(images), batch)])


@torch.no_grad()
def network_scores(model: LbpNet, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the network's scores in eval mode."""
    parts = [model(torch.from_numpy(images[i : i + 500])).numpy() for i in range(0, len(images), 500)]
    return np.concatenate(parts)


def compare(run: Path) -> dict[str, Any]:
    """Compare one run's network, reference and engine on every image; return how many scores were compared."""
    folder = RunFolder.open(run)
    config = folder.config()
    model, _ = load_run_model(folder, default_checkpoint(config))
    model.eval()
    program = lower(model, image_size(config.data))
    program = from_bytes(to_bytes(program))
    counts: dict[str, int] = {}
    for name in (*SETS, "extreme"):
        images = extreme_images(program) if name == "extreme" else images_of(name)
        reference = reference_scores(program, images)
        ways = [("network in eval mode", partial(network_scores, model)), *paths(program)]
        for way, scores in ways:
            found = scores(images)
            if found.shape != reference.shape or not np.array_equal(found, reference):
                sys.exit(f"{run}: {name}: {way}: {int((found != reference).sum())} scores differ from the reference")
            counts[way] = counts.get(way, 0) + len(images)
    return {"run": run.name, "images": counts}


def images_of(name: str) -> NDArray[np.uint8]:
    """Return a data set's test images."""
    return load_dataset(DataConfig(dataset=name)).test.images


def main() -> None:
    """Compare the runs, print and record what was compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = []
    for run in options.runs:
        records.append(compare(run))
        for way, count in records[-1]["images"].items():
            Console().print(f"{run.name}: {way}: {count:,} images equal the reference", highlight=False)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
