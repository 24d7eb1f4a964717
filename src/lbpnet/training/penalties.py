"""Regularisers on gates and offsets; each has a gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..config import RunConfig
from ..layers import StageOutput


def alive_ratio_penalty(alive: Sequence[Tensor], target: float) -> Tensor:
    """Return `mean over stages of (alive - target)^2`; gradient through the gates' surrogate.

    Args:
        alive: one scalar a stage, the mean of its gates (0..1).
        target: wanted share of open gates.

    Source: seed document, "alive_ratio_reg".
    """
    return (torch.stack(list(alive)) - target).square().mean()


def gate_margin_penalty(shortfall: Sequence[Tensor]) -> Tensor:
    """Return the mean over stages of `mean(max(0, margin - |z|))`; gradient `-sign(z)/n` inside the margin.

    Args:
        shortfall: one scalar a stage (see `lbpnet.ops.project_routed`), in bits.

    Source: seed document, "gate_margin".
    """
    return torch.stack(list(shortfall)).mean()


def offset_radius_penalty(offsets: Sequence[Tensor], radius: float) -> Tensor:
    """Return `mean over stages of mean(max(0, |o| - radius)^2)`, |o| in pixels.

    Args:
        offsets: one (..., 2) tensor a stage, pixels.
        radius: distance that costs nothing.
    """
    # The small constant keeps the norm's gradient finite at the pivot.
    norms = [(o.square().sum(-1) + 1e-12).sqrt() for o in offsets]
    return torch.stack([(n - radius).clamp_min(0).square().mean() for n in norms]).mean()


def penalties(outputs: Sequence[StageOutput], offsets: Sequence[Tensor], config: RunConfig) -> dict[str, Tensor]:
    """Return the enabled penalties of a step, weighted, by name; `offsets`: one (..., 2) tensor a stage, pixels."""
    result: dict[str, Tensor] = {}
    alive = [o.alive for o in outputs if o.alive is not None]
    shortfall = [o.shortfall for o in outputs if o.shortfall is not None]
    if config.alive_ratio_reg.enable and alive:
        result["alive_ratio"] = config.alive_ratio_reg.weight * alive_ratio_penalty(
            alive, config.alive_ratio_reg.target
        )
    if config.gate_margin.enable and shortfall:
        result["gate_margin"] = config.gate_margin.weight * gate_margin_penalty(shortfall)
    if config.offset_radius_reg.enable:
        penalty = offset_radius_penalty(offsets, config.offset_radius_reg.radius)
        result["offset_radius"] = config.offset_radius_reg.weight * penalty
    return result
