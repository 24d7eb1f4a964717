"""Shape and value range of every node, and the rules that make a node valid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ProgramError
from .nodes import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Relu,
    Shrink,
    SumPool,
    Table,
    field_types,
)

Kind = Literal["maps", "features", "scores", "class"]

MAX_SIDE = 4096
MAX_CHANNELS = 16_384
MAX_ELEMENTS = 1 << 26
MAX_POINTS = 16
MAX_WINDOW = 63
MAX_CLASSES = 4096


@dataclass(frozen=True)
class TensorType:
    """What a node gives: its kind, its shape without the batch, and its smallest and largest possible value."""

    kind: Kind
    shape: tuple[int, ...]
    low: int
    high: int

    @property
    def bits(self) -> int:
        """Return the width of an unsigned (low >= 0) or two's complement number that holds every value."""
        if self.low >= 0:
            return max(self.high.bit_length(), 1)
        return max(self.high.bit_length(), (-self.low - 1).bit_length()) + 1


def check_fields(node: Node, where: str) -> None:
    """Check that numbers are Python's integers and tables int32 arrays: the rules rely on it, and so does the file.

    Raises:
        ProgramError: names the field that is something else.
    """
    for name, hint in field_types(type(node)).items():
        value = getattr(node, name)
        if hint is int:
            _expect(type(value) is int, where, name, "an integer", f"{type(value).__name__} {value!r}")
        elif hint == Table:
            got = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
            _expect(got == np.int32, where, name, "an int32 array", got)
        elif hint == tuple[int, ...]:
            integers = isinstance(value, tuple) and all(type(v) is int for v in value)
            _expect(integers, where, name, "a tuple of integers", f"{value!r}")


def node_type(node: Node, sources: Sequence[TensorType], where: str) -> TensorType:
    """Return a node's type.

    Raises:
        ProgramError: names the field that breaks a rule.
    """
    return _RULES[type(node)](node, sources, where)


def _input(node: Input, _: Sequence[TensorType], where: str) -> TensorType:
    return _maps(where, (node.channels, node.height, node.width), 255)


