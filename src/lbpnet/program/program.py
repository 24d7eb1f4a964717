"""The frozen integer program: a list of nodes with their checked types."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import ProgramError
from .nodes import AddWeights, Argmax, Input, Node, sources
from .types import TensorType, check_fields, node_type

MAX_NODES = 1024
MAX_TOTAL_CHANNELS = 1 << 18
MAX_TOTAL_ELEMENTS = 1 << 28
"""Of all nodes together: what an image may cost in memory, and the netlist of a program that is short to write."""


@dataclass(frozen=True)
class Program:
    """A multiplication-free classifier, from uint8 pixels to the class index.

    Attributes:
        nodes: in order of evaluation; each reads only earlier ones. The first is the `Input`, the last the `Argmax`
            of an `AddWeights`.
        classes: the names of the classes, or none.
        types: shape and value range of each node, inferred.

    Raises:
        ProgramError: names the node that breaks a rule.
    """

    nodes: tuple[Node, ...]
    classes: tuple[str, ...] = ()
    types: tuple[TensorType, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", infer_types(self.nodes))
        if self.classes and len(self.classes) != self.num_classes:
            raise ProgramError(f"classes: expected {self.num_classes} names, got {len(self.classes)}")
        for name in self.classes:
            if not isinstance(name, str) or not name.isprintable():  # no surrogates, no control characters
                raise ProgramError(f"classes: expected printable names, got {name!a:.80}")

    @property
    def input(self) -> Input:
        """Return the image's node."""
        first = self.nodes[0]
        if not isinstance(first, Input):  # infer_types has refused it
            raise ProgramError("node 0: expected the input")
        return first

    @property
    def head(self) -> AddWeights:
        """Return the node that gives the scores."""
        last = self.nodes[-2]
        if not isinstance(last, AddWeights):
            raise ProgramError("the last node but one: expected the scores")
        return last

    @property
    def num_classes(self) -> int:
        """Return the number of classes."""
        return len(self.head.bias)


def infer_types(nodes: Sequence[Node]) -> tuple[TensorType, ...]:
    """Check a list of nodes and return their types."""
    if not 3 <= len(nodes) <= MAX_NODES:
        raise ProgramError(f"nodes: expected 3 to {MAX_NODES}, got {len(nodes)}")
    types: list[TensorType] = []
    channels = elements = 0
    for index, node in enumerate(nodes):
        where = f"node {index} ({type(node).__name__})"
        if isinstance(node, Input) != (index == 0):
            raise ProgramError(f"{where}: the input is the first node and no other")
        if isinstance(node, Argmax) != (index == len(nodes) - 1):
            raise ProgramError(f"{where}: the argmax is the last node and no other")
        check_fields(node, where)
        for source in sources(node):
            if not 0 <= source < index:
                raise ProgramError(f"{where}: source: expected an earlier node, 0 to {index - 1}, got {source}")
        if isinstance(node, Argmax) and node.source != index - 1:
            raise ProgramError(f"{where}: source: expected the node before it, got {node.source}")
        if isinstance(node, Argmax) and not isinstance(nodes[node.source], AddWeights):
            raise ProgramError(f"{where}: source: expected scores (AddWeights)")
        types.append(node_type(node, [types[source] for source in sources(node)], where))
        channels += types[-1].shape[0] if types[-1].kind == "maps" else 0
        elements += math.prod(types[-1].shape)
        if channels > MAX_TOTAL_CHANNELS or elements > MAX_TOTAL_ELEMENTS:
            raise ProgramError(
                f"{where}: shape: expected at most {MAX_TOTAL_CHANNELS:,} channels and {MAX_TOTAL_ELEMENTS:,} elements "
                f"in all nodes so far, got {channels:,} and {elements:,}"
            )
    return tuple(types)
