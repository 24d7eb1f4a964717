"""The paper's LBPNet (1x1): comparisons of one channel a kernel, mixed by learned 1x1 convolutions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..ops import RoutedStages, routed_stages


@dataclass(frozen=True)
class _PackedStages(RoutedStages):
    """Stages whose n-bit integers are kept as they are: the 1x1 block has no shifted ReLU."""

    def floor(self, points: int) -> float:
        return -1.0


class MixedLbp(nn.Module):
    """Stages `x + relu(Conv1x1(pack(compare(x))))`, K channels each.

    Kernel k reads channel k modulo C with its n points; its n bits are an integer, scaled to 0..1. Gradients:
    `lbpnet.ops.routed_stages`. One input channel is added to each of the K maps.

    Args:
        in_channels: C: 1 or K.
        channels: K, the same in every stage.
        stages: number of stages.
        points: n.
        window: odd side, pixels.
        tau: surrogate width, in units of the maps.
        generator: draws positions, uniform in the window, and 1x1 weights.

    Input: (B, C, H, W) float32, 0..1. Output: (B, K, H, W) float32.

    Source: WACV 2020 section 3.3, block (b); the paper says neither which channel a kernel reads nor a bias: none here.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stages: int,
        *,
        points: int,
        window: int,
        tau: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.radius, self.window, self.tau = (window - 1) // 2, window, tau
        self.out_channels = channels
        positions, mixers = [], []
        for stage in range(stages):
            read = torch.arange(channels) % (in_channels if stage == 0 else channels)
            self.register_buffer(f"route_{stage}", read[:, None].repeat(1, points).to(torch.int32))
            positions.append(nn.Parameter((torch.rand(channels, points, 2, generator=generator) * 2 - 1) * self.radius))
            mixer = nn.Conv2d(channels, channels, 1, bias=False)
            nn.init.kaiming_uniform_(mixer.weight, a=math.sqrt(5), generator=generator)
            mixers.append(mixer)
        self.positions, self.mixers = nn.ParameterList(positions), nn.ModuleList(mixers)

    def forward(self, x: Tensor) -> Tensor:
        """Compare, mix, add; shapes in the class docstring."""
        for stage, (positions, mixer) in enumerate(zip(self.positions, self.mixers, strict=True)):
            stages = _PackedStages((self.get_buffer(f"route_{stage}"),), self.window, "bit_pack", self.tau)
            joined = routed_stages(x.contiguous(), [positions.clamp(-self.radius, self.radius)], stages)
            x = x + torch.relu(mixer(joined[:, x.shape[1] :]))
        return x
