"""Operations that a program executes an image, by kind and by part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..program.netlist import Channel, Coded, Compared, Largest, Netlist, Shrunk
from .operations import Operations


def signed_digits(weight: int) -> tuple[tuple[int, int], ...]:
    """Return the canonical signed digits of a weight as (power, sign): `weight = sum of sign * 2^power`.

    No two neighbouring powers are used, and no other signed form has fewer digits: 7 = 8 - 1, 5 = 4 + 1.

    Source: Reitwieser 1960, non-adjacent form.
    """
    digits, power = [], 0
    while weight:
        if weight & 1:
            sign = 2 - (weight & 3)  # 1 where the next bit is 0, else -1
            digits.append((power, sign))
            weight -= sign
        weight, power = weight >> 1, power + 1
    return tuple(digits)


def program_operations(netlist: Netlist) -> dict[str, Operations]:
    """Count a netlist from uint8 pixels to the class index, by part.

    Each channel is computed once a pixel, on whole numbers, as `program/nodes.py` defines it:

    - comparison: 1 compare, on the border too;
    - `pack` of n bits: n - 1 shifts, n - 1 logic; with a floor 1 compare and 1 add;
    - `count`: n - 1 adds; `threshold`: 1 compare more; equal bits that other maps count too are counted again;
    - shrink by f: f^2 - 1 adds, 1 shift; largest of s x s: s^2 - 1 compares, of bits s^2 - 1 logic;
    - sums: rows of each window first, then columns;
    - weights: 1 add for each canonical signed digit, 1 shift for each digit above the lowest place; the
      accumulators start at the biases; a weight of 0 costs nothing;
    - hidden units: 1 compare each, and the weights that read them as above;
    - argmax: classes - 1 compares.

    Returns:
        `shrink`, `compare`, `encode`, `pool`, `sum`, `weights`, `hidden`, `argmax`: those that occur.
    """
    parts: dict[str, Operations] = {}
    for channel, (height, width) in zip(netlist.channels, netlist.sides, strict=True):
        part, operations = _channel_operations(channel, netlist.highs)
        if part:
            parts[part] = parts.get(part, Operations()) + operations.times(height * width)
    parts["sum"] = _sum_operations(netlist)
    parts["weights"] = _weight_operations(netlist.weights)
    for layer in netlist.layers:
        units = Operations(compare=layer.weights.shape[1])
        parts["hidden"] = parts.get("hidden", Operations()) + units + _weight_operations(layer.weights)
    parts["argmax"] = Operations(compare=netlist.classes - 1)
    return parts


def _channel_operations(channel: Channel, highs: tuple[int, ...]) -> tuple[str, Operations]:
    if isinstance(channel, Shrunk):
        return "shrink", Operations(add=channel.factor**2 - 1, shift=1)
    if isinstance(channel, Compared):
        return "compare", Operations(compare=1)
    if isinstance(channel, Coded):
        return "encode", _code_operations(channel)
    if isinstance(channel, Largest):
        return "pool", Operations(logic=3) if highs[channel.source] == 1 else Operations(compare=3)
    return "", Operations()


def _code_operations(channel: Coded) -> Operations:
    others = len(channel.bits) - 1
    if channel.code == "pack":
        floor = int(channel.floor > 0)
        return Operations(shift=others, logic=others, compare=floor, add=floor)
    return Operations(add=others, compare=int(channel.code == "threshold"))


def _sum_operations(netlist: Netlist) -> Operations:
    rows = np.diff(netlist.rows, axis=1) - 1
    columns = np.diff(netlist.columns, axis=1) - 1
    adds = 0
    for name in netlist.pooled:
        _, width = netlist.sides[name]
        adds += int(rows.sum()) * width + len(netlist.rows) * int(columns.sum())
    return Operations(add=adds)


def _weight_operations(weights: NDArray[np.int64]) -> Operations:
    adds = shifts = 0
    values, counts = np.unique(weights, return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        digits = signed_digits(value)
        adds += count * len(digits)
        shifts += count * sum(power > 0 for power, _ in digits)
    return Operations(add=adds, shift=shifts)
