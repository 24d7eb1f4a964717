"""A residual stage on hard bits and gates as nodes of an ONNX graph, fp32.

Operations come in the order of the native kernels, so that pixels which are equal there are equal here.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import ExportError
from ..export.onnx.graph import Graph
from ..layers import ResidualStage, SharedLbp
from ..layers.fusion import Conv1x1, LinearProjection, RoutedProjection

_F32 = np.float32


def add_stage(graph: Graph, stage: ResidualStage, x: str, sides: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Append a stage; return its maps and their height and width."""
    y, residual = _fuse(graph, stage.fusion, _bits(graph, stage.lbp, x, sides)), x
    if stage.downsample:
        y, residual = _average_pool(graph, y), _average_pool(graph, residual)
        sides = sides[0] // 2, sides[1] // 2
    slope, shift = batch_norm(stage.norm)
    scale = float(stage.res_scale.detach())
    y = graph.add("Mul", y, graph.constant((scale * slope)[:, None, None], _F32))
    y = graph.add("Add", y, graph.constant((scale * shift)[:, None, None], _F32))
    return graph.add("Relu", graph.add("Add", y, _convolve(graph, residual, stage.residual.weight))), sides


def batch_norm(norm: nn.Module) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slope and shift of a normalisation by running statistics.

    Raises:
        ExportError: it keeps none.
    """
    if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d) or norm.running_mean is None or norm.running_var is None:
        raise ExportError(f"onnx: expected a BatchNorm with running statistics, got {type(norm).__name__}")
    mean, variance, weight, bias = (_array(t) for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
    slope = weight / np.sqrt(variance + norm.eps)
    return slope, bias - slope * mean


def _bits(graph: Graph, lbp: SharedLbp, x: str, sides: tuple[int, int]) -> str:
    """Return (B, D, H, W): the share of channels whose sample exceeds its pivot, or the routed channel's bit."""
    offsets = lbp.offsets().detach().flatten(1, 2).numpy()
    radius = lbp.radius
    padding = graph.constant([0, 0, radius, radius, 0, 0, radius, radius])
    padded = graph.add("Pad", x, padding, mode="edge")
    route = None if lbp.channel_route is None else lbp.channel_route.numpy()
    bits = []
    for point in range(offsets.shape[1]):
        channels = np.arange(lbp.in_channels) if route is None else route[point : point + 1]
        groups = [channels] if len(offsets) == 1 else [channels[i : i + 1] for i in range(len(channels))]
        compared = []
        for group in groups:
            whole = len(group) == lbp.in_channels
            offset = offsets[0 if len(offsets) == 1 else group[0], point]
            source, pivot = (padded, x) if whole else (graph.gather(padded, group), graph.gather(x, group))
            compared.append(graph.add("Greater", _sample(graph, source, offset, radius, sides), pivot))
        bit = graph.cast(graph.concat(compared), _F32)
        if len(channels) > 1:
            count = graph.add("ReduceSum", bit, graph.constant([1]), keepdims=1)
            bit = graph.add("Mul", count, graph.constant(1 / len(channels), _F32))
        bits.append(bit)
    joined = graph.concat(bits)
    if lbp.pattern_weights is None:
        return joined
    weights = _array(lbp.pattern_weights)
    weighted = graph.add("Mul", joined, graph.constant(weights.reshape(-1, 1, 1), _F32))
    by_pattern = graph.add("Reshape", weighted, graph.constant([0, *weights.shape, *sides]))
    return graph.add("ReduceSum", by_pattern, graph.constant([2]), keepdims=0)


def _sample(graph: Graph, padded: str, offset: NDArray[np.float32], radius: int, sides: tuple[int, int]) -> str:
    """Interpolate a bilinear sample of every pixel: along the row first, `near + f (far - near)`, which keeps ties."""
    (height, width), (row, column) = sides, np.floor(offset).astype(int)
    down, across = (offset - np.floor(offset)).astype(np.float32)
    top, left = radius + int(row), radius + int(column)
    rows = top, top + height + (1 if down else 0)
    near = graph.slice(padded, y=rows, x=(left, left + width))
    if across:
        near = _between(graph, near, graph.slice(padded, y=rows, x=(left + 1, left + 1 + width)), across)
    if not down:
        return near
    return _between(graph, graph.slice(near, y=(0, height)), graph.slice(near, y=(1, height + 1)), down)


def _between(graph: Graph, near: str, far: str, fraction: np.float32) -> str:
    step = graph.add("Mul", graph.constant(fraction, _F32), graph.add("Sub", far, near))
    return graph.add("Add", near, step)


def _fuse(graph: Graph, fusion: nn.Module, bits: str) -> str:
    """Return (B, K, H, W): gates 0 or 1, or the convolution of the baseline."""
    if isinstance(fusion, Conv1x1):
        return _convolve(graph, bits, fusion.weight)
    if isinstance(fusion, RoutedProjection):
        gates = fusion.arguments()
        score = graph.constant(gates.bias.detach().numpy()[:, None, None], _F32)
        for i in range(gates.route.shape[1]):
            score = graph.add("Add", score, graph.gather(bits, gates.route[:, i].numpy()))
    elif isinstance(fusion, LinearProjection):
        weights = fusion.signs.float() / math.sqrt(fusion.num_bits)
        bias = (fusion.gates - fusion.theta).detach().numpy()[:, None, None]
        score = graph.add("Add", _convolve(graph, bits, weights[..., None, None]), graph.constant(bias, _F32))
    else:
        raise ExportError(f"onnx: expected a fusion of the residual family, got {type(fusion).__name__}")
    return graph.cast(graph.add("GreaterOrEqual", score, graph.constant(0, _F32)), _F32)


def _average_pool(graph: Graph, x: str) -> str:
    return graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])


def _convolve(graph: Graph, x: str, weight: Tensor) -> str:
    return graph.add("Conv", x, graph.constant(weight.detach().numpy(), _F32))


def _array(values: Tensor) -> NDArray[np.float64]:
    return values.detach().to(torch.float64).numpy()
