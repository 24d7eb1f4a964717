"""Maps of a program as nodes of an ONNX graph.

Maps are (B, C, H, W) uint8, or int32 where values exceed 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...program import Compare, Encode, Join, MaxPool, Shrink, TensorType
from .graph import Graph

Index = NDArray[np.integer]


@dataclass(frozen=True)
class Maps:
    """Maps in a graph: channel m is channel `order[m]` of a tensor, so that equal channels are computed once."""

    tensor: str
    order: Index
    kind: TensorType

    @classmethod
    def whole(cls, tensor: str, kind: TensorType) -> Maps:
        """Return the maps that a tensor holds in order."""
        return cls(tensor, np.arange(kind.shape[0]), kind)

    @property
    def dtype(self) -> type[np.generic]:
        """Return the type of the elements."""
        return np.uint8 if self.kind.high <= 255 else np.int32

    @property
    def sides(self) -> tuple[int, int]:
        """Return height and width, pixels."""
        return self.kind.shape[1], self.kind.shape[2]


def ordered(graph: Graph, maps: Maps) -> str:
    """Return a tensor whose channels are the maps in order."""
    if np.array_equal(maps.order, np.arange(maps.kind.shape[0])):  # a tensor has no channel that no map needs
        return maps.tensor
    return graph.gather(maps.tensor, maps.order)


def shrink(graph: Graph, node: Shrink, source: Maps, kind: TensorType) -> Maps:
    """Sum blocks and shift the sums right."""
    blocks = _blocks(graph, graph.cast(source.tensor, np.int32), source.sides, kind, node.factor)
    sums = graph.add("ReduceSum", blocks, graph.constant([3, 5]), keepdims=0)
    shift = graph.constant(2 * (node.factor.bit_length() - 1), np.uint32)
    shifted = graph.add("BitShift", graph.cast(sums, np.uint32), shift, direction="RIGHT")
    return Maps.whole(graph.cast(shifted, np.uint8), kind)


def compare(graph: Graph, node: Compare, source: Maps, kind: TensorType) -> Maps:
    """Compare once for each position of the window: its channels, shifted, with the same channels."""
    radius = node.window // 2
    height, width = source.sides
    padding = graph.constant([0, 0, radius, radius, 0, 0, radius, radius])
    padded = graph.add("Pad", source.tensor, padding)
    pairs, order = np.unique(np.stack([node.tap, source.order[node.channel]], 1), axis=0, return_inverse=True)
    bits = []
    for tap in np.unique(pairs[:, 0]):
        channels = pairs[pairs[:, 0] == tap, 1]
        top, left = divmod(int(tap), node.window)
        neighbour = graph.slice(graph.gather(padded, channels), y=(top, top + height), x=(left, left + width))
        bits.append(graph.add("Greater", neighbour, graph.gather(source.tensor, channels)))
    return Maps(graph.cast(graph.concat(bits), np.uint8), order.reshape(-1), kind)


def encode(graph: Graph, node: Encode, source: Maps, kind: TensorType) -> Maps:
    """Gather bit i of every map, shift it to its place and join by OR, or add."""
    points = node.bits.shape[1]
    bits = [graph.gather(source.tensor, source.order[node.bits[:, i]]) for i in range(points)]
    if node.code == "pack":
        return Maps.whole(_pack(graph, bits, node.floor, kind), kind)
    count = bits[0]
    for bit in bits[1:]:
        count = graph.add("Add", count, bit)
    if node.code == "threshold":
        limit = np.clip(node.limit, 0, 255)[:, None, None]  # counts end at 16: 255 is never reached
        count = graph.cast(graph.add("GreaterOrEqual", count, graph.constant(limit, np.uint8)), np.uint8)
    return Maps.whole(count, kind)


def _pack(graph: Graph, bits: list[str], floor: int, kind: TensorType) -> str:
    unsigned = np.uint8 if len(bits) <= 8 else np.uint32
    value = ""
    for i, bit in enumerate(bits):
        wide = bit if unsigned is np.uint8 else graph.cast(bit, np.uint32)
        shifted = wide if i == 0 else graph.add("BitShift", wide, graph.constant(i, unsigned), direction="LEFT")
        value = graph.add("BitwiseOr", value, shifted) if value else shifted
    if floor:
        least = graph.constant(floor, unsigned)
        value = graph.add("Sub", graph.add("Max", value, least), least)
    dtype = Maps.whole(value, kind).dtype
    return value if unsigned is dtype else graph.cast(value, dtype)


def join(graph: Graph, node: Join, sources: list[Maps], kind: TensorType) -> Maps:
    """Concatenate channels, all as wide as the widest."""
    dtype = Maps.whole("", kind).dtype
    parts = [ordered(graph, part) for part in sources]
    parts = [
        name if part.dtype is dtype else graph.cast(name, dtype) for name, part in zip(parts, sources, strict=True)
    ]
    return Maps.whole(graph.concat(parts), kind)


def max_pool(graph: Graph, node: MaxPool, source: Maps, kind: TensorType) -> Maps:
    """Take the largest of each block."""
    if source.dtype is np.uint8:
        sides = [node.size, node.size]
        return Maps.whole(graph.add("MaxPool", ordered(graph, source), kernel_shape=sides, strides=sides), kind)
    blocks = _blocks(graph, ordered(graph, source), source.sides, kind, node.size)
    return Maps.whole(graph.add("ReduceMax", blocks, graph.constant([3, 5]), keepdims=0), kind)


def _blocks(graph: Graph, tensor: str, sides: tuple[int, int], kind: TensorType, size: int) -> str:
    """View a tensor as (B, C, H / size, size, W / size, size), without what fills no block."""
    channels, rows, columns = kind.shape
    if sides != (rows * size, columns * size):
        tensor = graph.slice(tensor, y=(0, rows * size), x=(0, columns * size))
    return graph.add("Reshape", tensor, graph.constant([0, channels, rows, size, columns, size]))
