"""Programs like those of trained routed networks, with random tables: what speed is measured on, which tables and
pixels hardly change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lbpnet.program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Program,
    Shrink,
    SumPool,
    Table,
)

KERNELS = (39, 40, 80)
WINDOW, GRID, CLASSES = 5, 4, 10


def routed_program(
    seed: int,
    *,
    kernels: Sequence[int] = KERNELS,
    points: int = 4,
    shrink: int = 1,
    grid: int = GRID,
    floor: bool = True,
    pool_at: Sequence[int] = (),
    image: int = 28,
) -> Program:
    """Return stages of packed bits with the floor of `bit_pack`, a 4 x 4 grid of sums, ternary weights.

    With the defaults it is what `lower` makes of preset `routed_mnist`. `floor` False is code `binary`; the maps that
    there are after the stages `pool_at` are halved.
    """
    draw = np.random.default_rng(seed)
    nodes: list[Node] = [Input(1, image, image)]
    if shrink > 1:
        nodes.append(Shrink(0, shrink))
    joined, channels, side = [len(nodes) - 1], 1, image // shrink
    for stage, count in enumerate(kernels):
        if len(joined) > 1:
            nodes.append(Join(tuple(joined)))
        route = draw.integers(0, channels, count * points).astype(np.int32)
        tap = draw.integers(0, WINDOW * WINDOW, count * points).astype(np.int32)
        nodes.append(Compare(len(nodes) - 1, WINDOW, route, tap))
        bits = np.arange(count * points, dtype=np.int32).reshape(count, points)
        nodes.append(Encode(len(nodes) - 1, "pack", bits, (1 << points - 1) - 1 if floor else 0, np.zeros(0, np.int32)))
        joined.append(len(nodes) - 1)
        channels += count
        if stage in pool_at:
            nodes.append(Join(tuple(joined)))
            nodes.append(MaxPool(len(nodes) - 1, 2))
            joined, side = [len(nodes) - 1], side // 2
    if len(joined) > 1:
        nodes.append(Join(tuple(joined if pool_at else joined[1:])))
    windows = _windows(side, grid)
    nodes.append(SumPool(len(nodes) - 1, windows, windows))
    weights = draw.integers(-1, 2, (CLASSES, (channels if pool_at else channels - 1) * grid * grid)).astype(np.int32)
    nodes.append(AddWeights(len(nodes) - 1, weights, draw.integers(-99, 100, CLASSES).astype(np.int32)))
    nodes.append(Argmax(len(nodes) - 1))
    return Program(tuple(nodes))


def _windows(side: int, grid: int) -> Table:
    """As long as the longest must be, the last takes the rest; where none were left for it, by parts of the side."""
    length = -(-side // grid)
    ends = np.arange(1, grid + 1, dtype=np.int32)
    ends = np.minimum(ends * length, side) if (grid - 1) * length < side else ends * side // grid
    return np.stack([[0, *ends[:-1]], ends], 1).astype(np.int32)
