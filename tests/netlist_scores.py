"""Scores of a netlist, channel by channel: a second reading of the format, that shares no code with the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lbpnet.program.netlist import Channel, Coded, Compared, Constant, ImageChannel, Netlist, Shrunk

Plane = NDArray[np.int64]


def netlist_planes(netlist: Netlist, images: NDArray[np.uint8]) -> list[Plane]:
    """Return the value of every channel for images (B, C, H, W); each has its side and stays within its range."""
    planes: list[Plane] = []
    for channel, side, high in zip(netlist.channels, netlist.sides, netlist.highs, strict=True):
        plane = _plane(channel, (len(images), *side), images, planes)
        assert plane.shape[1:] == side, (channel, plane.shape, side)
        assert plane.min() >= 0 and plane.max() <= high, (channel, plane.max(), high)
        planes.append(plane)
    return planes


def netlist_scores(netlist: Netlist, images: NDArray[np.uint8]) -> Plane:
    """Return the scores of images (B, C, H, W): (B, classes)."""
    planes = netlist_planes(netlist, images)
    features = np.concatenate([_window_sums(planes[c], netlist) for c in netlist.pooled], axis=1)
    scores = [(features * row).sum(1) + bias for row, bias in zip(netlist.weights, netlist.bias, strict=True)]
    return np.stack(scores, axis=1)


def _window_sums(plane: Plane, netlist: Netlist) -> Plane:
    """Sums of windows from one table of sums over all rectangles that start at the origin."""
    total = np.pad(plane.cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0)))
    (top, bottom), (left, right) = netlist.rows.T, netlist.columns.T
    strips = total[:, bottom] - total[:, top]
    return (strips[:, :, right] - strips[:, :, left]).reshape(len(plane), -1)


def _plane(channel: Channel, shape: tuple[int, ...], images: NDArray[np.uint8], planes: Sequence[Plane]) -> Plane:
    if isinstance(channel, ImageChannel):
        return images[:, channel.index].astype(np.int64)
    if isinstance(channel, Constant):
        return np.full(shape, channel.value, np.int64)
    if isinstance(channel, Compared):
        source = planes[channel.source]
        return (_moved(source, channel.dy, channel.dx) > source).astype(np.int64)
    if isinstance(channel, Coded):
        return _coded(channel, [planes[bit] for bit in channel.bits], shape)
    if isinstance(channel, Shrunk):
        return _strided(planes[channel.source], channel.factor, shape).sum(0) // channel.factor**2
    return _strided(planes[channel.source], channel.size, shape).max(0)


def _moved(plane: Plane, dy: int, dx: int) -> Plane:
    """The plane read at p + (dy, dx); zero outside."""
    _, height, width = plane.shape
    y, x = np.arange(height) + dy, np.arange(width) + dx
    inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None, :]
    return np.where(inside, plane[:, np.clip(y, 0, height - 1)][:, :, np.clip(x, 0, width - 1)], 0)


def _coded(channel: Coded, bits: Sequence[Plane], shape: tuple[int, ...]) -> Plane:
    value = np.zeros(shape, np.int64)
    for i, bit in enumerate(bits):
        value += bit * 2**i if channel.code == "pack" else bit
    if channel.code == "threshold":
        return (value >= channel.limit).astype(np.int64)
    return np.where(value > channel.floor, value - channel.floor, 0)


def _strided(plane: Plane, size: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The size * size planes of pixels at one place in their block."""
    height, width = shape[1] * size, shape[2] * size
    return np.stack([plane[:, y:height:size, x:width:size] for y in range(size) for x in range(size)])
