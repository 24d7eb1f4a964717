"""The part of a network before its head, run by the native engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..engine import Engine, Extractor
from ..errors import ConfigError, ProgramError
from ..layers import RoutedLbp
from ..models import LbpNet, PublishedNet, RoutedLbpNet
from ..ops import window_bounds
from ..program import AddWeights, Argmax, Program, SumPool
from .lower import stage_nodes


def native_features(model: LbpNet, image_size: Sequence[int]) -> Callable[[Tensor], Tensor] | None:
    """Return a function for `LbpNet.extract`: what the head reads of (B, C, H, W) uint8 images on the CPU, float32.

    It holds routes and whole positions as they are now. Features of `RoutedLbpNet` are the same integers as those of
    its eval mode; those of `PublishedNet` the same averages up to rounding.

    Returns:
        None where the engine cannot stand in: a network without routed stages, maps that are not 0-based integers
        of 15 bits when summed, no native engine.
    """
    if not isinstance(model, RoutedLbpNet | PublishedNet) or not isinstance(model.features, RoutedLbp):
        return None
    if len(Engine.isas()) == 1:
        return None
    routed = model.config.routed
    integer = isinstance(model, RoutedLbpNet)
    first, shrink = (1 + routed.head.first_stage, routed.shrink) if integer else (0, 1)
    cells = routed.head.pool if integer else model.config.literature.pool
    nodes = stage_nodes(model.features, (model.in_channels, *image_size), shrink, first)  # pyright: ignore[reportArgumentType]
    sides = routed.sides if integer else lambda side: [side]
    rows, columns = (np.array(window_bounds(sides(side)[-1], cells), np.int32) for side in image_size)
    maps = model.features.out_channels - (model.first_map if integer else 0)
    head = np.zeros((2, maps * cells**2), np.int32)
    last = len(nodes) - 1
    nodes += [SumPool(last, rows, columns), AddWeights(last + 1, head, head[:, 0]), Argmax(last + 2)]
    try:
        extractor = Extractor(Program(tuple(nodes), ()))
    except (ConfigError, ProgramError):
        return None
    scale = None if integer else _levels(model.features, model.in_channels, rows, columns)

    def features(images: Tensor) -> Tensor:
        sums = torch.from_numpy(extractor.features(images.numpy(), torch.get_num_threads())).float()
        return sums if scale is None else sums / scale

    return features


def _levels(features: RoutedLbp, in_channels: int, rows: np.ndarray, columns: np.ndarray) -> Tensor:
    """Return what turns sums of integers into averages of maps from 0 to 1, of each feature (F,)."""
    top, _ = features.levels()
    levels = torch.full((features.out_channels,), float(top))
    levels[:in_channels] = 255
    areas = torch.from_numpy(np.outer(np.diff(rows, axis=1), np.diff(columns, axis=1)).reshape(-1)).float()
    return (levels[:, None] * areas).flatten()
