"""Shared-pattern LBP layer: learnable offsets, learnable temperature factor."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..config import LbpConfig
from ..ops import Comparison, compare


class SharedLbp(nn.Module):
    """Compares P*N learned sampling points of a window with its pivot, at every pixel.

    Effective offset: `r * tanh(raw / r)`, `r = (window - 1) / 2` pixels. Effective temperature:
    `base_alpha * exp(log_alpha_factor)`; `base_alpha` is set by the schedule. Comparison and
    surrogate gradient: `lbpnet.ops.compare`.

    Args:
        in_channels: C.
        config: see `LbpConfig`.
        generator: draws the initial offsets, N(0, offset_init_std^2) pixels.
        route_generator: draws the channel of each point where `config.channels` is `route`.

    Input: (B, C, H, W) float. Output: (B, D, H, W) float32 with D = P*N (`mode="bits"`) or P
    (`mode="weighted"`: `sum_n w[p, n] * bit[p, n]`, w initialised to 1/N).

    Source: seed document, "LBP layer"; the 48 pattern weights of the seed's three stages exist here
    only in the mode that uses them.
    """

    base_alpha: Tensor
    channel_route: Tensor | None

    def __init__(
        self,
        in_channels: int,
        config: LbpConfig,
        *,
        generator: torch.Generator,
        route_generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.config = config
        self.in_channels = in_channels
        groups = 1 if config.share_across_channels else in_channels
        shape = (groups, config.num_patterns, config.num_points, 2)
        self.raw_offsets = nn.Parameter(torch.randn(shape, generator=generator) * config.offset_init_std)
        self.log_alpha_factor = nn.Parameter(torch.zeros(()), requires_grad=True) if config.learn_alpha else None
        self.register_buffer("base_alpha", torch.tensor(float(config.alpha_init)))
        self.pattern_weights: nn.Parameter | None = None
        if config.mode == "weighted":
            weights = torch.full((config.num_patterns, config.num_points), 1 / config.num_points)
            self.pattern_weights = nn.Parameter(weights)
        route = None
        if config.channels == "route":
            points = config.num_patterns * config.num_points
            # Every channel is used equally often before any is used twice.
            rounds = -(-points // in_channels)
            order = [torch.randperm(in_channels, generator=route_generator) for _ in range(rounds)]
            route = torch.cat(order)[:points].to(torch.int32)
        self.register_buffer("channel_route", route)
        self.hard = True
        self.whole_offsets = False

    @property
    def weighted(self) -> bool:
        """Whether patterns are weighted sums of their bits."""
        return self.pattern_weights is not None

    @property
    def out_channels(self) -> int:
        """Maps that the layer returns."""
        if self.pattern_weights is not None:
            return self.config.num_patterns
        return self.config.num_patterns * self.config.num_points

    @property
    def radius(self) -> int:
        """Largest offset, pixels."""
        return (self.config.window - 1) // 2

    def offsets(self) -> Tensor:
        """Return the effective offsets (G, P, N, 2), (dy, dx) in pixels, within +-radius."""
        offsets = self.radius * torch.tanh(self.raw_offsets / self.radius)
        return offsets.round() if self.whole_offsets else offsets

    def alpha(self) -> Tensor:
        """Return the effective temperature, a scalar."""
        if self.log_alpha_factor is None:
            return self.base_alpha
        return self.base_alpha * self.log_alpha_factor.exp()

    def arguments(self) -> Comparison:
        """Return what `compare` takes."""
        return Comparison(self.offsets().flatten(1, 2), self.alpha(), self.config.window, self.channel_route)

    def forward(self, x: Tensor) -> Tensor:
        """Compare; shapes in the class docstring."""
        how = self.arguments()
        bits = compare(x, how.offsets, how.alpha, window=how.window, hard=self.hard, route=how.route)
        if self.pattern_weights is None:
            return bits
        by_pattern = bits.unflatten(1, self.pattern_weights.shape)
        return (by_pattern * self.pattern_weights[..., None, None]).sum(2)
