"""Counts of the paper's networks and of their baselines, which multiply in their head at least."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..config import RunConfig
from .operations import Operations, dot_product, mlp_operations, total
from .parameters import mlp_parameters
from .wacv_convention import self_contained_bytes, wacv_convolution_cost, wacv_cost

# A running mean and a running variance beside weight and bias.
_NORM_VALUES = 4


def published_cost(config: RunConfig) -> dict[str, Any]:
    """Count a network of family `literature` or `convolutional`; the keys are those of `cost_report`.

    `seed` is null. `wacv` leaves out the head, and is null where the paper's rule is not known (1x1, binary, halved
    maps); a convolutional network's has `multiplications` and `additions` instead of `comparisons`. `whole.multiplying`
    says in which parts the network multiplies.
    """
    parts, by_module = published_operations(config), published_parameters(config)
    trainable = sum(by_module.values())
    return {
        "seed": None,
        "wacv": _wacv(config),
        "whole": {
            "parameters": trainable,
            "stored_bytes": published_bytes(config),
            "ops": asdict(total(parts.values())),
            "ops_by_part": {name: asdict(count) for name, count in parts.items()},
            "multiplies": True,
            "multiplying": _multiplying(config),
        },
        "parameters": {"trainable": trainable, "by_module": by_module},
    }


def _multiplying(config: RunConfig) -> str:
    model, head = config.model, "the MLP head (averages, fully connected layers, BatchNorm)"
    if model.family == "literature":
        mixed = model.literature.projection == "conv1x1"
        return f"1x1 convolutions, {head}" if mixed else f"{head}; comparisons and maps do not"
    return head if model.convolutional.binary else f"convolutions, BatchNorm, {head}"


def _wacv(config: RunConfig) -> dict[str, Any] | None:
    model, channels = config.model, config.data.in_channels
    if model.family == "convolutional":
        network = model.convolutional
        if network.binary:
            return None
        if network.pool_at:
            return None
        count = wacv_convolution_cost(network.channels, channels, network.window)
        return {**asdict(count), "gops": count.gops}
    network = model.literature
    if network.projection == "conv1x1":
        return None
    cost = wacv_cost(network.kernels, network.points)
    read = [channels + sum(network.kernels[:stage]) for stage in range(len(network.kernels))]
    packed = self_contained_bytes(network.kernels, read, network.points, network.window)
    return {**asdict(cost), "gops": cost.gops, "self_contained_bytes": packed}


def head_features(config: RunConfig) -> int:
    """Return the numbers that the head reads: maps times windows."""
    model = config.model
    if model.family == "convolutional":
        return model.convolutional.channels[-1] * model.convolutional.pool**2
    network = model.literature
    mixed = network.projection == "conv1x1"
    maps = network.kernels[-1] if mixed else config.data.in_channels + sum(network.kernels)
    return maps * network.pool**2


def _convolutions(config: RunConfig) -> list[tuple[int, int]]:
    """Return (weights of a filter, filters) of each layer."""
    network = config.model.convolutional
    read = (config.data.in_channels, *network.channels[:-1])
    return [(channels * network.window**2, filters) for channels, filters in zip(read, network.channels, strict=True)]


def published_parameters(config: RunConfig) -> dict[str, int]:
    """Count trained parameters by module."""
    model, rows = config.model, dict[str, int]()
    if model.family == "convolutional":
        for layer, (weights, filters) in enumerate(_convolutions(config)):
            rows |= {f"layer {layer}: weights": weights * filters, f"layer {layer}: batchnorm": 2 * filters}
    else:
        for stage, kernels in enumerate(model.literature.kernels):
            rows[f"stage {stage}: positions"] = 2 * model.literature.points * kernels
            if model.literature.projection == "conv1x1":
                rows[f"stage {stage}: 1x1 weights"] = kernels**2
    return {**rows, "head": mlp_parameters(head_features(config), config.model.classification_head)}


def published_bytes(config: RunConfig) -> int:
    """Return the bytes that the forward pass reads of `final.safetensors`; binary weights as one bit each.

    fp32 parameters and BatchNorm statistics, int32 channel of each point.
    """
    model, head = config.model, config.model.classification_head
    size = 4 * mlp_parameters(head_features(config), head) + (4 * 2 * head.hidden if head.use_bn else 0)
    if model.family == "convolutional":
        for weights, filters in _convolutions(config):
            bits = weights * filters * (1 if model.convolutional.binary else 32)
            size += -(-bits // 8) + 4 * _NORM_VALUES * filters
        return size
    network = model.literature
    mixers = sum(k**2 for k in network.kernels) if network.projection == "conv1x1" else 0
    return size + 4 * (3 * network.points * sum(network.kernels) + mixers)


def published_operations(config: RunConfig) -> dict[str, Operations]:
    """Count the whole network from uint8 pixels to the class index, by part, in the cheapest exact form.

    - comparison: 1 compare, on the border too; packing n bits: n - 1 shifts and ORs; shifted ReLU 1 compare;
    - a convolution multiplies with the zeros around the image too; BatchNorm is 1 multiply and 1 add; the largest of
      a 2x2 block is 3 compares;
    - binary: the first layer adds and subtracts pixels; later ones take an XNOR (logic) a weight and add its bits;
      BatchNorm with sign is 1 compare;
    - averages: additions and one multiplication each, which scales maps and pixels as well.
    """
    model, pixels = config.model, _pixels(config)
    rows = _layer_operations(config, pixels) if model.family == "convolutional" else _stage_operations(config, pixels)
    pool = model.literature.pool if model.family == "literature" else model.convolutional.pool
    features = head_features(config)
    averages = Operations(add=pixels[-1] - pool**2).times(features // pool**2) + Operations(multiply=features)
    return {**rows, "head: averages": averages, "head: layers": mlp_operations(features, model.classification_head)}


def _pixels(config: RunConfig) -> list[int]:
    """Return the pixels of a map of each stage or layer, then of those that the head reads."""
    size, model = config.data.image_size, config.model
    height, width = size if isinstance(size, tuple) else (size, size)
    if model.family == "literature":
        return [height * width] * (len(model.literature.kernels) + 1)
    halved = zip(model.convolutional.sides(height), model.convolutional.sides(width), strict=True)
    return [rows * columns for rows, columns in halved]


def _stage_operations(config: RunConfig, pixels: list[int]) -> dict[str, Operations]:
    network, rows = config.model.literature, dict[str, Operations]()
    n, mixed = network.points, network.projection == "conv1x1"
    raised = not mixed and network.code == "bit_pack"
    for stage, kernels in enumerate(network.kernels):
        pack = Operations(shift=n - 1, logic=n - 1, compare=int(raised))
        rows[f"stage {stage}: compare"] = Operations(compare=n).times(kernels * pixels[stage])
        rows[f"stage {stage}: encode"] = pack.times(kernels * pixels[stage])
        if mixed:
            mix = dot_product(kernels) + Operations(compare=1, add=1)
            rows[f"stage {stage}: 1x1 convolution"] = mix.times(kernels * pixels[stage])
    return rows


def _layer_operations(config: RunConfig, pixels: list[int]) -> dict[str, Operations]:
    rows, network = dict[str, Operations](), config.model.convolutional
    for layer, (weights, filters) in enumerate(_convolutions(config)):
        if network.binary:
            convolve = Operations(logic=weights if layer else 0, add=weights - 1)
            activate = Operations(compare=1)
        else:
            convolve, activate = dot_product(weights), Operations(multiply=1, add=1, compare=1)
        rows[f"layer {layer}: convolve"] = convolve.times(filters * pixels[layer])
        rows[f"layer {layer}: activate"] = activate.times(filters * pixels[layer])
        if layer in network.pool_at:
            rows[f"layer {layer}: halve"] = Operations(compare=3).times(filters * pixels[layer + 1])
    return rows
