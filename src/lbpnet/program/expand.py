"""Program to netlist, channel by channel, as it is written: nothing merged, folded or dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import ProgramError
from .netlist import Channel, Coded, Compared, ImageChannel, Largest, Layer, Netlist, Shrunk
from .nodes import AddWeights, Compare, Encode, Input, Join, MaxPool, Node, Relu, Shrink, SumPool
from .program import Program
from .types import TensorType


def expand(program: Program) -> Netlist:
    """Return the netlist of a program.

    Raises:
        ProgramError: the scores do not come from pooled sums.
    """
    channels: list[Channel] = []
    sides: list[tuple[int, int]] = []
    highs: list[int] = []
    tensors: list[tuple[int, ...]] = []  # the channels of each node

    def add(rows: list[Channel], kind: TensorType) -> tuple[int, ...]:
        first = len(channels)
        channels.extend(rows)
        sides.extend([(kind.shape[1], kind.shape[2])] * len(rows))
        highs.extend([kind.high] * len(rows))
        return tuple(range(first, len(channels)))

    for node, kind in zip(program.nodes, program.types, strict=True):
        if kind.kind != "maps":
            tensors.append(())
        elif isinstance(node, Join):
            tensors.append(tuple(c for source in node.sources for c in tensors[source]))
        elif isinstance(node, MaxPool):
            tensors.append(_enlarge(node, program, tensors[node.source], add))
        else:
            tensors.append(add(_channels(node, tensors), kind))
    head, *hidden = head_layers(program)
    pool = program.nodes[head.source]
    if not isinstance(pool, SumPool):
        raise ProgramError(f"node {head.source}: expected pooled sums below the weights")
    pooled = tensors[pool.source]
    highs = _join_highs(highs, channels)
    return Netlist(
        tuple(channels),
        tuple(sides),
        tuple(highs),
        pooled,
        pool.rows,
        pool.columns,
        head.weights.astype("int64"),
        head.bias.astype("int64"),
        tuple(Layer(layer.weights.astype("int64"), layer.bias.astype("int64")) for layer in hidden),
    )


def head_layers(program: Program) -> list[AddWeights]:
    """Return the layers of the head: the one that reads the features, then those that read hidden units.

    Raises:
        ProgramError: hidden units that are not made by weights.
    """
    layers = [program.head]
    while isinstance(relu := program.nodes[layers[0].source], Relu):
        below = program.nodes[relu.source]
        if not isinstance(below, AddWeights):
            raise ProgramError(f"node {relu.source}: expected weights below hidden units")
        layers.insert(0, below)
    return layers


def _enlarge(
    node: MaxPool,
    program: Program,
    sources: tuple[int, ...],
    add: Callable[[list[Channel], TensorType], tuple[int, ...]],
) -> tuple[int, ...]:
    """Add the largest of 2 x 2 blocks, twice for blocks of 4."""
    kind = program.types[node.source]
    for _ in range(node.size // 2):
        channels, height, width = kind.shape
        kind = replace(kind, shape=(channels, height // 2, width // 2))
        sources = add([Largest(source) for source in sources], kind)
    return sources


def _channels(node: Node, tensors: list[tuple[int, ...]]) -> list[Channel]:
    if isinstance(node, Input):
        return [ImageChannel(index) for index in range(node.channels)]
    if isinstance(node, Shrink):
        return [Shrunk(source, node.factor) for source in tensors[node.source]]
    if isinstance(node, Compare):
        x, (dy, dx) = tensors[node.source], node.offsets()
        rows = zip(node.channel.tolist(), dy.tolist(), dx.tolist(), strict=True)
        return [Compared(x[c], row, column) for c, row, column in rows]
    if isinstance(node, Encode):
        x = tensors[node.source]
        limits = node.limit.tolist() if node.code == "threshold" else [0] * len(node.bits)
        return [
            Coded(node.code, tuple(x[b] for b in bits), node.floor, limit)
            for bits, limit in zip(node.bits.tolist(), limits, strict=True)
        ]
    raise ProgramError(f"{type(node).__name__}: not a node of maps")


def _join_highs(highs: list[int], channels: list[Channel]) -> list[int]:
    """Give pooled channels their own source's range: a joined tensor knows only the largest of all."""
    exact = list(highs)
    for index, channel in enumerate(channels):
        if isinstance(channel, Largest | Shrunk):
            exact[index] = exact[channel.source]
    return exact
