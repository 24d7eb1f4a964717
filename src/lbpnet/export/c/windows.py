"""Where pooled sums lie while rows come in, and in which order their weights are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...program.netlist import Netlist

_LARGEST_WEIGHTS = {2: 1, 4: 7, 8: 127, 16: (1 << 15) - 1, 32: (1 << 31) - 1}


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
    """Return the bits of the shortest format that holds every weight: see `runtime/lbp_head.h`."""
    largest = max(int(netlist.weights.max()), -int(netlist.weights.min()))
    return next(bits for bits, most in _LARGEST_WEIGHTS.items() if largest <= most)


def pack_weights(weights: NDArray[np.int64], bits: int) -> bytes:
    """Return (maps, columns, classes) weights packed: maps, groups of columns, classes, columns of the group."""
    if bits >= 8:
        return weights.astype(f"<i{bits // 8}").tobytes()
    each = 8 // bits
    maps, columns, classes = weights.shape
    padded = np.pad(weights & ((1 << bits) - 1), ((0, 0), (0, -columns % each), (0, 0)))
    groups = padded.reshape(maps, -1, each, classes)
    return (groups << (np.arange(each) * bits)[:, None]).sum(2).astype(np.uint8).tobytes()
