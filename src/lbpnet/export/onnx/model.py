"""A program as an ONNX model."""

from __future__ import annotations

import json
from typing import cast

from onnx import ModelProto, TensorProto, helper

from ... import __version__
from ...program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Program,
    Relu,
    Shrink,
    SumPool,
    sources,
)
from . import maps, scores
from .graph import Graph
from .maps import Maps

OPSET, IR_VERSION = 28, 14
"""Of onnx 1.23, the newest that ONNX Runtime 1.32 runs."""

IMAGE, SCORES, CLASS = "image", "scores", "class"


def model_of(program: Program, name: str) -> ModelProto:
    """Return a program's model.

    Input `image`: uint8 (batch, C, H, W). Outputs `scores`: int32 (batch, classes); `class`: int64 (batch,), the
    largest score's index, the lowest among equals. Metadata: `classes`, their names as JSON.
    """
    graph = Graph()
    values: dict[int, Maps | str] = {}
    for index in _needed(program):
        values[index] = _add(graph, program, index, values)
    shape = ["batch", *program.types[0].shape]
    image = helper.make_tensor_value_info(IMAGE, TensorProto.UINT8, shape)
    outputs = [
        helper.make_tensor_value_info(SCORES, TensorProto.INT32, ["batch", program.num_classes]),
        helper.make_tensor_value_info(CLASS, TensorProto.INT64, ["batch"]),
    ]
    model = helper.make_model(
        graph.finish(name, [image], outputs),
        producer_name="lbpnet",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, {"classes": json.dumps(program.classes)})
    return model


def _needed(program: Program) -> list[int]:
    """Return the nodes that the class depends on, and the image, in order."""
    needed = {0, len(program.nodes) - 1}
    for index in range(len(program.nodes) - 1, 0, -1):
        if index in needed:
            needed.update(sources(program.nodes[index]))
    return sorted(needed)


def _add(graph: Graph, program: Program, index: int, values: dict[int, Maps | str]) -> Maps | str:
    """Append what a node computes: maps, or the name of its features, scores or class."""
    node, kind = program.nodes[index], program.types[index]
    match node:
        case Input():
            return Maps.whole(IMAGE, kind)
        case Shrink():
            return maps.shrink(graph, node, cast(Maps, values[node.source]), kind)
        case Compare():
            return maps.compare(graph, node, cast(Maps, values[node.source]), kind)
        case Encode():
            return maps.encode(graph, node, cast(Maps, values[node.source]), kind)
        case Join():
            return maps.join(graph, node, [cast(Maps, values[source]) for source in node.sources], kind)
        case MaxPool():
            return maps.max_pool(graph, node, cast(Maps, values[node.source]), kind)
        case SumPool():
            return scores.sum_pool(graph, node, cast(Maps, values[node.source]), kind)
        case AddWeights() | Relu() | Argmax():
            return _head(graph, node, cast(str, values[node.source]), node is program.head)


def _head(graph: Graph, node: AddWeights | Relu | Argmax, source: str, last: bool) -> str:
    if isinstance(node, AddWeights):
        return scores.add_weights(graph, node, source, SCORES if last else None)
    if isinstance(node, Relu):
        return scores.relu(graph, source)
    return graph.add("ArgMax", source, axis=1, keepdims=0, name=CLASS)
