"""Claim: a routed network reaches 98 % on MNIST within half a minute on two cores, counted from the process's start.

python benchmarks/time_to_accuracy.py [--network linear] [--epochs 2] [--batch 64] [--split val] [--seed 0] [--out F]

Trains 39-40-80 stages on cached data: `linear`, with positions that are learned and a pooled linear head
(networks.py); or `hidden`, preset `routed_mnist_hidden`, positions as drawn. Evaluates several times an epoch, the
latter as the integer program; evaluations count. With `--split val` 5,000 training images are held out and watched
instead: there the settings were chosen. This measures speed: an accuracy met while watching the test set is no result.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openmp_asleep as openmp_asleep
import torch
from networks import PooledLinearNet, hidden_net, routed_optimizer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from lbpnet.config import DataConfig
from lbpnet.data.hold_out import hold_out
from lbpnet.data.load import load_dataset
from lbpnet.training.allocator import keep_freed_memory
from lbpnet.training.environment import describe_environment

GOALS = (0.97, 0.98, 0.985, 0.99)
EVALUATIONS_PER_EPOCH = 4


@dataclass(frozen=True)
class Moment:
    """What an evaluation found."""

    seconds: float
    epoch: float
    accuracy: float


def seconds_since_process_start() -> float:
    """Return the age of this process (Linux), or of this module's import."""
    stat, uptime = Path("/proc/self/stat"), Path("/proc/uptime")
    if not stat.exists():
        return time.perf_counter() - _IMPORTED
    ticks = float(stat.read_text().rpartition(")")[2].split()[19])
    return float(uptime.read_text().split()[0]) - ticks / 100


_IMPORTED = time.perf_counter()


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images that the model classifies rightly."""
    model.eval()
    right = sum(int((model(x).argmax(1) == y).sum()) for x, y in zip(images.split(500), labels.split(500), strict=True))
    model.train()
    return right / len(labels)


def load(split: str) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return training and watched images with labels, as tensors."""
    config = DataConfig(dataset="mnist", val_size=5000 if split == "val" else 0)
    data = load_dataset(config, progress=False)
    training, validation = hold_out(data, config)
    watched = data.test if validation is None else validation
    pairs = [(torch.from_numpy(s.images), torch.from_numpy(s.labels)) for s in (training, watched)]
    return pairs[0], pairs[1]


def train(options: argparse.Namespace, console: Console) -> list[Moment]:
    """Train and watch; return every evaluation."""
    (images, labels), watched = load(options.split)
    if options.network == "hidden":
        model = hidden_net(options.seed, tuple(images.shape[2:]))
        optimizer = torch.optim.Adam(model.head.parameters(), options.lr)
    else:
        model = PooledLinearNet(generator=torch.Generator().manual_seed(options.seed))
        optimizer = routed_optimizer(model, options.lr)
    steps = len(images) // options.batch
    total = steps * options.epochs
    peaks = [group["lr"] for group in optimizer.param_groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=total + 1, pct_start=0.2)
    order = np.random.default_rng(options.seed)
    moments = []
    for epoch in range(options.epochs):
        shuffled = torch.from_numpy(order.permutation(len(images))[: steps * options.batch])
        for step, index in enumerate(shuffled.split(options.batch), start=1):
            loss = nn.functional.cross_entropy(model(images[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if step * EVALUATIONS_PER_EPOCH // steps > (step - 1) * EVALUATIONS_PER_EPOCH // steps:
                found = accuracy(model, *watched)
                now = Moment(seconds_since_process_start(), epoch + step / steps, found)
                moments.append(now)
                console.print(f"{now.seconds:6.1f} s  epoch {now.epoch:.2f}  {100 * found:.2f} %")
                if found >= GOALS[-1]:
                    return moments
    return moments


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=("linear", "hidden"), default="linear")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.003)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--split", choices=("test", "val"), default="test")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()
    console = Console()
    moments = train(options, console)
    table = Table(box=None)
    table.add_column(f"accuracy on the {options.split} images")
    table.add_column("seconds from process start", justify="right")
    for goal in GOALS:
        first = next((m for m in moments if m.accuracy >= goal), None)
        table.add_row(f"{100 * goal:g} %", "not reached" if first is None else f"{first.seconds:.0f}")
    console.print(table)
    if options.out is not None:
        settings = {k: v for k, v in vars(options).items() if k != "out"}
        record = {
            "environment": describe_environment(),
            "settings": settings,
            "moments": [vars(m) for m in moments],
        }
        options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
