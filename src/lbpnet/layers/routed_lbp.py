"""The paper's feature extractor: routed LBP stages joined by concatenation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from ..config import Code
from ..ops import RoutedStages, routed_stages


class RoutedLbp(nn.Module):
    """Stages of K kernels with n learned points each; point i of kernel k reads one fixed random channel.

    Forward and surrogate gradient: `lbpnet.ops.routed_stages`. Positions start uniform in the window and are
    kept inside it by clamping in the forward pass (gradient zero outside). After the stages of `pool_at` all channels,
    the input's too, are replaced by the largest of each 2x2 block (the first of equals gets the gradient).

    Args:
        in_channels: C.
        kernels: K of each stage.
        points: n.
        window: odd side, pixels.
        code: how n bits become a map.
        tau: surrogate width, in units of the maps.
        pool_at: stages after which height and width are halved, rounded down.
        generator: draws positions.
        route_generator: draws the channel of each point; None: `generator` does.

    Input: (B, C, H, W) float32, 0..1. Output: (B, C + sum of K, H', W') float32, 0..1; H', W' halved by `pool_at`.

    Source: WACV 2020 section 3; design 2.2.
    """

    def __init__(
        self,
        in_channels: int,
        kernels: Sequence[int],
        *,
        points: int = 4,
        window: int = 5,
        code: Code = "bit_pack",
        tau: float = 0.3,
        pool_at: Sequence[int] = (),
        generator: torch.Generator,
        route_generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.radius = (window - 1) // 2
        positions, channels = [], in_channels
        for stage, count in enumerate(kernels):
            route = torch.randint(0, channels, (count, points), generator=route_generator or generator).to(torch.int32)
            self.register_buffer(f"route_{stage}", route)
            drawn = torch.rand(count, points, 2, generator=generator) * 2 - 1
            positions.append(nn.Parameter(drawn * self.radius))
            channels += count
        self.positions = nn.ParameterList(positions)
        self.out_channels = channels
        self.points, self.window, self.tau = points, window, tau
        self.code: Code = code
        self.pool_at = tuple(pool_at)

    def forward(self, x: Tensor) -> Tensor:
        """Compare, pack, join, halve; shapes in the class docstring."""
        positions, first = [p.clamp(-self.radius, self.radius) for p in self.positions], 0
        for end in sorted({stage + 1 for stage in self.pool_at} | {len(positions)}):
            x = routed_stages(x, positions[first:end], self.stages(first, end))
            x = max_pool2d(x, 2) if end - 1 in self.pool_at else x
            first = end
        return x

    def stages(self, first: int = 0, end: int | None = None) -> RoutedStages:
        """Return what `routed_stages` takes for stages `first` to `end`, all by default."""
        routes = tuple(self.get_buffer(f"route_{stage}") for stage in range(len(self.positions)))[first:end]
        return RoutedStages(routes, self.window, self.code, self.tau)

    def levels(self) -> tuple[float, float]:
        """Return (top, base): `map * top - base` is a map as an integer from 0."""
        if self.code == "majority":
            return 1.0, 0.0
        stages = self.stages()
        return 1 / stages.scale(self.points), max(0.0, stages.floor(self.points))
