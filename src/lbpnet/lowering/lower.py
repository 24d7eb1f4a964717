"""A multiplication-free network as an integer program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from ..config import Code
from ..errors import LoweringError
from ..layers import RoutedLbp
from ..models import RoutedLbpNet
from ..ops import window_bounds
from ..program import AddWeights, Argmax, Compare, Encode, Input, Join, MaxPool, Node, Program, Relu, Shrink, SumPool
from ..program.nodes import Table
from .multiplications import multiplying_layers

_NO_LIMIT = np.zeros(0, np.int32)


def lower(model: nn.Module, image_size: tuple[int, int], classes: Sequence[str] = ()) -> Program:
    """Return the program of a network's eval mode: Input, Shrink; a Compare and an Encode a stage; SumPool, AddWeights.

    Where the network halves its maps, each joined tensor is pooled by itself.

    Each comparison is one bit of its own and a stage's bits are encoded in order, so that their table needs no byte
    of the file; passes merge equal ones.

    Args:
        model: a network of family `routed`.
        image_size: rows and columns of its images.
        classes: their names; left out where there are not as many as scores.

    Raises:
        LoweringError: the network multiplies; names its layers.
        ProgramError: a size is beyond what a program may have.
    """
    if not isinstance(model, RoutedLbpNet):
        layers = "; ".join(multiplying_layers(model)) or type(model).__name__
        raise LoweringError(
            f"this network multiplies, so it has no integer program: {layers}. Train one of model.family 'routed'"
        )
    routed = model.config.routed
    nodes = stage_nodes(model.features, (model.in_channels, *image_size), routed.shrink, 1 + routed.head.first_stage)
    nodes += _head(model, len(nodes) - 1, tuple(routed.sides(side)[-1] for side in image_size))
    names = tuple(classes) if len(classes) == model.config.classification_head.num_classes else ()
    return Program(tuple(nodes), names)


def stage_nodes(features: RoutedLbp, image: tuple[int, int, int], shrink: int, first: int) -> list[Node]:
    """Return the nodes up to the joined maps that a head reads.

    Args:
        features: the stages.
        image: channels, rows, columns.
        shrink: side of the blocks that the image is reduced by; 1: it is not.
        first: 0 joins the image too, 1 the maps of all stages, 2 those from the second stage on, ...
    """
    nodes: list[Node] = [Input(*image)]
    if shrink > 1:
        nodes.append(Shrink(0, shrink))
    joined = [len(nodes) - 1]
    for number, (stage, radius) in enumerate(zip(features.integers(), features.radii, strict=True)):
        if len(joined) > 1:
            nodes.append(Join(tuple(joined)))
        nodes.append(_compare(len(nodes) - 1, 2 * radius + 1, stage.routes, stage.positions))
        nodes.append(_encode(len(nodes) - 1, features.code, *stage.routes.shape))
        joined.append(len(nodes) - 1)
        if number in features.pool_at:
            nodes += [MaxPool(source, 2) for source in joined]
            joined = list(range(len(nodes) - len(joined), len(nodes)))
    if len(joined) > first + 1:
        nodes.append(Join(tuple(joined[first:])))
    return nodes


def _compare(source: int, window: int, routes: Tensor, positions: Tensor) -> Compare:
    offsets = _table(positions.reshape(-1, 2)) + window // 2
    return Compare(source, window, _table(routes.reshape(-1)), offsets[:, 0] * window + offsets[:, 1])


def _encode(source: int, code: Code, kernels: int, points: int) -> Encode:
    bits = np.arange(kernels * points, dtype=np.int32).reshape(kernels, points)
    if code in ("bit_pack", "binary"):
        return Encode(source, "pack", bits, (1 << (points - 1)) - 1 if code == "bit_pack" else 0, _NO_LIMIT)
    if code == "count":
        return Encode(source, "count", bits, 0, _NO_LIMIT)
    return Encode(source, "threshold", bits, 0, np.full(kernels, points // 2 + 1, np.int32))


def _head(model: RoutedLbpNet, source: int, sides: tuple[int, ...]) -> list[Node]:
    rows, columns = (np.array(window_bounds(side, model.config.routed.head.pool), np.int32) for side in sides)
    nodes: list[Node] = [SumPool(source, rows, columns)]
    hidden = model.hidden_integers()
    if hidden is not None:
        nodes += [AddWeights(source + 1, *map(_table, hidden)), Relu(source + 2)]
    last = source + len(nodes)
    return [*nodes, AddWeights(last, *map(_table, model.head_integers())), Argmax(last + 1)]


def _table(values: Tensor) -> Table:
    return values.detach().cpu().numpy().astype(np.int32)
