"""What a program means: a plain NumPy interpreter, the definition that every backend equals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Program,
    Relu,
    Shrink,
    SumPool,
    check_images,
    sources,
)

Array = NDArray[Any]
_BATCH = 256


def reference_scores(program: Program, images: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the scores of images.

    Args:
        program: what to run.
        images: (B, C, H, W) uint8, or (B, H, W) for one channel.

    Returns:
        (B, classes) int32.

    Raises:
        ImageError: wrong dtype or shape.
    """
    images = check_images(program.input, images)
    if len(images) == 0:
        return np.empty((0, program.num_classes), np.int32)
    parts = [reference_values(program, images[i : i + _BATCH])[-2] for i in range(0, len(images), _BATCH)]
    return np.concatenate(parts)


def reference_values(program: Program, images: NDArray[np.uint8]) -> list[Array]:
    """Return the value of every node for a batch of checked images, (B, *shape) each."""
    values: list[Array] = []
    for node in program.nodes:
        if isinstance(node, Input):
            values.append(images)
        else:
            values.append(_MEANINGS[type(node)](node, [values[source] for source in sources(node)]))
    return values


def _shrink(node: Shrink, inputs: list[Array]) -> Array:
    sums = _blocks(inputs[0], node.factor).sum((3, 5), dtype=np.uint32)
    return (sums >> (2 * (node.factor.bit_length() - 1))).astype(inputs[0].dtype)


def _compare(node: Compare, inputs: list[Array]) -> Array:
    (x,) = inputs
    batch, _, height, width = x.shape
    radius = node.window // 2
    padded = np.pad(x, ((0, 0), (0, 0), (radius, radius), (radius, radius)))
    bits = np.empty((batch, len(node.channel), height, width), np.uint8)
    for m, (channel, dy, dx) in enumerate(zip(node.channel, *node.offsets(), strict=True)):
        top, left = radius + dy, radius + dx
        bits[:, m] = padded[:, channel, top : top + height, left : left + width] > x[:, channel]
    return bits


def _encode(node: Encode, inputs: list[Array]) -> Array:
    (x,) = inputs
    kernels, points = node.bits.shape
    maps = np.zeros((x.shape[0], kernels, *x.shape[2:]), np.uint16)
    for i in range(points):
        weight = i if node.code == "pack" else 0
        maps += x[:, node.bits[:, i]].astype(np.uint16) << np.uint16(weight)
    if node.code == "pack":
        maps = np.maximum(maps, node.floor) - np.uint16(node.floor)
    elif node.code == "threshold":
        maps = maps.astype(np.int32) >= node.limit[None, :, None, None]
    return maps.astype(np.uint8 if points <= 8 or node.code != "pack" else np.uint16)


def _join(node: Join, inputs: list[Array]) -> Array:
    return np.concatenate(inputs, axis=1)


def _max_pool(node: MaxPool, inputs: list[Array]) -> Array:
    return _blocks(inputs[0], node.size).max((3, 5))


def _sum_pool(node: SumPool, inputs: list[Array]) -> Array:
    (x,) = inputs
    rows = np.stack([x[:, :, top:bottom].sum(2, dtype=np.int32) for top, bottom in node.rows], axis=2)
    return np.stack([rows[..., left:right].sum(3, dtype=np.int32) for left, right in node.columns], axis=3)


def _add_weights(node: AddWeights, inputs: list[Array]) -> Array:
    features = inputs[0].reshape(len(inputs[0]), -1)
    return (features.astype(np.int64) @ node.weights.T.astype(np.int64) + node.bias).astype(np.int32)


def _relu(node: Relu, inputs: list[Array]) -> Array:
    return np.maximum(inputs[0], 0)


def _argmax(node: Argmax, inputs: list[Array]) -> Array:
    return inputs[0].argmax(1)


_MEANINGS: dict[type[Node], Callable[[Any, list[Array]], Array]] = {
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


def _blocks(x: Array, size: int) -> Array:
    """View (B, C, H, W) as (B, C, H / size, size, W / size, size), without what fills no block."""
    batch, channels, height, width = x.shape
    rows, columns = height // size, width // size
    return x[:, :, : rows * size, : columns * size].reshape(batch, channels, rows, size, columns, size)
