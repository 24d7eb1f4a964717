"""Checks of the networks of families `literature` and `convolutional`."""

from __future__ import annotations

from collections.abc import Callable

from .literature import LiteratureConfig
from .model import HeadConfig, ModelConfig
from .run import RunConfig

Need = Callable[[bool, str, str, object], None]


def validate_published(model: ModelConfig, need: Need) -> None:
    """Check the structure of a network of either family, `need(condition, field, expected, got)` by field."""
    if model.family == "literature":
        _validate_literature(model.literature, need)
    else:
        _validate_convolutional(model, need)
    _validate_head(model.classification_head, need)


def validate_published_images(config: RunConfig, sides: tuple[int, int], need: Need) -> None:
    """Check that the images suit the network: the grid of windows, and channels where stages add."""
    model, family = config.model, config.model.family
    height, width = sides if family == "literature" else (model.convolutional.sides(side)[-1] for side in sides)
    pool = model.literature.pool if family == "literature" else model.convolutional.pool
    where = f"1 to {min(height, width)}, the smaller side of {height}x{width} maps"
    need(1 <= pool <= min(height, width), f"model.{family}.pool", where, pool)
    literature = model.literature
    if family == "literature" and literature.projection == "conv1x1":
        width, channels = literature.kernels[0], config.data.in_channels
        expected = f"1 or {width}, what model.literature.projection 'conv1x1' can add {width} maps to"
        need(channels in (1, width), "data.in_channels", expected, channels)


def _validate_literature(literature: LiteratureConfig, need: Need) -> None:
    kernels, name = literature.kernels, "model.literature"
    need(bool(kernels) and min(kernels) >= 1, f"{name}.kernels", "at least one width, all >= 1", kernels)
    need(1 <= literature.points <= 8, f"{name}.points", "1 to 8 (maps are bytes)", literature.points)
    window = literature.window
    need(3 <= window <= 255 and window % 2 == 1, f"{name}.window", "an odd number from 3 to 255", window)
    need(literature.tau > 0, f"{name}.tau", "> 0", literature.tau)
    need(0 <= literature.seed < 2**32, f"{name}.seed", "0 to 2^32 - 1", literature.seed)
    if literature.projection == "conv1x1":
        need(len(set(kernels)) == 1, f"{name}.kernels", "equal widths, which projection 'conv1x1' adds up", kernels)
        default = LiteratureConfig().seed
        expected = f"{default}: projection 'conv1x1' draws no channels"
        need(literature.seed == default, f"{name}.seed", expected, literature.seed)
        expected = "'bit_pack': projection 'conv1x1' has no ReLU that could be left out"
        need(literature.code == "bit_pack", f"{name}.code", expected, literature.code)


def _validate_convolutional(model: ModelConfig, need: Need) -> None:
    network = model.convolutional
    widths, window = network.channels, network.window
    need(bool(widths) and min(widths) >= 1, "model.convolutional.channels", "at least one width, all >= 1", widths)
    need(1 <= window <= 255 and window % 2 == 1, "model.convolutional.window", "an odd number from 1 to 255", window)
    halved, layers = network.pool_at, len(widths)
    distinct = len(set(halved)) == len(halved) and all(0 <= layer < layers for layer in halved)
    need(distinct, "model.convolutional.pool_at", f"distinct layers from 0 to {layers - 1}", halved)


def _validate_head(head: HeadConfig, need: Need) -> None:
    need(head.hidden >= 1, "model.classification_head.hidden", ">= 1", head.hidden)
    rate = head.dropout_rate
    need(0 <= rate < 1, "model.classification_head.dropout_rate", "0 <= p < 1", rate)
