"""Model half of a run: comparison layer, stages, projection and head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .literature import ConvolutionalConfig, LiteratureConfig
from .routed import RoutedConfig

Family = Literal["residual", "routed", "literature", "convolutional"]
FusionType = Literal["rp_paper", "rp_linear", "conv1x1"]


@dataclass(frozen=True)
class LbpConfig:
    """Comparison layer of every stage (design 2.1)."""

    num_patterns: int = 2
    """Patterns P; each samples `num_points` positions around the pivot."""
    num_points: int = 8
    """Sampling points N of a pattern; a stage compares P*N points."""
    window: int = 3
    """Odd side of the sampling window in pixels; offsets stay within +-(window-1)/2."""
    share_across_channels: bool = True
    """One set of offsets for all input channels; False learns one set a channel."""
    mode: Literal["bits", "weighted"] = "bits"
    """`bits`: P*N comparison bits; `weighted`: P maps, each a learned weighted sum of its N bits."""
    channels: Literal["average", "route"] = "average"
    """`average`: bits are averaged over input channels; `route`: each point reads one fixed random channel."""
    alpha_init: float = 0.2
    """Surrogate temperature (smaller = harder) where `temp_schedule` is off."""
    learn_alpha: bool = True
    """Multiply the temperature by one learnable factor a stage."""
    offset_init_std: float = 0.8
    """Standard deviation, in pixels, of the normal distribution that raw offsets start from."""


@dataclass(frozen=True)
class RpConfig:
    """Random projection: k routed bits an output channel, popcount, threshold."""

    n_bits_per_out: int = 8
    """Bits k routed to each output channel (`rp_paper`)."""
    seed: int = 42
    """Seed of the fixed maps; stage s draws from the generator seeded with (seed, s)."""
    threshold: float | None = None
    """Popcount needed to fire; None means ceil(k/2) for `rp_paper`, 0 for `rp_linear`."""
    tau: float = 3.0
    """Surrogate temperature of the gate where `temp_schedule` is off; never changes the hard forward."""
    use_ste: bool = True
    """Hard forward of bits and gates with surrogate gradients; False trains on the sigmoids until it hardens."""


@dataclass(frozen=True)
class RpLayerConfig:
    """Extra parameters of the projection layer."""

    gate_logits_init: float = 0.3
    """Initial gate bias; positive values open gates early in training."""


@dataclass(frozen=True)
class BlocksConfig:
    """The stages."""

    stages: int = 3
    """Number of stages."""
    channels_per_stage: tuple[int, ...] = (39, 40, 80)
    """Output channels K of each stage."""
    downsample_at: tuple[int, ...] = (1, 2)
    """Stages (from 0) whose output is halved by 2x2 average pooling."""
    fusion_type: FusionType = "rp_paper"
    """`rp_paper`: routed popcount; `rp_linear`: dense +-1/sqrt(D) projection; `conv1x1`: learned 1x1 convolution."""
    rp_config: RpConfig = field(default_factory=RpConfig)
    """Random projection."""


@dataclass(frozen=True)
class HeadConfig:
    """MLP head: Linear, BatchNorm, ReLU, Linear, on averages over the whole map or over a grid of windows."""

    hidden: int = 256
    """Hidden units."""
    dropout_rate: float = 0.0
    """Dropout probability after the hidden layer."""
    num_classes: int = 10
    """Classes."""
    use_bn: bool = True
    """BatchNorm after the hidden Linear."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the network's structure, apart from the input's shape (see `data`)."""

    lbp_layer: LbpConfig = field(default_factory=LbpConfig)
    """Comparison layer."""
    blocks: BlocksConfig = field(default_factory=BlocksConfig)
    """Stages."""
    rp_layer: RpLayerConfig = field(default_factory=RpLayerConfig)
    """Projection layer."""
    classification_head: HeadConfig = field(default_factory=HeadConfig)
    """MLP head; `num_classes` is that of every family."""
    family: Family = "residual"
    """`residual`: the seed's network; `routed`: the multiplication-free one; `literature`: the paper's;
    `convolutional`: its baselines. Fields of the others keep their defaults."""
    routed: RoutedConfig = field(default_factory=RoutedConfig)
    """The network of family `routed`."""
    literature: LiteratureConfig = field(default_factory=LiteratureConfig)
    """The network of family `literature`."""
    convolutional: ConvolutionalConfig = field(default_factory=ConvolutionalConfig)
    """The network of family `convolutional`."""

    def widths(self) -> tuple[int, ...]:
        """Return the output channels of each stage or layer of the network of this family."""
        return {
            "residual": self.blocks.channels_per_stage,
            "routed": self.routed.kernels,
            "literature": self.literature.kernels,
            "convolutional": self.convolutional.channels,
        }[self.family]
