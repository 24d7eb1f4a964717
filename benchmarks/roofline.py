"""What a training step must compute and move, beside what the machine can do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from lbpnet.config import RunConfig
from lbpnet.data.load import image_size

# Additions, multiplications, divisions and comparisons of one evaluation (a point of a channel at a pixel), counted in
# csrc/shared_lbp_kernel.h (with four points a cell), routed_projection_kernel.h and routed_lbp_kernel.h; forward and
# backward.
SHARED_EVALUATION = 9 + 34
GATE, GATE_PER_BIT = 30, 3
ROUTED_EVALUATION = 3 + 15


@dataclass(frozen=True)
class Work:
    """Of one image: floating point operations, and bytes that must move between memory and the core."""

    operations: float
    megabytes: float


@dataclass(frozen=True)
class Machine:
    """What was measured here: fp32 operations a second (matrix product) and bytes a second (copy, both ways)."""

    operations: float
    bytes: float

    def line(self, work: Work, images_per_second: float) -> str:
        """Say how far a step is from what arithmetic and memory allow."""
        arithmetic, memory = work.operations / self.operations, work.megabytes * 1e6 / self.bytes
        took = 1 / images_per_second
        return (
            f"{work.operations / 1e6:.1f} MFLOP and {work.megabytes:.2f} MB an image; at {self.operations / 1e9:.0f} "
            f"GFLOP/s and {self.bytes / 1e9:.1f} GB/s that is {1e6 * arithmetic:.0f} and {1e6 * memory:.0f} us; "
            f"it takes {1e6 * took:.0f} us: {100 * arithmetic / took:.0f} % of the arithmetic roof"
        )


def measure_machine(threads: int) -> Machine:
    """Time a matrix product and a copy larger than any cache."""
    torch.set_num_threads(threads)
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    product = _median_seconds(lambda: a @ b)
    source = torch.rand(1 << 25)
    target = torch.empty_like(source)
    copy = _median_seconds(lambda: target.copy_(source))
    return Machine(2 * 1024**3 / product, 2 * 4 * source.numel() / copy)


def _median_seconds(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def seed_work(config: RunConfig) -> Work:
    """Count a step of a seed preset: comparisons, gates and 1x1 residuals; each map moves once a pass that needs it."""
    blocks, layer = config.model.blocks, config.model.lbp_layer
    points, k = layer.num_patterns * layer.num_points, blocks.rp_config.n_bits_per_out
    (height, width), channels = image_size(config.data), config.data.in_channels
    operations = moved = 0.0
    for index, kernels in enumerate(blocks.channels_per_stage):
        pixels = height * width
        if index in blocks.downsample_at:
            height, width = height // 2, width // 2
        small = height * width
        operations += points * channels * pixels * SHARED_EVALUATION
        operations += kernels * pixels * (GATE + GATE_PER_BIT * k) + 3 * 2 * channels * kernels * small
        # x read twice and its gradient written; counts and gate sums as bytes, written and read; residual, output,
        # their gradients.
        moved += 4 * 3 * channels * pixels + 2 * points * pixels + 3 * kernels * small + 4 * 6 * kernels * small
        channels = kernels
    return Work(operations, moved / 1e6)


def routed_work(kernels: tuple[int, ...], points: int, side: int) -> Work:
    """Count a step of routed stages at full resolution: maps read and written once each way."""
    pixels, outputs = side * side, sum(kernels)
    operations = outputs * points * pixels * ROUTED_EVALUATION
    # Written, read by later stages and by the pool, read again backward; gradients written, added to, read.
    return Work(operations, 4 * pixels * (outputs + 1) * 6 / 1e6)
