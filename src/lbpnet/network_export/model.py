"""A trained network of family `residual` as an ONNX model."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper
from torch import nn

from .. import __version__
from ..export.onnx.graph import Graph
from ..export.onnx.model import CLASS, IMAGE, IR_VERSION, OPSET
from ..models.residual_lbpnet import ResidualLbpNet
from .stage import add_stage, batch_norm

LOGITS = "logits"


def model_of(network: ResidualLbpNet, image_size: tuple[int, int], classes: Sequence[str], name: str) -> ModelProto:
    """Return the model of a network's eval mode on hard bits and gates.

    Input `image`: uint8 (batch, C, H, W). Outputs `logits`: float32 (batch, classes); `class`: int64 (batch,).
    """
    graph = Graph()
    x = graph.add("Div", graph.cast(IMAGE, np.float32), graph.constant(255, np.float32))
    sides = image_size
    for stage in network.residual_stages():
        x, sides = add_stage(graph, stage, x, sides)
    head = network.head
    x = _linear(graph, head.hidden, graph.add("ReduceMean", x, graph.constant([2, 3]), keepdims=0))
    if not isinstance(head.norm, nn.Identity):
        slope, shift = batch_norm(head.norm)
        x = graph.add("Mul", x, graph.constant(slope, np.float32))
        x = graph.add("Add", x, graph.constant(shift, np.float32))
    _linear(graph, head.classify, graph.add("Relu", x), LOGITS)
    graph.add("ArgMax", LOGITS, axis=1, keepdims=0, name=CLASS)
    count = head.classify.out_features
    image = helper.make_tensor_value_info(IMAGE, TensorProto.UINT8, ["batch", network.in_channels, *image_size])
    outputs = [
        helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, ["batch", count]),
        helper.make_tensor_value_info(CLASS, TensorProto.INT64, ["batch"]),
    ]
    model = helper.make_model(
        graph.finish(name, [image], outputs),
        producer_name="lbpnet",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, {"classes": json.dumps(list(classes) if len(classes) == count else [])})
    return model


def _linear(graph: Graph, layer: nn.Linear, x: str, name: str | None = None) -> str:
    weight, bias = (graph.constant(values.detach().numpy(), np.float32) for values in (layer.weight, layer.bias))
    return graph.add("Gemm", x, weight, bias, name=name, transB=1)
