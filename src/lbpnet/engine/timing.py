"""Speed of ways to classify, measured side by side on one core."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Classify = Callable[[NDArray[np.uint8]], object]
"""Takes (B, C, H, W) uint8 pixels, returns B classes."""

PERCENTILES = (50, 90, 99)
_ROUNDS = 5


@dataclass(frozen=True)
class Speed:
    """Seconds of each call of one way at one batch size."""

    batch: int
    seconds: NDArray[np.float64]

    @property
    def images_per_second(self) -> float:
        """Return the batch over the median call."""
        return self.batch / float(np.median(self.seconds))

    def percentiles(self) -> dict[str, float]:
        """Return `p50`, `p90`, `p99` of a call, in microseconds."""
        values = np.percentile(self.seconds, PERCENTILES) * 1e6
        return {f"p{share}": float(value) for share, value in zip(PERCENTILES, values, strict=True)}


def measure(ways: Mapping[str, Classify], images: NDArray[np.uint8], *, seconds: float) -> dict[str, Speed]:
    """Time every way on one batch; the ways take turns, so that a busy moment of the machine meets all of them.

    Args:
        ways: what to time.
        images: the batch.
        seconds: how long each way is called in all, after one call that does not count; it is called at least once.

    Returns:
        The speed of each way.
    """
    calls: dict[str, list[float]] = {name: [] for name in ways}
    for classify in ways.values():
        classify(images)
    for turn in range(1, _ROUNDS + 1):
        for name, classify in ways.items():
            spent = sum(calls[name])
            while not calls[name] or spent < seconds * turn / _ROUNDS:
                start = time.perf_counter()
                classify(images)
                calls[name].append(time.perf_counter() - start)
                spent += calls[name][-1]
    return {name: Speed(len(images), np.array(values)) for name, values in calls.items()}


@contextmanager
def one_core() -> Iterator[int | None]:
    """Keep this process on one of its cores meanwhile, and give the core's number; None where the system cannot."""
    if sys.platform != "linux":
        yield None
        return
    before = os.sched_getaffinity(0)
    core = max(before)  # interrupts are often served by the first
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)
