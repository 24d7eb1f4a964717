"""What a graph can hold."""

from __future__ import annotations

from ...errors import ExportError
from ...program import AddWeights, Program
from .scores import summed_features

MAX_INDICES = 1 << 26
"""Entries of the head's index tables, 4 bytes each: a model file ends at 2 GiB."""


def check(program: Program) -> None:
    """Check that a program fits a graph; its type has bounded every sum by 2^31.

    Raises:
        ExportError: the head's tables are too large.
    """
    layers = (node.weights for node in program.nodes if isinstance(node, AddWeights))
    indices = sum(one.size for weights in layers for both in summed_features(weights) for one in both)
    if indices > MAX_INDICES:
        raise ExportError(f"onnx: expected at most {MAX_INDICES:,} indices in the head's tables, got {indices:,}")
