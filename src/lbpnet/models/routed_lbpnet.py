"""The multiplication-free network: routed stages on uint8 pixels, then an integer head."""

from __future__ import annotations

import torch
from torch import Tensor

from ..config import LARGEST_WEIGHT, ModelConfig, RunConfig, validate_model
from ..errors import ConfigError
from ..layers import ForwardPath, HiddenHead, IntegerHead, IntegerWeights, RoutedLbp, StageOutput
from ..ops import shrink_image, sum_grid
from .lbp_net import LbpNet


class RoutedLbpNet(LbpNet):
    """Classifies images through `RoutedLbp` and an `IntegerHead`; in eval mode every step is one of integers.

    1. The image, reduced by `shrink_image`.
    2. Routed stages; y of a map is `max(v, 2^(n-1) - 1) - (2^(n-1) - 1)` for the n-bit v of `bit_pack`, v for
       `binary`, the count, or the majority: integers from 0. After the stages of `routed.pool_at`, the image and all
       maps become the largest of each 2x2 block.
    3. Features `f[(channel * G + row) * G + column]`: sums of y over `window_bounds`, of the maps of the stages
       from `head.first_stage` on, in order.
    4. Scores `W . f + B`, or with hidden units `W . max(0, V . f + C) + B`; the class is the first of the highest.

    Training differs by a positive factor and by batch instead of running means; maps and positions are the same.

    Args:
        config: the network, of family `routed`.
        in_channels: channels of the images.
        generator: draws initial positions and weights; the channels of points come from `routed.seed`.

    Input: (B, C, H, W) uint8. Output: (B, classes): float32 logits in training, integer scores in eval mode,
    float32 or (with hidden units) float64.

    Source: WACV 2020 section 3 for the stages (design 2.2); the head is ours (design 2.3).
    """

    def __init__(self, config: ModelConfig, in_channels: int, *, generator: torch.Generator) -> None:
        super().__init__()
        validate_model(config)
        self.config, self.in_channels = config, in_channels
        routed, head = config.routed, config.routed.head
        self.features = RoutedLbp(
            in_channels,
            routed.kernels,
            points=routed.points,
            window=routed.windows(),
            code=routed.code,
            tau=routed.tau,
            pool_at=routed.pool_at,
            candidates=routed.candidates,
            generator=generator,
            route_generator=torch.Generator().manual_seed(routed.seed),
        )
        self.first_map = in_channels + sum(routed.kernels[: head.first_stage])
        features = (self.features.out_channels - self.first_map) * head.pool**2
        classes = config.classification_head.num_classes
        weight = LARGEST_WEIGHT[head.weights]
        self.head = (
            HiddenHead(
                features,
                head.hidden,
                classes,
                LARGEST_WEIGHT[head.hidden_weights],
                weight,
                step=head.step,
                generator=generator,
            )
            if head.hidden
            else IntegerHead(features, classes, weight, step=head.step, generator=generator)
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
        return self.head(self.pooled(images)), []

    def pooled(self, images: Tensor) -> Tensor:
        """Return the features (B, F) that the head reads; exact integers in eval mode."""
        if self.extract is not None:
            return self.extract(images)
        # Division keeps the order of pixels, all that comparisons see.
        pixels = shrink_image(images, self.config.routed.shrink).float() / 255
        # Sums of all channels are sliced, not the channels: the slice's gradient would fill and copy all of them.
        maps = self.features(pixels)
        cells = self.config.routed.head.pool
        top, base = self.features.levels()
        if self.training:
            # The same up to fp32 rounding, without a pass over the maps.
            pixels_of = sum_grid(torch.ones_like(maps[:1, :1]), cells)
            return (sum_grid(maps, cells)[:, self.first_map :] * top - pixels_of * base).flatten(1)
        return sum_grid((maps[:, self.first_map :] * top).round() - base, cells).round().flatten(1)

    def head_integers(self) -> IntegerWeights:
        """Return weights and biases of the scores, as the forward pass in eval mode uses them."""
        return self.head.integers()

    def hidden_integers(self) -> IntegerWeights | None:
        """Return those of the hidden units; None where the scores read the features."""
        return self.head.hidden_integers() if isinstance(self.head, HiddenHead) else None

    @property
    def gated_stages(self) -> int:
        """None: there are no gates."""
        return 0

    def logits(self, output: Tensor) -> Tensor:
        """Scale integer scores as training did."""
        return output * self.head.scale()

    def offsets(self) -> list[Tensor]:
        """Return the positions of each stage, (K, n, 2) in pixels."""
        return list(self.features.positions)

    def alphas(self) -> list[float]:
        """Return nothing: all stages have one surrogate width."""
        return []

    def set_path(self, path: ForwardPath) -> None:
        """Do nothing: the one forward pass is the hard one on whole pixels."""

    def set_temperatures(self, alpha: float, tau: float) -> None:
        """Set the width of the surrogate to `tau`; `alpha` has no meaning here."""
        self.features.tau = tau


def build_routed(config: RunConfig) -> RoutedLbpNet:
    """Build the network of a run of family `routed` with the initial weights that `config.seed` gives."""
    generator = torch.Generator().manual_seed(config.seed)
    return RoutedLbpNet(config.model, config.data.in_channels, generator=generator)
