"""Where pooled sums lie while rows come in, and in which order their weights are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...program.netlist import Netlist

_GROUP = 4
"""Columns whose weights lie together."""


def window_slots(netlist: Netlist) -> list[int]:
    """Return a slot for each window row, such that windows that have a row in common have slots of their own."""
    order = sorted(range(len(netlist.rows)), key=lambda i: int(netlist.rows[i, 0]))
    slots = [0] * len(order)
    free_from: list[int] = []
    for window in order:
        start, end = netlist.rows[window].tolist()
        slot = next((s for s, row in enumerate(free_from) if row <= start), len(free_from))
        free_from[slot : slot + 1] = [end]
        slots[window] = slot
    return slots


def highest_sum(netlist: Netlist) -> int:
    """Return the largest value that a pooled sum can have."""
    heights, widths = np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)
    return int(heights.max()) * int(widths.max()) * max(netlist.highs[c] for c in netlist.pooled)


def sum_bytes(netlist: Netlist) -> int:
    """Return the bytes of the smallest unsigned type that holds every pooled sum."""
    highest = highest_sum(netlist)
    return 1 if highest < 1 << 8 else 2 if highest < 1 << 16 else 4


def weight_bits(netlist: Netlist) -> int:
    """Return the planes of a weight, an even number: the bits of the two's complement that holds every weight."""
    largest = max(int(netlist.weights.max()), -1 - int(netlist.weights.min()))
    return 2 * (largest.bit_length() // 2 + 1)


def pack_weights(weights: NDArray[np.int64], bits: int) -> bytes:
    """Return (maps, columns, classes) weights packed: see `runtime/lbp_head.h`."""
    maps, columns, classes = weights.shape
    padded = np.pad(weights, ((0, 0), (0, -columns % _GROUP), (0, 0))).reshape(maps, -1, _GROUP, classes)
    planes = padded[..., None] >> np.arange(bits - 1, -1, -1) & 1
    halves = (planes << np.arange(_GROUP)[:, None, None]).sum(2)
    return (halves[..., ::2] << 4 | halves[..., 1::2]).astype(np.uint8).tobytes()
