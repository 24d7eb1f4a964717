"""The odds of a head's weights, from the weights of earlier classes for the same feature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .nodes import Table
from .range_coder import Odds, RangeDecoder, RangeEncoder

MOST = 15
"""Largest magnitude of a weight that is coded like this."""
_LEVELS = 24
_Decide = Callable[[Odds, int], int]


def encode_weights(encoder: RangeEncoder, table: Table) -> None:
    """Write a table (classes, features) of values from -m to m, row after row; m is the largest magnitude.

    A weight is the decisions: is it other than 0; is it positive; is it larger than 1, than 2, ... below m. Which
    `Odds` a decision learns depends on the weights above it in the same column: the mean of their magnitudes (all but
    the sign), in 24 levels, and the sign of the sum of their signs (the sign).

    Source: context-based binary arithmetic coding, as in Marpe, Schwarz and Wiegand 2003, section III.
    """

    def write(odds: Odds, bit: int) -> int:
        encoder.bit(odds, bit)
        return bit

    _walk(write, table.tolist(), int(abs(table).max()))


def decode_weights(decoder: RangeDecoder, shape: tuple[int, int], most: int) -> Table:
    """Read what `encode_weights` wrote: int32 of that shape.

    Raises:
        ProgramError: the coded bytes end too early.
    """
    rows = [[0] * shape[1] for _ in range(shape[0])]
    _walk(lambda odds, _: decoder.bit(odds), rows, most)
    return np.array(rows, np.int32).reshape(shape)


def _walk(decide: _Decide, rows: list[list[int]], most: int) -> None:
    """Put every weight through its decisions; `rows` becomes what they say."""
    some = [Odds() for _ in range(_LEVELS)]
    sign = [Odds() for _ in range(3)]
    more = [[Odds() for _ in range(most)] for _ in range(_LEVELS)]
    width = len(rows[0]) if rows else 0
    sizes, signs = [0] * width, [0] * width
    for above, row in enumerate(rows):
        for column, value in enumerate(row):
            level = _level(sizes[column], above)
            magnitude = 0
            if decide(some[level], int(value != 0)):
                drift = signs[column]
                positive = decide(sign[(drift > 0) - (drift < 0)], int(value > 0))
                size, magnitude, larger = abs(value), 1, more[level]
                while magnitude < most and decide(larger[magnitude - 1], int(size > magnitude)):
                    magnitude += 1
                sizes[column] += magnitude
                signs[column] += 1 if positive else -1
                row[column] = magnitude if positive else -magnitude


def _level(size: int, above: int) -> int:
    """Return the level of a mean magnitude `size / above`: eighths below 1, halves from there on; 23 for no rows."""
    if above == 0:
        return _LEVELS - 1
    eighths = 8 * size // above
    return eighths if eighths < 8 else min(8 + (eighths - 8) // 4, _LEVELS - 2)
