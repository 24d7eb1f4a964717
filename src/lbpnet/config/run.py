"""One run = one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass, field

from .data import DataConfig
from .model import ModelConfig
from .training import (
    AliveRatioRegConfig,
    EmaConfig,
    FreezeScheduleConfig,
    GateMarginConfig,
    GradientClippingConfig,
    HardFinetuneConfig,
    OffsetRadiusRegConfig,
    OptimConfig,
    OptimizerGroupsConfig,
    StabilityConfig,
    TempScheduleConfig,
    TrainingConfig,
)


@dataclass(frozen=True)
class DeviceConfig:
    """Where it runs (Lightning Fabric)."""

    accelerator: str = "auto"
    """`auto`, `cpu`, `cuda`, `mps`."""
    devices: int = 1
    """Processes, one a device."""
    strategy: str = "auto"
    """`auto`, `ddp`."""
    threads: int | None = None
    """torch threads a process; None leaves torch's own choice."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that determines a run's result."""

    model: ModelConfig = field(default_factory=ModelConfig)
    """Network."""
    data: DataConfig = field(default_factory=DataConfig)
    """Images."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """Loop."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    """Optimiser."""
    optimizer_groups: OptimizerGroupsConfig = field(default_factory=OptimizerGroupsConfig)
    """Fine parameter groups."""
    gradient_clipping: GradientClippingConfig = field(default_factory=GradientClippingConfig)
    """Gradient clipping."""
    ema: EmaConfig = field(default_factory=EmaConfig)
    """Weight averaging."""
    temp_schedule: TempScheduleConfig = field(default_factory=TempScheduleConfig)
    """Temperatures."""
    freeze_schedule: FreezeScheduleConfig = field(default_factory=FreezeScheduleConfig)
    """Freezing."""
    stability: StabilityConfig = field(default_factory=StabilityConfig)
    """Collapse guard."""
    hard_finetune: HardFinetuneConfig = field(default_factory=HardFinetuneConfig)
    """Hardening."""
    alive_ratio_reg: AliveRatioRegConfig = field(default_factory=AliveRatioRegConfig)
    """Alive-ratio regulariser."""
    gate_margin: GateMarginConfig = field(default_factory=GateMarginConfig)
    """Gate-margin regulariser."""
    offset_radius_reg: OffsetRadiusRegConfig = field(default_factory=OffsetRadiusRegConfig)
    """Offset-radius regulariser."""
    device: DeviceConfig = field(default_factory=DeviceConfig)
    """Device."""
    seed: int = 42
    """Seed of initial weights, batch order, augmentation and dropout."""
    deterministic: bool = True
    """Deterministic algorithms only: same seed, same bytes."""
    benchmark: bool = False
    """Let cuDNN time its algorithms (faster, not reproducible)."""
