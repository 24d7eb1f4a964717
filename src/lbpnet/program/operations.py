"""The names of the nodes; a file refers to a node by its place in this table."""

from __future__ import annotations

from .nodes import AddWeights, Argmax, Compare, Encode, Input, Join, MaxPool, Node, Relu, Shrink, SumPool

OPERATIONS: dict[str, type[Node]] = {
    "input": Input,
    "shrink": Shrink,
    "compare": Compare,
    "encode": Encode,
    "join": Join,
    "max_pool": MaxPool,
    "sum_pool": SumPool,
    "add_weights": AddWeights,
    "argmax": Argmax,
    "relu": Relu,
}