def _shrink(node: Shrink, sources: Sequence[TensorType], where: str) -> TensorType:
    channels, height, width = _need(sources[0], "maps", where).shape
    _expect(node.source == 0, where, "source", "0, the image", node.source)
    _expect(node.factor in (2, 4), where, "factor", "2 or 4", node.factor)
    return _maps(where, (channels, height // node.factor, width // node.factor), sources[0].high)


def _compare(node: Compare, sources: Sequence[TensorType], where: str) -> TensorType:
    channels, height, width = _need(sources[0], "maps", where).shape
    window = node.window
    _expect(3 <= window <= MAX_WINDOW and window % 2 == 1, where, "window", f"odd, 3 to {MAX_WINDOW}", window)
    _expect(node.channel.shape == node.tap.shape, where, "tap", f"shape {node.channel.shape}", node.tap.shape)
    _table(node.channel, where, "channel", 1, 0, channels - 1)
    _table(node.tap, where, "tap", 1, 0, window * window - 1)
    return _maps(where, (len(node.channel), height, width), 1)


def _encode(node: Encode, sources: Sequence[TensorType], where: str) -> TensorType:
    channels, height, width = _need(sources[0], "maps", where).shape
    _expect(sources[0].high == 1, where, "source", "maps of single bits", f"values up to {sources[0].high}")
    _table(node.bits, where, "bits", 2, 0, channels - 1)
    kernels, points = node.bits.shape
    _expect(1 <= points <= MAX_POINTS, where, "bits", f"1 to {MAX_POINTS} a map", points)
    top = {"pack": (1 << points) - 1, "count": points, "threshold": 1}.get(node.code, -1)
    _expect(top >= 0, where, "code", "pack, count or threshold", node.code)
    largest = top - 1 if node.code == "pack" else 0
    _expect(0 <= node.floor <= largest, where, "floor", f"0 to {largest}", node.floor)
    if node.code == "threshold":
        _table(node.limit, where, "limit", 1, -(1 << 15), 1 << 15)
    expected = kernels if node.code == "threshold" else 0
    _expect(node.limit.shape == (expected,), where, "limit", f"shape {(expected,)}", node.limit.shape)
    return _maps(where, (kernels, height, width), top - node.floor)


def _join(node: Join, sources: Sequence[TensorType], where: str) -> TensorType:
    _expect(1 <= len(node.sources) <= 64, where, "sources", "1 to 64 nodes", len(node.sources))
    sides = [_need(source, "maps", where).shape[1:] for source in sources]
    _expect(len(set(sides)) == 1, where, "sources", "one height and width", sides)
    channels = sum(source.shape[0] for source in sources)
    return _maps(where, (channels, *sides[0]), max(source.high for source in sources))


def _max_pool(node: MaxPool, sources: Sequence[TensorType], where: str) -> TensorType:
    channels, height, width = _need(sources[0], "maps", where).shape
    _expect(node.size in (2, 4), where, "size", "2 or 4", node.size)
    return _maps(where, (channels, height // node.size, width // node.size), sources[0].high)


def _sum_pool(node: SumPool, sources: Sequence[TensorType], where: str) -> TensorType:
    channels, height, width = _need(sources[0], "maps", where).shape
    area = _windows(node.rows, height, where, "rows") * _windows(node.columns, width, where, "columns")
    high = area * sources[0].high
    _expect(high < 1 << 31, where, "rows", "sums below 2^31", high)
    shape = (channels, len(node.rows), len(node.columns))
    _expect(math.prod(shape) <= MAX_ELEMENTS, where, "rows", f"at most {MAX_ELEMENTS:,} features", shape)
    return TensorType("features", shape, 0, high)


def _add_weights(node: AddWeights, sources: Sequence[TensorType], where: str) -> TensorType:
    features = math.prod(_need(sources[0], "features", where).shape)
    _expect(node.weights.ndim == 2, where, "weights", "shape (classes, features)", node.weights.shape)
    _table(node.weights, where, "weights", 2, -127, 127)
    _expect(node.weights.shape[1] == features, where, "weights", f"{features} a class", node.weights.shape[1])
    classes = len(node.weights)
    _expect(2 <= classes <= MAX_CLASSES, where, "weights", f"2 to {MAX_CLASSES} classes", classes)
    _expect(node.bias.shape == (classes,), where, "bias", f"shape {(classes,)}", node.bias.shape)
    bias = node.bias.astype(np.int64)
    up = sources[0].high * np.maximum(node.weights, 0).sum(1, dtype=np.int64)
    down = sources[0].high * np.minimum(node.weights, 0).sum(1, dtype=np.int64)
    high, low = int((bias + up).max()), int((bias + down).min())
    # Partial sums, in any order, are bounded by the sum of magnitudes.
    reach = int((abs(bias) + up - down).max())
    _expect(reach < 1 << 31, where, "weights", "scores within 32 bits", f"up to {reach}")
    return TensorType("scores", (classes,), low, high)


def _relu(node: Relu, sources: Sequence[TensorType], where: str) -> TensorType:
    (units,) = _need(sources[0], "scores", where).shape
    return TensorType("features", (units, 1, 1), 0, max(sources[0].high, 0))


def _argmax(node: Argmax, sources: Sequence[TensorType], where: str) -> TensorType:
    (classes,) = _need(sources[0], "scores", where).shape
    return TensorType("class", (), 0, classes - 1)


_RULES: dict[type, Callable[[Any, Sequence[TensorType], str], TensorType]] = {
    Input: _input,
    Shrink: _shrink,
    Compare: _compare,
    Encode: _encode,
    Join: _join,
    MaxPool: _max_pool,
    SumPool: _sum_pool,
    AddWeights: _add_weights,
    Argmax: _argmax,
    Relu: _relu,
}


def _maps(where: str, shape: tuple[int, ...], high: int) -> TensorType:
    channels, *sides = shape
    _expect(1 <= channels <= MAX_CHANNELS, where, "channels", f"1 to {MAX_CHANNELS}", channels)
    _expect(all(1 <= side <= MAX_SIDE for side in sides), where, "shape", f"sides of 1 to {MAX_SIDE} pixels", sides)
    _expect(math.prod(shape) <= MAX_ELEMENTS, where, "shape", f"at most {MAX_ELEMENTS:,} elements", shape)
    return TensorType("maps", shape, 0, high)


def _windows(table: Table, side: int, where: str, name: str) -> int:
    """Check pooling windows along one side; return the longest."""
    _table(table, where, name, 2, 0, side)
    _expect(table.shape[1] == 2, where, name, "(windows, 2): start and end", table.shape)
    lengths: NDArray[np.int32] = table[:, 1] - table[:, 0]
    _expect(int(lengths.min()) >= 1, where, name, "windows of at least one pixel", int(lengths.min()))
    return int(lengths.max())


def _table(table: Table, where: str, name: str, ndim: int, low: int, high: int) -> None:
    _expect(table.ndim == ndim and table.size > 0, where, name, f"{ndim} dimensions, not empty", table.shape)
    smallest, largest = int(table.min()), int(table.max())
    _expect(low <= smallest and largest <= high, where, name, f"{low} to {high}", f"{smallest} to {largest}")


def _need(source: TensorType, kind: Kind, where: str) -> TensorType:
    _expect(source.kind == kind, where, "source", kind, source.kind)
    return source


def _expect(ok: bool, where: str, name: str, expected: object, got: object) -> None:
    if not ok:
        raise ProgramError(f"{where}: {name}: expected {expected}, got {got!s:.200}")
