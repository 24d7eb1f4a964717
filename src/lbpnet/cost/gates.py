"""Two-input gate equivalents of a program as an unrolled circuit: every pixel, adder and comparator built once.

Inverters and constants are free (a two-input gate takes either polarity). Cost of the blocks:

- full adder 5, half adder 2; in the highest place of a sum, whose carry never leaves, 1 for each signal after the
  first (an XOR);
- comparator `x > y` of b bits: 1 + 4 (b - 1); with a constant: one gate a bit, from the constant's lowest 1 upwards,
  without the first;
- multiplexer of b bits: 3 b.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..program.netlist import Channel, Coded, Compared, Largest, Netlist, Shrunk
from .program_operations import signed_digits

FULL_ADDER = 5
HALF_ADDER = 2
_MULTIPLEXER = 3


def gate_equivalents(netlist: Netlist) -> dict[str, int]:
    """Count a netlist's gates, by part: `shrink`, `compare`, `encode`, `pool`, `sum`, `weights`, `hidden`, `argmax`.

    A comparison with a pixel outside the image is the constant 0 and costs nothing; gates that this would simplify
    further up are counted whole, and so are equal gates that different sums could share.
    """
    parts: dict[str, int] = {}
    for channel, side in zip(netlist.channels, netlist.sides, strict=True):
        part, gates = _channel_gates(channel, side, netlist.highs)
        if part:
            parts[part] = parts.get(part, 0) + gates
    parts["sum"] = _sum_gates(netlist)
    areas = np.outer(np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)).reshape(-1).tolist()
    highs = [netlist.highs[name] * area for name in netlist.pooled for area in areas]
    parts["weights"], top, bits = _weight_gates(netlist.weights, netlist.bias, highs)
    for layer in netlist.layers:
        # A hidden unit's bits pass where its sign is clear; the widest sum bounds all units.
        units, relu = layer.weights.shape[1], bits - 1
        gates, top, bits = _weight_gates(layer.weights, layer.bias, [max(top, 0)] * units)
        parts["hidden"] = parts.get("hidden", 0) + units * relu + gates
    parts["argmax"] = argmax_gates(netlist.classes, bits)
    return parts


def comparator_gates(bits: int) -> int:
    """Return the gates of `x > y`: `x & ~y` in the lowest place, `x & ~y | (x | ~y) & below` in the others."""
    return 1 + 4 * (bits - 1)


def adder_gates(columns: Iterable[int], width: int) -> int:
    """Return the gates that add up signals: `columns[p]` of weight 2^p each, into a sum of `width` bits.

    In each place full adders take three signals while there are three, then a half adder two; carries join the next.
    """
    counts = [*columns][:width]
    counts += [0] * (width - len(counts))
    gates = 0
    for place, signals in enumerate(counts):
        if place == width - 1:
            return gates + max(signals - 1, 0)
        full, half = max(signals - 1, 0) // 2, int(signals > 0 and signals % 2 == 0)
        gates += FULL_ADDER * full + HALF_ADDER * half
        counts[place + 1] += full + half
    return gates


def argmax_gates(classes: int, score_bits: int) -> int:
    """Return the gates of the argmax: each later class against the best so far, whose score and index are kept.

    Signed scores compare like unsigned ones whose highest bit is inverted. The last class's score needs no keeping.
    """
    index_bits = (classes - 1).bit_length()
    steps = classes - 1
    kept = _MULTIPLEXER * (score_bits * (steps - 1) + index_bits * steps)
    return comparator_gates(score_bits) * steps + kept


def _bits(high: int) -> int:
    return max(high.bit_length(), 1)


def _channel_gates(channel: Channel, side: tuple[int, int], highs: tuple[int, ...]) -> tuple[str, int]:
    height, width = side
    if isinstance(channel, Compared):
        inside = max(height - abs(channel.dy), 0) * max(width - abs(channel.dx), 0)
        return "compare", inside * comparator_gates(_bits(highs[channel.source]))
    if isinstance(channel, Shrunk):
        area, bits = channel.factor**2, _bits(highs[channel.source])
        return "shrink", height * width * adder_gates([area] * bits, _bits(area * highs[channel.source]))
    if isinstance(channel, Largest):
        bits = _bits(highs[channel.source])
        larger = 1 if bits == 1 else comparator_gates(bits) + _MULTIPLEXER * bits
        return "pool", height * width * 3 * larger
    return ("encode", height * width * _code_gates(channel)) if isinstance(channel, Coded) else ("", 0)


def _code_gates(channel: Coded) -> int:
    """Return the gates of one pixel's code.

    `pack` without a floor is wires. With the shifted ReLU's floor 2^(n-1) - 1 it is the lower n - 1 bits plus one
    (half adders above the lowest, which only inverts), where the highest bit is set. Other floors: compare and
    subtract the constant (two gates a bit), where larger.
    """
    points = len(channel.bits)
    if channel.code == "pack":
        if channel.floor == 0:
            return 0
        if channel.floor == (1 << (points - 1)) - 1:
            return HALF_ADDER * (points - 2) + points
        return _constant_comparator_gates(points, channel.floor + 1) + 3 * points
    bits = _bits(points)
    counted = adder_gates([points], bits)
    if channel.code == "count":
        return counted
    return counted + _constant_comparator_gates(bits, channel.limit) if 0 < channel.limit <= points else 0


def _constant_comparator_gates(bits: int, limit: int) -> int:
    """Return the gates of `x >= limit`, limit > 0: for each place above its lowest 1 an AND (its bit is 1) or OR."""
    lowest = (limit & -limit).bit_length() - 1
    return bits - 1 - lowest


def _sum_gates(netlist: Netlist) -> int:
    areas = np.outer(np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)).reshape(-1).tolist()
    gates = 0
    for name in netlist.pooled:
        high = netlist.highs[name]
        gates += sum(adder_gates([area] * _bits(high), _bits(area * high)) for area in areas)
    return gates


def _weight_gates(weights: NDArray[np.int64], bias: NDArray[np.int64], highs: list[int]) -> tuple[int, int, int]:
    """Return the gates of all sums of features up to `highs`, the largest sum, and the bits of a sum.

    A signed digit -2^p adds the inverted bits of its feature; what that is too much joins the class's constant, whose
    1 bits are added like signals.
    """
    largest = np.array(highs, np.int64)
    top = int((bias + np.maximum(weights, 0) @ largest).max())
    bottom = int((bias + np.minimum(weights, 0) @ largest).min())
    width = max(top.bit_length(), (-bottom - 1).bit_length() if bottom < 0 else 0) + 1
    gates = 0
    for row, constant in zip(weights.tolist(), bias.tolist(), strict=True):
        columns = [0] * width
        for weight, high in zip(row, highs, strict=True):
            for power, sign in signed_digits(weight):
                for place in range(power, min(power + _bits(high), width)):
                    columns[place] += 1
                if sign < 0:
                    constant -= ((1 << _bits(high)) - 1) << power
        for place in range(width):
            columns[place] += constant >> place & 1
        gates += adder_gates(columns, width)
    return gates, top, width
