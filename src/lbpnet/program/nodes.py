"""The nodes of an integer program: what each computes, in integers."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int32]
Code = Literal["pack", "count", "threshold"]


@dataclass(frozen=True)
class Input:
    """The image: uint8 (channels, height, width). Always node 0, and no other."""

    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class Shrink:
    """Averages factor x factor blocks of the image, `sum >> 2 log2(factor)`; what fills no block is dropped."""

    source: int
    factor: int


@dataclass(frozen=True, eq=False)
class Compare:
    """Comparison m: `[x[channel[m], p + o] > x[channel[m], p]]`, zero outside the image.

    The offset o = (dy, dx) is `tap[m]`, row-major in the window: tap = (dy + r) * window + (dx + r), r = window // 2.
    """

    source: int
    window: int
    channel: Table
    tap: Table

    def offsets(self) -> tuple[Table, Table]:
        """Return dy and dx of each comparison, pixels."""
        radius = self.window // 2
        return self.tap // self.window - radius, self.tap % self.window - radius


@dataclass(frozen=True, eq=False)
class Encode:
    """Map k from the bits `x[bits[k, i]]`, i = 0 .. n - 1.

    `pack`: `max(v, floor) - floor` with v = sum of bit i * 2^i; `count`: the number of ones;
    `threshold`: `[count >= limit[k]]`. `floor` is 0 but for `pack`; `limit` is empty but for `threshold`.
    """

    source: int
    code: Code
    bits: Table
    floor: int
    limit: Table


@dataclass(frozen=True)
class Join:
    """The channels of several tensors of one height and width, one after the other."""

    sources: tuple[int, ...]


@dataclass(frozen=True)
class MaxPool:
    """Largest value of each size x size block (OR, for bits), size 2 or 4; what fills no block is dropped."""

    source: int
    size: int


@dataclass(frozen=True, eq=False)
class SumPool:
    """Feature (channel, i, j) = sum over rows[i, 0] <= y < rows[i, 1], columns[j, 0] <= x < columns[j, 1]."""

    source: int
    rows: Table
    columns: Table


@dataclass(frozen=True, eq=False)
class AddWeights:
    """Scores `bias[c] + sum of weights[c, f] * features[f]`: additions, subtractions and shifts of features.

    Features are flattened channel first, then row, then column of the pooled grid.
    """

    source: int
    weights: Table
    bias: Table


@dataclass(frozen=True)
class Relu:
    """Feature u = `max(0, scores[u])`: hidden units, which an `AddWeights` reads."""

    source: int


@dataclass(frozen=True)
class Argmax:
    """The class with the largest score; the lowest index among equals. Always the last node, and no other."""

    source: int


Node = Input | Shrink | Compare | Encode | Join | MaxPool | SumPool | AddWeights | Argmax | Relu


@cache
def field_types(kind: type[Node]) -> dict[str, object]:
    """Return the declared type of each field of a kind of node: int, Table, Code or tuple[int, ...]."""
    return typing.get_type_hints(kind)


def sources(node: Node) -> tuple[int, ...]:
    """Return the indices of the nodes that a node reads."""
    if isinstance(node, Input):
        return ()
    return node.sources if isinstance(node, Join) else (node.source,)
