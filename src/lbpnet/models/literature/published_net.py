"""The paper's network: LBP stages or convolutions at full resolution, then an MLP head."""

from __future__ import annotations

import torch
from torch import Tensor

from ...config import ModelConfig, RunConfig, validate_model
from ...errors import ConfigError
from ...layers import ConvolutionalStack, ForwardPath, MixedLbp, MlpHead, RoutedLbp, StageOutput
from ..lbp_net import LbpNet


class PublishedNet(LbpNet):
    """Classifies images through a feature extractor that the configuration chooses, and an `MlpHead` on a grid.

    Family `literature`: `RoutedLbp` with packed bits (its output joins the image and all maps: 160 channels for
    39-40-80), or `MixedLbp`. Family `convolutional`: `ConvolutionalStack`. Training and evaluation have one forward
    pass, BatchNorm and dropout apart; comparisons are hard, on whole pixels.

    Args:
        config: the network, of one of these families.
        in_channels: channels of the images.
        generator: draws initial positions and weights; the channels of points come from `literature.seed`.

    Input: (B, C, H, W) uint8. Output: (B, classes) logits.

    Source: WACV 2020 sections 3 and 5. The paper does not say what its head reads; here the average over
    `pool` x `pool` windows of every map. It multiplies: the head does, and the baselines' convolutions.
    """

    def __init__(self, config: ModelConfig, in_channels: int, *, generator: torch.Generator) -> None:
        super().__init__()
        validate_model(config)
        self.config, self.in_channels = config, in_channels
        self.features = _features(config, in_channels, generator)
        pool = config.literature.pool if config.family == "literature" else config.convolutional.pool
        self.head = MlpHead(
            self.features.out_channels,
            config.classification_head,
            cells=pool,
            origin=_lowest_values(self.features, in_channels),
            generator=generator,
        )

    def forward_with_stages(self, images: Tensor) -> tuple[Tensor, list[StageOutput]]:
        """Classify; no stage has gates, so there is nothing more to return.

        Raises:
            ConfigError: the images have another number of channels than the network, or are not uint8.
        """
        if images.ndim != 4 or images.shape[1] != self.in_channels or images.dtype != torch.uint8:
            raise ConfigError(
                f"data.in_channels: the network takes (B, {self.in_channels}, H, W) uint8 images, "
                f"got {images.dtype} {tuple(images.shape)}"
            )
        if self.extract is not None:
            return self.head.classify_averages(self.extract(images)), []
        return self.head(self.features(images.float() / 255)), []

    @property
    def gated_stages(self) -> int:
        """None: there are no gates."""
        return 0

    def logits(self, output: Tensor) -> Tensor:
        """Return the output: it holds logits."""
        return output

    def offsets(self) -> list[Tensor]:
        """Return the positions of each stage, (K, n, 2) in pixels; none of a convolutional network."""
        return [] if isinstance(self.features, ConvolutionalStack) else list(self.features.positions)

    def alphas(self) -> list[float]:
        """Return nothing: the surrogate's width is fixed (`literature.tau`)."""
        return []

    def set_path(self, path: ForwardPath) -> None:
        """Do nothing: there is one forward pass."""

    def set_temperatures(self, alpha: float, tau: float) -> None:
        """Do nothing: the surrogate's width is fixed (`literature.tau`)."""


def _features(
    config: ModelConfig, in_channels: int, generator: torch.Generator
) -> RoutedLbp | MixedLbp | ConvolutionalStack:
    if config.family == "convolutional":
        return ConvolutionalStack(in_channels, config.convolutional, generator=generator)
    network = config.literature
    points, window, tau = network.points, network.window, network.tau
    if network.projection == "conv1x1":
        width, stages = network.kernels[0], len(network.kernels)
        return MixedLbp(in_channels, width, stages, points=points, window=window, tau=tau, generator=generator)
    return RoutedLbp(
        in_channels,
        network.kernels,
        points=points,
        window=window,
        code=network.code,
        tau=tau,
        generator=generator,
        route_generator=torch.Generator().manual_seed(network.seed),
    )


def _lowest_values(features: RoutedLbp | MixedLbp | ConvolutionalStack, in_channels: int) -> Tensor | None:
    """Return the least value of each channel of `RoutedLbp`: 0 of the image, the shifted ReLU's floor of maps."""
    if not isinstance(features, RoutedLbp):
        return None
    top, base = features.levels()
    lowest = torch.full((features.out_channels,), base / top)
    lowest[:in_channels] = 0
    return lowest


def build_published(config: RunConfig) -> PublishedNet:
    """Build the network of a run of either family with the initial weights that `config.seed` gives."""
    generator = torch.Generator().manual_seed(config.seed)
    return PublishedNet(config.model, config.data.in_channels, generator=generator)
