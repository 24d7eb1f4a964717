"""The seed's network: residual stages of shared-pattern comparisons, then an MLP head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..config import ModelConfig, RunConfig, validate_model
from ..errors import ConfigError
from ..layers import HARD, ForwardPath, MlpHead, ResidualStage, StageOutput
from ..layers.fusion import LinearProjection, RoutedProjection
from .lbp_net import LbpNet


class ResidualLbpNet(LbpNet):
    """Classifies images through `ResidualStage`s and an `MlpHead`.

    Args:
        config: the network.
        in_channels: channels of the images.
        margin: of the gate-margin regulariser, in bits.
        generator: draws initial parameters.

    Input: (B, C, H, W) uint8, or float already scaled to 0..1. Output: (B, classes) logits.

    Source: seed document; design 2.1. It multiplies: bilinear samples, 1x1 residuals, BatchNorm, head.
    """

    def __init__(
        self, config: ModelConfig, in_channels: int, *, margin: float = 1.0, generator: torch.Generator
    ) -> None:
        super().__init__()
        validate_model(config)
        self.config = config
        self.in_channels = in_channels
        stages = []
        for index, channels in enumerate(config.blocks.channels_per_stage):
            stages.append(ResidualStage(in_channels, channels, index, config, margin=margin, generator=generator))
            in_channels = channels
        self.stages = nn.ModuleList(stages)
        self.head = MlpHead(in_channels, config.classification_head, generator=generator)
        self.set_path(HARD)

    def forward_with_stages(self, images: Tensor) -> tuple[Tensor, list[StageOutput]]:
        """Classify and return what every stage put out, for regularisers and statistics.

        Raises:
            ConfigError: the images have another number of channels than the network.
        """
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            raise ConfigError(
                f"data.in_channels: the network takes (B, {self.in_channels}, H, W) images, got {tuple(images.shape)}"
            )
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        outputs: list[StageOutput] = []
        for stage in self.stages:
            outputs.append(stage(x))
            x = outputs[-1].maps
        return self.head(x), outputs

    def residual_stages(self) -> list[ResidualStage]:
        """Return the stages, typed."""
        return [stage for stage in self.stages if isinstance(stage, ResidualStage)]

    @property
    def gated_stages(self) -> int:
        """All stages, or none where the fusion is a convolution."""
        return len(self.stages) if self.config.blocks.fusion_type != "conv1x1" else 0

    def logits(self, output: Tensor) -> Tensor:
        """Return the output: it holds logits."""
        return output

    def offsets(self) -> list[Tensor]:
        """Return the effective offsets of each stage, (G, P, N, 2) in pixels."""
        return [stage.lbp.offsets() for stage in self.residual_stages()]

    def alphas(self) -> list[float]:
        """Return the comparison temperature of each stage."""
        return [float(stage.lbp.alpha().detach()) for stage in self.residual_stages()]

    def set_path(self, path: ForwardPath) -> None:
        """Choose the forward pass of every stage."""
        for stage in self.residual_stages():
            stage.lbp.hard = path.hard_bits
            stage.lbp.whole_offsets = path.whole_offsets
            if isinstance(stage.fusion, RoutedProjection | LinearProjection):
                stage.fusion.hard = path.hard_gates

    @torch.no_grad()
    def set_temperatures(self, alpha: float, tau: float) -> None:
        """Set the scheduled temperatures of every stage."""
        for stage in self.residual_stages():
            stage.lbp.base_alpha.fill_(alpha)
            if isinstance(stage.fusion, RoutedProjection | LinearProjection):
                stage.fusion.base_tau.fill_(tau)


def build_residual(config: RunConfig) -> ResidualLbpNet:
    """Build the network of a run of family `residual` with the initial weights that `config.seed` gives."""
    generator = torch.Generator().manual_seed(config.seed)
    margin = config.gate_margin.margin
    return ResidualLbpNet(config.model, config.data.in_channels, margin=margin, generator=generator)
