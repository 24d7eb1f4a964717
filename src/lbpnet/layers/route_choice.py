"""Which of its candidate channels each point reads, learned from what another one would have changed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ..ops import RoutedStages

# Share of a batch on which alternatives are tried: a step costs little more than without them.
_SHARE = 8


def chosen_routes(candidates: Tensor, preferences: Tensor) -> Tensor:
    """Return the candidate of the largest preference, the first of equals.

    Args:
        candidates: (K, n, c) int32 channels.
        preferences: (K, n, c) float.

    Returns:
        (K, n) int32.
    """
    return candidates.gather(2, preferences.detach().argmax(2, keepdim=True)).squeeze(2)


def credit_candidates(
    maps: Tensor, candidates: Tensor, preferences: Tensor, positions: Tensor, stages: RoutedStages, turn: Tensor
) -> Tensor:
    """Return `maps` unchanged and give `preferences` a gradient: the surrogate of the hard choice.

    Each point tries one alternative a step, number `turn` of its c - 1, at its own position. To first order the loss
    changes by `D = sum of (dL / d map) * (map with the alternative - map)`, over all pixels of the first eighth of the
    batch, times 8. With p = softmax(preferences), the alternative gets the gradient `p_a p_c D`, the chosen channel
    `-p_a p_c D`: those of `sum of p_i map_i` with all other candidates left out.

    Args:
        maps: (B, M, H, W) output of one stage, its input's channels first.
        candidates: (K, n, c) int32, c > 1.
        preferences: (K, n, c) float32.
        positions: (K, n, 2) in pixels, inside the window.
        stages: the one stage, with the routes that were chosen.
        turn: int64 scalar.
    """
    return _Credit.apply(maps, preferences, candidates, positions.detach(), stages, turn)  # pyright: ignore[reportReturnType]


class _Credit(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        maps: Tensor,
        preferences: Tensor,
        candidates: Tensor,
        positions: Tensor,
        stages: RoutedStages,
        turn: Tensor,
    ) -> Tensor:
        ctx.stages = stages
        ctx.save_for_backward(maps, preferences, candidates, positions, turn.clone())
        return maps.view_as(maps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        maps, preferences, candidates, positions, turn = ctx.saved_tensors
        kernels, _, count = candidates.shape
        images = -(-len(maps) // _SHARE)
        read, grad = maps[:images, :-kernels], grad_outputs[0][:images, -kernels:]
        chosen = preferences.argmax(2, keepdim=True)
        other = (chosen + 1 + turn % (count - 1)) % count
        now = _bits(read, candidates.gather(2, chosen).squeeze(2), positions)
        then = _bits(read, candidates.gather(2, other).squeeze(2), positions)
        changes = _changes(now, then, ctx.stages)
        change = torch.einsum("bkhw,bknhw->kn", grad, changes) * (len(maps) / images)
        share = preferences.softmax(2)
        slope = (share.gather(2, chosen) * share.gather(2, other)).squeeze(2) * change
        of_preferences = torch.zeros_like(preferences).scatter_(2, other, slope.unsqueeze(2))
        of_preferences.scatter_(2, chosen, -slope.unsqueeze(2))
        return grad_outputs[0], of_preferences, None, None, None, None


def _bits(x: Tensor, route: Tensor, positions: Tensor) -> Tensor:
    """Return the comparisons (B, K, n, H, W) of every point as 0 and 1."""
    height, width = x.shape[2:]
    border = int(positions.abs().max().round())
    padded = pad(x, (border, border, border, border))
    offset = positions.round().long() + border
    rows = offset[..., 0, None, None] + torch.arange(height, device=x.device)[:, None]
    columns = offset[..., 1, None, None] + torch.arange(width, device=x.device)
    plane = padded.shape[2] * padded.shape[3]
    at = route.long()[..., None, None] * plane + rows * padded.shape[3] + columns
    sample = padded.flatten(1).index_select(1, at.flatten()).view(len(x), *at.shape)
    pivot = x.index_select(1, route.flatten()).view(len(x), *at.shape)
    return (sample > pivot).to(x.dtype)


def _changes(now: Tensor, then: Tensor, stages: RoutedStages) -> Tensor:
    """Return by how much a kernel's map changes where one point reads its alternative: (B, K, n, H, W)."""
    points = now.shape[2]
    weights = now.new_tensor(stages.weights(points))[:, None, None]
    total = (weights * now).sum(2, keepdim=True)
    return _value(total + weights * (then - now), stages, points) - _value(total, stages, points)


def _value(total: Tensor, stages: RoutedStages, points: int) -> Tensor:
    if stages.threshold(points) >= 0:
        return (total > stages.threshold(points)).to(total.dtype)
    return stages.scale(points) * total.clamp_min(stages.floor(points))
