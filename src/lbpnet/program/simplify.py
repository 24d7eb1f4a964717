"""Passes over a netlist: constant folding, merging of equal channels, dropping of dead ones.

Every pass keeps the scores of every image (`tests/unit/program`, `tests/parity`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .netlist import Channel, Coded, Compared, Constant, Largest, Netlist, Shrunk, channel_sources


def simplify(netlist: Netlist) -> Netlist:
    """Return an equal netlist with constants folded, equal channels merged, and dead channels dropped."""
    return drop_dead(merge_features(merge_equal(netlist)))


def merge_equal(netlist: Netlist) -> Netlist:
    """Fold constants and give channels that compute the same one name, in one sweep in order of evaluation.

    Merging is by structure: two comparisons of one channel at one offset are one bit, and so are the maps made of
    equal bits. Since folding may make channels equal, both happen as each channel is met.
    """
    known: dict[tuple[Channel, tuple[int, int]], int] = {}
    channels: list[Channel] = []
    sides: list[tuple[int, int]] = []
    highs: list[int] = []
    names: list[int] = []
    for channel, side, high in zip(netlist.channels, netlist.sides, netlist.highs, strict=True):
        folded = _fold(_rename(channel, names), side, channels)
        if isinstance(folded, int):
            names.append(folded)
            continue
        key = (folded, side)
        if key not in known:
            known[key] = len(channels)
            channels.append(folded)
            sides.append(side)
            highs.append(_high(folded, high))
        names.append(known[key])
    pooled = tuple(names[c] for c in netlist.pooled)
    return replace(netlist, channels=tuple(channels), sides=tuple(sides), highs=tuple(highs), pooled=pooled)


def merge_features(netlist: Netlist) -> Netlist:
    """Add up the weights of equal channels, move constants into the biases, drop channels without a weight."""
    classes = len(netlist.bias)
    windows = len(netlist.rows) * len(netlist.columns)
    weights = netlist.weights.reshape(classes, len(netlist.pooled), windows)
    areas = np.outer(np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)).reshape(-1)
    bias = netlist.bias.copy()
    merged: dict[int, NDArray[np.int64]] = {}
    for position, name in enumerate(netlist.pooled):
        channel = netlist.channels[name]
        if isinstance(channel, Constant):
            bias += channel.value * (weights[:, position] @ areas)
        else:
            merged[name] = merged.get(name, np.zeros((classes, windows), np.int64)) + weights[:, position]
    kept = [name for name, columns in merged.items() if columns.any()]
    if not kept:  # the scores are constants; an engine still sums something
        kept = [netlist.pooled[0]]
    blank = np.zeros((classes, windows), np.int64)
    table = np.concatenate([merged.get(name, blank) for name in kept], axis=1)
    return replace(netlist, pooled=tuple(kept), weights=table, bias=bias)


def drop_dead(netlist: Netlist) -> Netlist:
    """Drop the channels that no score depends on."""
    alive = np.zeros(len(netlist.channels), bool)
    alive[list(netlist.pooled)] = True
    for index in reversed(range(len(netlist.channels))):
        if alive[index]:
            alive[list(channel_sources(netlist.channels[index]))] = True
    names = (np.cumsum(alive) - 1).tolist()
    kept = np.flatnonzero(alive).tolist()
    return replace(
        netlist,
        channels=tuple(_rename(netlist.channels[index], names) for index in kept),
        sides=tuple(netlist.sides[index] for index in kept),
        highs=tuple(netlist.highs[index] for index in kept),
        pooled=tuple(names[c] for c in netlist.pooled),
    )


def _high(channel: Channel, high: int) -> int:
    if isinstance(channel, Constant):
        return channel.value
    return len(channel.bits) if isinstance(channel, Coded) and channel.code == "count" else high


def _rename(channel: Channel, names: list[int]) -> Channel:
    if isinstance(channel, Shrunk):
        return Shrunk(names[channel.source], channel.factor)
    if isinstance(channel, Compared):
        return Compared(names[channel.source], channel.dy, channel.dx)
    if isinstance(channel, Largest):
        return Largest(names[channel.source])
    if isinstance(channel, Coded):
        return Coded(channel.code, tuple(names[b] for b in channel.bits), channel.floor, channel.limit)
    return channel


def _fold(channel: Channel, side: tuple[int, int], channels: list[Channel]) -> Channel | int:
    """Return a simpler equal channel, or the index of an earlier equal one."""
    if isinstance(channel, Compared):
        outside = abs(channel.dy) >= side[0] or abs(channel.dx) >= side[1]
        itself = channel.dy == 0 and channel.dx == 0
        if outside or itself or isinstance(channels[channel.source], Constant):
            return Constant(0)  # zero outside exceeds nothing, and no value exceeds itself
    elif isinstance(channel, Largest | Shrunk):
        source = channels[channel.source]
        if isinstance(source, Constant):
            return source
    elif isinstance(channel, Coded):
        return _fold_code(channel, channels)
    return channel


def _fold_code(channel: Coded, channels: list[Channel]) -> Channel | int:
    values = [c.value if isinstance(c, Constant) else None for c in (channels[b] for b in channel.bits)]
    if channel.code == "pack":
        if all(value is not None for value in values):
            packed = sum((value or 0) << i for i, value in enumerate(values))
            return Constant(max(packed, channel.floor) - channel.floor)
        return channel.bits[0] if len(values) == 1 else channel
    # Order does not matter to a count, and zeros add nothing.
    bits = tuple(sorted(b for b, value in zip(channel.bits, values, strict=True) if value != 0))
    ones = sum(isinstance(channels[b], Constant) for b in bits)
    if channel.code == "count":
        if len(bits) == ones:
            return Constant(ones)
        return bits[0] if len(bits) == 1 else Coded("count", bits, 0, 0)
    if channel.limit <= ones or channel.limit > len(bits):
        return Constant(int(channel.limit <= ones))
    return bits[0] if len(bits) == 1 else Coded("threshold", bits, 0, channel.limit)
