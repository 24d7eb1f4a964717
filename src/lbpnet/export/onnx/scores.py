"""Pooled features, scores and the class as nodes of an ONNX graph: int32, without a multiplication."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...program import AddWeights, SumPool, Table, TensorType
from .graph import Graph
from .maps import Maps, ordered

Index = NDArray[np.int32]


def sum_pool(graph: Graph, node: SumPool, source: Maps, kind: TensorType) -> str:
    """Sum windows of rows, then of columns; return features (B, C x rows x columns) and a last one that is 0."""
    maps = graph.cast(ordered(graph, source), np.int32)
    rows = [_window(graph, maps, 2, y=(int(top), int(bottom))) for top, bottom in node.rows]
    joined = graph.concat(rows, axis=2)
    columns = [_window(graph, joined, 3, x=(int(left), int(right))) for left, right in node.columns]
    features = graph.add("Reshape", graph.concat(columns, axis=3), graph.constant([0, math.prod(kind.shape)]))
    return graph.add("Pad", features, graph.constant([0, 0, 0, 1]))


def relu(graph: Graph, units: str) -> str:
    """Return max(0, units) and a last feature that is 0."""
    positive = graph.add("Max", units, graph.constant(0, np.int32))
    return graph.add("Pad", positive, graph.constant([0, 0, 0, 1]))


def add_weights(graph: Graph, node: AddWeights, features: str, name: str | None) -> str:
    """Return sums (B, classes), called `name`.

    For each bit of the weights, highest first, the sum is doubled and features are added. A class's features are
    gathered by index and summed, those of positive weights less those of negative ones.
    """
    score = ""
    for positive, negative in summed_features(node.weights):
        if score:
            score = graph.add("Add", score, score)
        for operator, index in (("Add", positive), ("Sub", negative)):
            if index.shape[1]:
                gathered = graph.gather(features, index)
                sums = graph.add("ReduceSum", gathered, graph.constant([2]), keepdims=0)
                score = graph.add(operator, score or _zeros(graph, node, features), sums)
    return graph.add("Add", score or _zeros(graph, node, features), graph.constant(node.bias, np.int32), name=name)


def summed_features(weights: Table) -> list[tuple[Index, Index]]:
    """Return the features to add and to subtract for each class, for each bit of the weights, highest first.

    Each is (classes, longest) int32; shorter rows are filled with the index of the last feature but one, which is 0.
    """
    planes = range(int(np.abs(weights).max()).bit_length() - 1, -1, -1)
    return [(_indices(weights, plane, 1), _indices(weights, plane, -1)) for plane in planes]


def _indices(weights: Table, plane: int, sign: int) -> Index:
    chosen = (np.abs(weights) >> plane & 1).astype(bool) & (np.sign(weights) == sign)
    rows = [np.flatnonzero(row) for row in chosen]
    longest = max(map(len, rows))
    nothing = weights.shape[1]
    return np.array([np.pad(row, (0, longest - len(row)), constant_values=nothing) for row in rows], np.int32)


def _zeros(graph: Graph, node: AddWeights, features: str) -> str:
    """Return zeros (B, classes): the feature that is 0, once for each class."""
    return graph.gather(features, np.full(len(node.bias), node.weights.shape[1]))


def _window(graph: Graph, maps: str, axis: int, **ranges: tuple[int, int]) -> str:
    return graph.add("ReduceSum", graph.slice(maps, **ranges), graph.constant([axis]), keepdims=1)
