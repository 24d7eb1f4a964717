"""One stage: compare, fuse, normalise, pool, add the residual, activate."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..config import ModelConfig
from ..ops import Normalization, Projection, average_pool, gated_stage
from .fusion import Conv1x1, LinearProjection, RoutedProjection
from .running_statistics import update_running_statistics
from .shared_lbp import SharedLbp


class StageOutput(NamedTuple):
    """Maps of a stage and, where it has gates, their mean opening and shortfall (see `Projection`)."""

    maps: Tensor
    alive: Tensor | None
    shortfall: Tensor | None


class ResidualStage(nn.Module):
    """`relu(res_scale * pool(BN(fuse(lbp(x)))) + Conv1x1(pool(x)))`.

    Args:
        in_channels: C.
        channels: K.
        index: position of the stage; its fixed maps come from the generator seeded by (seed, index).
        config: the network.
        margin: of the gate-margin regulariser, in bits.
        generator: draws initial parameters.

    Input: (B, C, H, W). Output: `StageOutput` with maps (B, K, H', W'); H' = floor(H/2) where the
    stage is in `downsample_at`.

    Source: seed document, "Blocks"; design 2.1. The paper concatenates instead of adding.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        index: int,
        config: ModelConfig,
        *,
        margin: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        rp = config.blocks.rp_config
        maps = torch.Generator().manual_seed(rp.seed + 1_000_003 * index)
        routes = torch.Generator().manual_seed(rp.seed + 1_000_003 * index + 1)
        self.lbp = SharedLbp(in_channels, config.lbp_layer, generator=generator, route_generator=routes)
        bits, gate = self.lbp.out_channels, config.rp_layer.gate_logits_init
        self.fusion: RoutedProjection | LinearProjection | Conv1x1
        if config.blocks.fusion_type == "rp_paper":
            self.fusion = RoutedProjection(bits, channels, rp, gate_logits_init=gate, margin=margin, generator=maps)
        elif config.blocks.fusion_type == "rp_linear":
            self.fusion = LinearProjection(bits, channels, rp, gate_logits_init=gate, margin=margin, generator=maps)
        else:
            self.fusion = Conv1x1(bits, channels, generator=generator)
        self.norm = nn.BatchNorm2d(channels)
        self.res_scale = nn.Parameter(torch.ones(()))
        self.residual = nn.Conv2d(in_channels, channels, 1, bias=False)
        nn.init.kaiming_uniform_(self.residual.weight, a=math.sqrt(5), generator=generator)
        self.downsample = index in config.blocks.downsample_at

    def forward(self, x: Tensor) -> StageOutput:
        """Run the stage; shapes in the class docstring."""
        fusion = self.fusion
        if isinstance(fusion, RoutedProjection) and fusion.hard and self.lbp.hard and not self.lbp.weighted:
            return self._forward_hard(x, fusion)
        return self.forward_composed(x)

    def forward_composed(self, x: Tensor) -> StageOutput:
        """Run the stage one module after the other, whatever its path; shapes in the class docstring."""
        fused = self.fusion(self.lbp(x))
        gated, alive, shortfall = fused if isinstance(fused, Projection) else (fused, None, None)
        y = self.norm(gated)
        if self.downsample:
            y = average_pool(y)
        residual = self.residual(average_pool(x) if self.downsample else x)
        return StageOutput(torch.relu(self.res_scale * y + residual), alive, shortfall)

    def _forward_hard(self, x: Tensor, fusion: RoutedProjection) -> StageOutput:
        norm = self.norm
        running = None
        if not norm.training and norm.running_mean is not None and norm.running_var is not None:
            running = norm.running_mean, norm.running_var
        how = Normalization(norm.weight, norm.bias, self.res_scale, norm.eps, running)
        residual = self.residual.weight.flatten(1)
        stage = gated_stage(x, residual, self.lbp.arguments(), fusion.arguments(), how, pool=self.downsample)
        if norm.training:
            update_running_statistics(norm, stage.mean, stage.variance, len(x) * x.shape[2] * x.shape[3])
        return StageOutput(stage.maps, stage.alive, stage.shortfall)
