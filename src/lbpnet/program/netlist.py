"""A program channel by channel: the graph that engines run, and that operations and gates are counted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .nodes import Code, Table


@dataclass(frozen=True)
class ImageChannel:
    """Channel `index` of the image, 8 bits."""

    index: int


@dataclass(frozen=True)
class Shrunk:
    """`source` averaged over blocks: see `nodes.Shrink`."""

    source: int
    factor: int


@dataclass(frozen=True)
class Compared:
    """One bit: `[source[p + (dy, dx)] > source[p]]`, zero outside."""

    source: int
    dy: int
    dx: int


@dataclass(frozen=True)
class Coded:
    """A map from bits: see `nodes.Encode`."""

    code: Code
    bits: tuple[int, ...]
    floor: int
    limit: int


@dataclass(frozen=True)
class Largest:
    """Largest of each 2 x 2 block of `source`; a `nodes.MaxPool` of 4 is two of them."""

    source: int


@dataclass(frozen=True)
class Constant:
    """The same value at every pixel."""

    value: int


Channel = ImageChannel | Shrunk | Compared | Coded | Largest | Constant


def channel_sources(channel: Channel) -> tuple[int, ...]:
    """Return the channels that a channel reads."""
    if isinstance(channel, Coded):
        return channel.bits
    return () if isinstance(channel, ImageChannel | Constant) else (channel.source,)


@dataclass(frozen=True, eq=False)
class Layer:
    """What reads hidden units: `weights . max(0, sums) + bias`.

    Attributes:
        weights: (outputs, units).
        bias: (outputs,).
    """

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Netlist:
    """Channels in order of evaluation, then pooled sums, then weights, then the layers behind them.

    Attributes:
        channels: each reads only earlier ones.
        sides: height and width of each.
        highs: largest value of each; the smallest is 0.
        pooled: the channels that are summed.
        rows, columns: windows of the sums, (windows, 2): start, end.
        weights: (classes, pooled * rows * columns); with hidden units theirs: (units, ...).
        bias: (classes,) or (units,).
        layers: what reads the hidden units, in order; the last gives the scores. Empty without hidden units.
    """

    channels: tuple[Channel, ...]
    sides: tuple[tuple[int, int], ...]
    highs: tuple[int, ...]
    pooled: tuple[int, ...]
    rows: Table
    columns: Table
    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    layers: tuple[Layer, ...] = ()

    @property
    def classes(self) -> int:
        """Return the number of scores."""
        return len(self.layers[-1].bias if self.layers else self.bias)

    def count(self, kind: type[Channel]) -> int:
        """Return how many channels are of a kind."""
        return sum(isinstance(channel, kind) for channel in self.channels)
