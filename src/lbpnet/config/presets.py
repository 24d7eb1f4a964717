"""The preset table: named, sourced instances of `RunConfig`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from ..errors import ConfigError
from .data import AugmentConfig, DataConfig
from .literature_presets import LITERATURE_ROWS
from .model import BlocksConfig, LbpConfig, ModelConfig
from .nearest import nearest_hint
from .routed import IntegerHeadConfig, RoutedConfig
from .run import RunConfig
from .training import (
    AliveRatioRegConfig,
    FreezeScheduleConfig,
    GateMarginConfig,
    GradientClippingConfig,
    GroupConfig,
    HardFinetuneConfig,
    LrMultConfig,
    OptimConfig,
    OptimizerGroupsConfig,
    StabilityConfig,
    TempScheduleConfig,
    TrainingConfig,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Preset:
    """A named configuration with its origin."""

    name: str
    title: str
    source: str
    config: RunConfig


class PresetTable(Mapping[str, T]):
    """Read-only table whose missing keys are answered with the nearest name.

    Raises:
        ConfigError: the name is not in the table.
    """

    def __init__(self, rows: dict[str, T]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> T:
        if name not in self._rows:
            raise ConfigError(f"no preset named '{name}'{nearest_hint(name, self._rows)}; `lbpnet ls` lists them")
        return self._rows[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


# The seed's document in its state of 2025-09-08 (k = 8); every default of the dataclasses is its value.
_FULL60K = RunConfig(
    training=TrainingConfig(schedule_epochs=300),
    data=DataConfig(dataset="mnist", val_size=0),
)


def _with_k(config: RunConfig, k: int) -> RunConfig:
    rp = replace(config.model.blocks.rp_config, n_bits_per_out=k)
    return replace(config, model=replace(config.model, blocks=replace(config.model.blocks, rp_config=rp)))


_VALIDATED = replace(
    _FULL60K,
    data=replace(_FULL60K.data, val_size=9000),
    training=replace(_FULL60K.training, patience=60),
)

_ONE_BY_ONE = replace(
    _VALIDATED,
    alive_ratio_reg=AliveRatioRegConfig(enable=False),
    gate_margin=GateMarginConfig(enable=False),
    model=ModelConfig(
        # 5 x 8 = 40 comparisons feed 40 learned 1x1 filters, three times (WACV 2020, Table 3).
        lbp_layer=LbpConfig(num_patterns=5, num_points=8, window=5),
        blocks=BlocksConfig(channels_per_stage=(40, 40, 40), fusion_type="conv1x1"),
    ),
)

# A short training: higher learning rate, no freezing, no separate last phase.
_QUICK = RunConfig(
    model=ModelConfig(
        lbp_layer=LbpConfig(num_patterns=4, window=5, offset_init_std=1.2, channels="route"),
        blocks=BlocksConfig(downsample_at=(0, 1)),
    ),
    data=DataConfig(val_size=5000, num_workers=1),
    training=TrainingConfig(epochs=4, batch_size=128, lr=8e-3, warmup_epochs=0.3, label_smoothing=0.0, amp=False),
    temp_schedule=TempScheduleConfig(alpha_start=0.3, alpha_end=0.1, tau_start=2.0, tau_end=1.0),
    freeze_schedule=FreezeScheduleConfig(0, 0, None),
    hard_finetune=HardFinetuneConfig(start_epoch=0, lr_mult=1.0),
    stability=StabilityConfig(collapse_guard=False),
)

# Chosen on 5,000 held-out images. Positions, in pixels, move at a third of the rate; clipping would let the latents,
# whose gradients are large, decide how far they move.
_ROUTED = RunConfig(
    model=ModelConfig(family="routed"),
    data=DataConfig(val_size=5000, num_workers=1),
    training=TrainingConfig(
        epochs=5, batch_size=64, lr=3e-3, warmup_epochs=1.0, weight_decay=0.0, label_smoothing=0.0, amp=False
    ),
    optim=OptimConfig(lr_mult=LrMultConfig(offsets=1.0)),
    optimizer_groups=OptimizerGroupsConfig(
        lbp_offsets=GroupConfig(1 / 3, 0.0), classification_head=GroupConfig(1.0, 1.0)
    ),
    gradient_clipping=GradientClippingConfig(enabled=False),
    freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=0),
)

_ROUTED_FAST = replace(
    _ROUTED,
    model=replace(
        _ROUTED.model,
        routed=RoutedConfig(kernels=(32, 32, 80), points=3, shrink=2, head=IntegerHeadConfig(weights="4bit")),
    ),
    training=replace(_ROUTED.training, epochs=12),
)

# Positions stand still, so that the engine runs the stages; the head learns.
_ROUTED_HIDDEN = replace(
    _ROUTED,
    model=replace(_ROUTED.model, routed=RoutedConfig(head=IntegerHeadConfig(weights="4bit", hidden=64))),
    data=replace(_ROUTED.data, augment=AugmentConfig(shift=2)),
    training=replace(_ROUTED.training, epochs=30, schedule_epochs=30),
    freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=30),
)

PRESET_ROWS: tuple[Preset, ...] = (
    Preset(
        "paper_mnist_rp_full60k", "the seed's network, k = 8, all 60,000 images", "seed document, 2025-09-08", _FULL60K
    ),
    Preset(
        "paper_mnist_rp_full60k_k4", "the same with k = 4", "seed document, before 2025-09-08", _with_k(_FULL60K, 4)
    ),
    Preset("paper_mnist_rp", "the same with 51,000 / 9,000 stratified validation", "seed project", _VALIDATED),
    Preset(
        "paper_mnist_1x1", "baseline: comparisons mixed by learned 1x1 convolutions", "WACV 2020, Table 3", _ONE_BY_ONE
    ),
    Preset("mnist_quick", "a few minutes on two cores; what `make run` trains", "ours", _QUICK),
    Preset("routed_mnist", "never multiplies: 39-40-80 stages, ternary head", "stages: WACV 2020; head: ours", _ROUTED),
    Preset("routed_mnist_fast", "fewer comparisons on images of half the side, for speed", "ours", _ROUTED_FAST),
    Preset(
        "routed_fashion",
        "the same as routed_mnist on Fashion-MNIST",
        "stages: WACV 2020; head: ours",
        replace(_ROUTED, data=replace(_ROUTED.data, dataset="fashion_mnist")),
    ),
    Preset(
        "routed_mnist_hidden",
        "routed_mnist with 64 hidden units, positions as drawn: more accurate",
        "ours",
        _ROUTED_HIDDEN,
    ),
    Preset(
        "routed_fashion_hidden",
        "the same on Fashion-MNIST, shifted by a pixel at most",
        "ours",
        replace(
            _ROUTED_HIDDEN, data=replace(_ROUTED_HIDDEN.data, dataset="fashion_mnist", augment=AugmentConfig(shift=1))
        ),
    ),
    *(Preset(*row) for row in LITERATURE_ROWS),
)

PRESETS: PresetTable[RunConfig] = PresetTable({row.name: row.config for row in PRESET_ROWS})
