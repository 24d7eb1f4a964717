"""Random valid programs, and images that are hard on them: what every backend is compared on.

`random_program` needs NumPy alone, so benchmarks and fuzzers use it too; a test lets Hypothesis draw its arguments,
and a failure then shrinks to a small program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    TensorType,
)
from lbpnet.program.types import node_type

WIDTHS = (1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70)
HEIGHTS = (1, 2, 3, 4, 7, 8, 11, 16, 17, 28, 40)
WINDOWS = (3, 5, 7, 9)
LARGEST_WEIGHTS = (1, 3, 7, 127)  # ternary, 3, 4 and 8 bits

Draw = np.random.Generator


@dataclass(frozen=True)
class Limits:
    """How large random programs get."""

    steps: int = 8
    comparisons: int = 24
    kernels: int = 10
    pack_points: int = 6
    count_points: int = 9
    classes: int = 12
    windows: int = 4


@dataclass(frozen=True)
class Size:
    """The image and the length of a random program; None is drawn."""

    channels: int | None = None
    height: int | None = None
    width: int | None = None
    steps: int | None = None


def random_program(draw: Draw, size: Size | None = None, limits: Limits | None = None) -> Program:
    """Return a valid program that depends on the generator and the arguments alone."""
    size, limits = size or Size(), limits or Limits()
    height = size.height or int(draw.choice(HEIGHTS) if draw.random() < 0.8 else draw.integers(1, 41))
    width = size.width or int(draw.choice(WIDTHS) if draw.random() < 0.8 else draw.integers(1, 71))
    growing = _Growing(draw, limits, Input(size.channels or int(draw.integers(1, 5)), height, width))
    steps = size.steps if size.steps is not None else int(draw.integers(1, limits.steps + 1))
    for _ in range(steps):
        growing.step()
    return growing.finish()


class _Growing:
    """A program that grows node by node; only sources of the last few nodes are likely, so that it gets deep."""

    def __init__(self, draw: Draw, limits: Limits, image: Input) -> None:
        self.draw, self.limits = draw, limits
        self.nodes: list[Node] = [image]
        self.types: list[TensorType] = [node_type(image, (), "input")]

    def _add(self, node: Node, *sources: int) -> int:
        where = f"node {len(self.nodes)} ({type(node).__name__})"
        self.types.append(node_type(node, [self.types[source] for source in sources], where))
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _integer(self, low: int, high: int) -> int:
        return int(self.draw.integers(low, high + 1))

    def _flip(self, chance: float) -> bool:
        return bool(self.draw.random() < chance)

    def _pick(self, among: Sequence[int]) -> int:
        """One of the nodes, recent ones more often."""
        return among[max(len(among) - 1 - int(self.draw.geometric(0.6) - 1), 0)]

    def step(self) -> None:
        """Add one node, or a comparison with its encoding."""
        every = range(len(self.nodes))
        bits = [i for i in every if self.types[i].high == 1]
        roomy = [i for i in every if min(self.types[i].shape[1:]) >= 2]
        kind = self.draw.random()
        if kind < 0.1 and bits:
            self._encode(self._pick(bits))
        elif kind < 0.2 and roomy:
            self._smaller(Shrink, self._pick(roomy))
        elif kind < 0.35 and roomy:
            self._smaller(MaxPool, self._pick(roomy))
        elif kind < 0.5:
            self._join(self._pick(every))
        else:
            compared = self._compare(self._pick(every))
            for _ in range(self._integer(0, 2) if bits else 1):
                self._encode(compared)

    def _compare(self, source: int) -> int:
        window = int(self.draw.choice(WINDOWS))
        count = self._integer(1, self.limits.comparisons)
        channel = self.draw.integers(0, self.types[source].shape[0], count)
        tap = self.draw.integers(0, window * window, count)
        if self._flip(0.3):  # some against themselves
            tap[self.draw.random(count) < 0.3] = window * window // 2
        if self._flip(0.4):  # some twice
            again = self.draw.integers(0, count, count)
            channel, tap = channel[again], tap[again]
        return self._add(Compare(source, window, _table(channel), _table(tap)), source)

    def _encode(self, source: int) -> int:
        code = ("pack", "count", "threshold")[self._integer(0, 2)]
        points = self._integer(1, self.limits.pack_points if code == "pack" else self.limits.count_points)
        kernels = self._integer(1, self.limits.kernels)
        bits = self.draw.integers(0, self.types[source].shape[0], (kernels, points))
        if self._flip(0.3):
            bits = bits[self.draw.integers(0, kernels, kernels)]
        floor = 0
        if code == "pack" and self._flip(0.6):
            floor = (1 << points - 1) - 1 if self._flip(0.6) else self._integer(0, (1 << points) - 2)
        limit = self.draw.integers(-1, points + 3, kernels if code == "threshold" else 0)
        return self._add(Encode(source, code, _table(bits), floor, _table(limit)), source)

    def _smaller(self, kind: type[Shrink] | type[MaxPool], source: int) -> None:
        factor = 4 if self._flip(0.3) and min(self.types[source].shape[1:]) >= 4 else 2
        self._add(kind(source, factor), source)

    def _join(self, like: int) -> int:
        side = self.types[like].shape[1:]
        same = [i for i, kind in enumerate(self.types) if kind.shape[1:] == side]
        chosen = tuple(int(i) for i in self.draw.choice(same, self._integer(1, 3)))
        if sum(self.types[i].shape[0] for i in chosen) > 3 * self.limits.comparisons:
            chosen = (like,)
        return self._add(Join(chosen), *chosen)

    def finish(self) -> Program:
        """Pool, weigh and decide."""
        pooled = self._pick(range(len(self.nodes)))
        if self._flip(0.6):
            pooled = self._join(pooled)
        channels, height, width = self.types[pooled].shape
        pool = self._add(SumPool(pooled, self._windows(height), self._windows(width)), pooled)
        features = channels * self.types[pool].shape[1] * self.types[pool].shape[2]
        classes = self._integer(2, self.limits.classes)
        weights, bias = self._weights(classes, features, self.types[pool].high)
        head = self._add(AddWeights(pool, weights, bias), pool)
        self.nodes.append(Argmax(head))
        return Program(tuple(self.nodes))

    def _windows(self, side: int) -> Table:
        """Even, or random: uneven, overlapping, in any order."""
        count = self._integer(1, min(self.limits.windows, side))
        if self._flip(0.5):
            edges = np.arange(count + 1) * side // count
            return _table(np.stack([edges[:-1], edges[1:]], 1))
        starts = self.draw.integers(0, side, count)
        return _table(np.stack([starts, self.draw.integers(starts, side) + 1], 1))

    def _weights(self, classes: int, features: int, high: int) -> tuple[Table, Table]:
        largest = int(self.draw.choice(LARGEST_WEIGHTS))
        weights = self.draw.integers(-largest, largest + 1, (classes, features))
        if self._flip(0.5):
            weights[:, self.draw.random(features) < self.draw.random()] = 0
        while high * np.abs(weights).sum(1).max() >= 1 << 31:
            weights[:, self.draw.random(features) < 0.5] = 0
        room = (1 << 31) - 1 - high * int(np.abs(weights).sum(1).max())
        reach = int(self.draw.choice((0, min(100, room), room)))
        return _table(weights), _table(self.draw.integers(-reach, reach + 1, classes))


def random_images(draw: Draw, image: Input, count: int) -> NDArray[np.uint8]:
    """Return (count, C, H, W) images: noise of 256 or of few grey levels, so that many pixels are equal."""
    images = draw.integers(0, 256, (count, image.channels, image.height, image.width))
    levels = draw.choice((1, 2, 3, 5, 256), count)[:, None, None, None]
    return (images * levels // 256 * 255 // np.maximum(levels - 1, 1)).astype(np.uint8)


def adversarial_images(image: Input) -> NDArray[np.uint8]:
    """Return (10, C, H, W): black, white, one grey, checkerboards both ways, gradients four ways, one bright pixel."""
    y, x = np.mgrid[: image.height, : image.width]
    board = (y + x) % 2 * 255
    right, down = x * 255 // max(image.width - 1, 1), y * 255 // max(image.height - 1, 1)
    bright = (y == image.height // 2) & (x == image.width - 1)
    planes = [0 * x, 0 * x + 255, 0 * x + 128, board, 255 - board, right, down, 255 - right, 255 - down, bright * 255]
    stack = np.stack(planes).astype(np.uint8)[:, None]
    # Each channel another plane: comparisons never mix channels, joins and sums do.
    return np.concatenate([np.roll(stack, c, axis=0) for c in range(image.channels)], axis=1)


def kinds(program: Program) -> set[str]:
    """Return what a program contains, in words: node types, codes, single-pixel sides."""
    codes = {node.code for node in program.nodes if isinstance(node, Encode)}
    return {type(node).__name__ for node in program.nodes} | set(codes)


def _table(values: NDArray[np.integer]) -> Table:
    return np.ascontiguousarray(values, dtype=np.int32)
