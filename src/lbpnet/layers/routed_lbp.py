"""The paper's feature extractor: routed LBP stages joined by concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..config import Code
from ..ops import RoutedStages, max_pool, routed_stages
from .route_choice import chosen_routes, credit_candidates

# Advantage of the first candidate at the beginning: no channel is exchanged before there is some evidence.
_LEAD = 1.0


class StageIntegers(NamedTuple):
    """One stage as it runs."""

    routes: Tensor
    """(K, n) int32: the channel of each point, among the image's and those of all earlier stages."""
    positions: Tensor
    """(K, n, 2) int32: (dy, dx), whole pixels from the pivot."""


class RoutedLbp(nn.Module):
    """Stages of K kernels with n learned points each; point i of kernel k reads one random channel.

    The channel is fixed, or with `candidates` > 1 the one of several that has the largest learned preference; gradient
    of preferences: `credit_candidates`.

    Forward and surrogate gradient: `lbpnet.ops.routed_stages`. Positions start uniform in the window and are
    kept inside it by clamping in the forward pass (gradient zero outside). After the stages of `pool_at` all channels,
    the input's too, are replaced by the largest of each 2x2 block (the first of equals gets the gradient).

    Args:
        in_channels: C.
        kernels: K of each stage.
        points: n.
        window: odd side, pixels; one for all stages or one each.
        code: how n bits become a map.
        tau: surrogate width, in units of the maps.
        pool_at: stages after which height and width are halved, rounded down.
        candidates: channels that each point chooses from; the first is the one that it would have without a choice.
        generator: draws positions.
        route_generator: draws the channels of each point; None: `generator` does.

    Input: (B, C, H, W) float32, 0..1. Output: (B, C + sum of K, H', W') float32, 0..1; H', W' halved by `pool_at`.

    Source: WACV 2020 section 3; design 2.2.
    """

    turn: Tensor
    preferences: nn.ParameterList

    def __init__(
        self,
        in_channels: int,
        kernels: Sequence[int],
        *,
        points: int = 4,
        window: int | Sequence[int] = 5,
        code: Code = "bit_pack",
        tau: float = 0.3,
        pool_at: Sequence[int] = (),
        candidates: int = 1,
        generator: torch.Generator,
        route_generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        windows = [window] * len(kernels) if isinstance(window, int) else list(window)
        self.radii = [(side - 1) // 2 for side in windows]
        positions, channels = [], in_channels
        for stage, count in enumerate(kernels):
            route = torch.randint(0, channels, (count, points), generator=route_generator or generator).to(torch.int32)
            self.register_buffer(f"route_{stage}", route)
            drawn = torch.rand(count, points, 2, generator=generator) * 2 - 1
            positions.append(nn.Parameter(drawn * self.radii[stage]))
            channels += count
        self.positions = nn.ParameterList(positions)
        self.candidates = candidates
        if candidates > 1:
            self._draw_candidates(in_channels, route_generator or generator)
        self.out_channels = channels
        # Positions are kept inside their own stage's window here; the widest holds them all.
        self.points, self.window, self.tau = points, max(windows), tau
        self.code: Code = code
        self.pool_at = tuple(pool_at)

    def forward(self, x: Tensor) -> Tensor:
        """Compare, pack, join, halve; shapes in the class docstring."""
        positions, first = [p.clamp(-r, r) for p, r in zip(self.positions, self.radii, strict=True)], 0
        choosing = self.candidates > 1 and self.training
        alone = set(range(1, len(positions))) if choosing else set()
        for end in sorted({stage + 1 for stage in self.pool_at} | {len(positions)} | alone):
            stages = self.stages(first, end)
            x = routed_stages(x, positions[first:end], stages)
            if choosing:
                x = credit_candidates(
                    x, self.candidates_of(first), self.preferences[first], positions[first], stages, self.turn
                )
            x = max_pool(x) if end - 1 in self.pool_at else x
            first = end
        if choosing:
            self.turn += 1
        return x

    def _draw_candidates(self, channels: int, generator: torch.Generator) -> None:
        preferences = []
        for stage, positions in enumerate(self.positions):
            shape = (*positions.shape[:2], self.candidates - 1)
            others = torch.randint(0, channels, shape, generator=generator).to(torch.int32)
            self.register_buffer(f"others_{stage}", others)
            lead = torch.zeros(*positions.shape[:2], self.candidates)
            lead[..., 0] = _LEAD
            preferences.append(nn.Parameter(lead))
            channels += len(positions)
        self.preferences = nn.ParameterList(preferences)
        self.register_buffer("turn", torch.zeros((), dtype=torch.int64))

    def candidates_of(self, stage: int) -> Tensor:
        """Return the channels (K, n, c) int32 that a stage's points choose from."""
        first = self.get_buffer(f"route_{stage}").unsqueeze(2)
        return first if self.candidates == 1 else torch.cat([first, self.get_buffer(f"others_{stage}")], 2)

    def route(self, stage: int) -> Tensor:
        """Return the channel (K, n) int32 that each point of a stage reads."""
        if self.candidates == 1:
            return self.get_buffer(f"route_{stage}")
        return chosen_routes(self.candidates_of(stage), self.preferences[stage])

    def stages(self, first: int = 0, end: int | None = None) -> RoutedStages:
        """Return what `routed_stages` takes for stages `first` to `end`, all by default."""
        routes = tuple(self.route(stage) for stage in range(len(self.positions))[first:end])
        return RoutedStages(routes, self.window, self.code, self.tau)

    def integers(self) -> list[StageIntegers]:
        """Return routes and whole positions of every stage, as the forward pass reads them."""
        return [
            StageIntegers(self.route(stage).clone(), positions.detach().clamp(-radius, radius).round().to(torch.int32))
            for stage, (positions, radius) in enumerate(zip(self.positions, self.radii, strict=True))
        ]

    def levels(self) -> tuple[float, float]:
        """Return (top, base): `map * top - base` is a map as an integer from 0."""
        if self.code == "majority":
            return 1.0, 0.0
        stages = self.stages()
        return 1 / stages.scale(self.points), max(0.0, stages.floor(self.points))
