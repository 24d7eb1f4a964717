"""Peak of the memory that a program's tensors need while it runs, by live ranges."""

from __future__ import annotations

from typing import NamedTuple

from ..program import Join, Program, TensorType, sources


class MemoryPeak(NamedTuple):
    """Most bytes that are alive at once, and the node that runs then."""

    size: int
    node: int


def tensor_bytes(kind: TensorType) -> int:
    """Return the bytes of a tensor as it is stored.

    Values take their width rounded up to 1, 2, 4, 8, 16 or 32 bits and are packed; each channel starts on a byte.
    """
    bits = 1 << (kind.bits - 1).bit_length()
    values = 1
    for side in kind.shape[1:]:
        values *= side
    channels = kind.shape[0] if kind.shape else 1
    if kind.kind == "scores":
        values, channels = channels, 1
    return channels * -(-values * bits // 8)


def memory_peak(program: Program) -> MemoryPeak:
    """Plan a program's tensors: each whole, from the node that makes it to the last that reads it.

    Nodes run in the program's order; a node's input and output are alive together. A join copies nothing: it keeps
    its sources alive. The image counts; tables and the places of single sums do not. A program that computes its
    bits pixel by pixel, as they are encoded, needs less.
    """
    origin: list[set[int]] = []
    last = list(range(len(program.nodes)))
    for index, node in enumerate(program.nodes):
        read = {tensor for source in sources(node) for tensor in origin[source]}
        origin.append(read if isinstance(node, Join) else {index})
        if not isinstance(node, Join):
            for tensor in read:
                last[tensor] = index
    sizes = [0 if isinstance(node, Join) else tensor_bytes(program.types[i]) for i, node in enumerate(program.nodes)]
    alive = [
        sum(sizes[tensor] for tensor in range(index + 1) if last[tensor] >= index)
        for index in range(len(program.nodes))
    ]
    peak = max(alive)
    return MemoryPeak(peak, alive.index(peak))
