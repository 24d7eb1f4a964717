"""Residual stage on hard bits and gates: compare, project, normalise, pool, add, clip."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import KernelError
from .average_pool import average_pool
from .compare import check_compare, compare
from .full_precision import full_precision
from .gated_stage_native import gated_stage_native
from .native import instruction_set, kernel_module
from .project import check_project, project_routed


@dataclass(frozen=True)
class Comparison:
    """Arguments of `compare`: offsets (G, D, 2), scalar alpha, window, channel of each point or None."""

    offsets: Tensor
    alpha: Tensor
    window: int
    route: Tensor | None = None


@dataclass(frozen=True)
class Gates:
    """Arguments of `project_routed`: route (K, k) int32, bias (K,), scalar tau, margin in bits."""

    route: Tensor
    bias: Tensor
    tau: Tensor
    margin: float = 1.0


@dataclass(frozen=True)
class Normalization:
    """Batch normalisation of the gates, times a factor.

    Attributes:
        weight, bias: (K,) float32.
        scale: scalar factor of the result.
        eps: added to the variance.
        statistics: running (mean, variance), each (K,); None: those of the batch.
    """

    weight: Tensor
    bias: Tensor
    scale: Tensor
    eps: float
    statistics: tuple[Tensor, Tensor] | None = None

    def affine(self, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Return slope and shift of each channel: `scale * (weight * (v - mean) / sqrt(variance + eps) + bias)`."""
        slope = self.scale * self.weight * (variance + self.eps).rsqrt()
        return slope, self.scale * self.bias - slope * mean


class GatedStage(NamedTuple):
    """Result of `gated_stage`.

    Attributes:
        maps: (B, K, H', W') float32, 0 or more.
        alive: scalar, mean of the gates.
        shortfall: scalar, see `project_routed`.
        mean: (K,) of the batch's gates, without gradient.
        variance: (K,) likewise, divided by their number (biased).
    """

    maps: Tensor
    alive: Tensor
    shortfall: Tensor
    mean: Tensor
    variance: Tensor


@full_precision
def gated_stage(
    x: Tensor, residual: Tensor, comparison: Comparison, gates: Gates, norm: Normalization, *, pool: bool
) -> GatedStage:
    """Run a residual stage whose bits and gates are hard.

    Forward: `gate = project_routed(compare(x))`, `maps = relu(norm(pool(gate)) + residual @ pool(x))`, pooling 2x2
    where `pool`. Normalising before pooling is the same: both are affine in the gates.
    Backward: those of `compare` and `project_routed` (sigmoids of slope 1/alpha and 1/tau), of batch
    normalisation, and of the clipping (gradient 0 where the result is 0).

    The native path keeps bits and gates as bytes and recomputes the rest image by image; otherwise the ops
    above run one after the other.

    Args:
        x: (B, C, H, W) floating point.
        residual: (K, C) floating point, weights of the 1x1 convolution that is added.
        comparison: see `Comparison`.
        gates: see `Gates`.
        norm: see `Normalization`.
        pool: whether blocks of 2x2 are averaged; an odd last row or column is dropped.

    Raises:
        KernelError: names the argument of wrong shape, dtype, device or range.

    Source: seed document, "Blocks".
    """
    check_compare(x, comparison.offsets, comparison.alpha, comparison.window, comparison.route)
    _check_shapes(x, residual, gates, norm, pool)
    module, isa = _kernels(x, comparison)
    if module is None or isa is None:
        return _gated_stage_composed(x, residual, comparison, gates, norm, pool=pool)
    bits_shape = x.new_empty((0, comparison.offsets.shape[1], *x.shape[2:]))
    check_project(bits_shape, gates.route, gates.bias, gates.tau, gates.margin)
    try:
        return GatedStage(*gated_stage_native(module, isa, x, residual, comparison, gates, norm, pool=pool))
    except ValueError as error:
        raise KernelError(f"gated_stage: {error}") from error


def _kernels(x: Tensor, comparison: Comparison) -> tuple[ModuleType | None, str | None]:
    # Averages over more channels than a byte counts take the other path.
    small = comparison.route is not None or x.shape[1] <= 255
    isa = instruction_set() if x.device.type == "cpu" and len(x) and small else None
    return (None if isa is None else kernel_module()), isa


def _gated_stage_composed(
    x: Tensor, residual: Tensor, comparison: Comparison, gates: Gates, norm: Normalization, *, pool: bool
) -> GatedStage:
    bits = compare(x, comparison.offsets, comparison.alpha, window=comparison.window, hard=True, route=comparison.route)
    projection = project_routed(bits, gates.route, gates.bias, gates.tau, hard=True, margin=gates.margin)
    maps = projection.maps
    mean = maps.mean((0, 2, 3))
    variance = (maps - mean.view(-1, 1, 1)).square().mean((0, 2, 3))
    slope, shift = norm.affine(*(norm.statistics or (mean, variance)))
    pooled = average_pool(maps) if pool else maps
    beside = torch.nn.functional.conv2d(average_pool(x) if pool else x, residual.to(x.dtype)[..., None, None])
    out = torch.relu(slope.view(-1, 1, 1) * pooled + shift.view(-1, 1, 1) + beside.float())
    return GatedStage(out, projection.alive, projection.shortfall, mean.detach(), variance.detach())


def _check_shapes(x: Tensor, residual: Tensor, gates: Gates, norm: Normalization, pool: bool) -> None:
    channels, (height, width) = gates.route.shape[0], x.shape[2:]
    if pool and min(height, width) < 2:
        raise KernelError(f"gated_stage: x: expected H and W of at least 2 for pooling, got {tuple(x.shape)}")
    wanted = (channels, x.shape[1])
    if residual.shape != wanted or not residual.is_floating_point() or residual.device != x.device:
        raise KernelError(
            f"gated_stage: residual: expected floating point {wanted} on {x.device}, got {residual.dtype} "
            f"{tuple(residual.shape)} on {residual.device}"
        )
    statistics = {} if norm.statistics is None else dict(zip(("mean", "variance"), norm.statistics, strict=True))
    for name, tensor in {"weight": norm.weight, "bias": norm.bias, **statistics}.items():
        if tensor.shape != (channels,) or tensor.dtype != torch.float32 or tensor.device != x.device:
            raise KernelError(
                f"gated_stage: {name}: expected float32 ({channels},) on {x.device}, got {tensor.dtype} "
                f"{tuple(tensor.shape)} on {tensor.device}"
            )
