"""One small valid program that has every node, and every encoding of a table in its file."""

from __future__ import annotations

import numpy as np

from lbpnet.program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Program,
    Shrink,
    SumPool,
    Table,
)


def table(*values: object) -> Table:
    return np.array(values, np.int32)


NONE: Table = np.zeros(0, np.int32)


def small_nodes() -> list[Node]:
    """Nodes 0 to 10; maps of 2 x 8 x 6 pixels until node 7 halves them."""
    return [
        Input(2, 8, 6),
        Compare(0, 3, table(0, 1, 1, 0), table(0, 5, 8, 4)),
        Encode(1, "pack", table([0, 1], [2, 3]), 1, NONE),
        Encode(1, "count", table([0, 1, 1], [3, 3, 0]), 0, NONE),
        Encode(1, "threshold", table([0, 1, 2], [1, 2, 3]), 0, table(-1, 2)),
        Join((2, 3, 4)),
        Compare(5, 5, table(0, 1, 2, 3, 4, 5), table(1, 24, 7, 0, 12, 3)),
        MaxPool(6, 2),
        SumPool(7, table([0, 2], [1, 4]), table([0, 3])),
        AddWeights(8, table(*np.arange(36).reshape(3, 12) % 3 - 1), table(1000, -70_000, 0)),
        Argmax(9),
    ]


def small_program() -> Program:
    return Program(tuple(small_nodes()), ("zero", "eins", "二"))


def shrink_nodes() -> list[Node]:
    """The same beside a Shrink: Input, Shrink, SumPool, AddWeights, Argmax."""
    sums = SumPool(1, table([0, 4]), table([0, 3]))
    return [Input(2, 8, 6), Shrink(0, 2), sums, AddWeights(2, table([1, 0], [0, 1]), table(0, 0)), Argmax(3)]
