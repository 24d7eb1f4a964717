"""Training half of a run: optimiser, schedules, freezing, guard, hardening, regularisers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class DistillationConfig:
    """Learning from a teacher: (1 - share) x cross-entropy + share x T^2 x KL(teacher || network), both at T."""

    teacher: str | None = None
    """Run folder of the teacher, a network of any family trained on the same images; None: no teacher."""
    temperature: float = 4.0
    """T: both networks' logits are divided by it."""
    share: float = 0.5
    """Share of the loss that comes from the teacher, 0 to 1; labels give the rest."""


@dataclass(frozen=True)
class TrainingConfig:
    """The loop."""

    epochs: int = 300
    """Passes over the training images."""
    schedule_epochs: int | None = None
    """Length that every epoch number below was written for; with other `epochs` they are scaled. None: not scaled."""
    batch_size: int = 256
    """Images a step (over all processes)."""
    lr: float = 1e-3
    """Base learning rate."""
    weight_decay: float = 1e-4
    """Base weight decay (decoupled)."""
    lr_scheduler: Literal["cosine", "constant"] = "cosine"
    """Course of the learning rate after warm-up, updated every step."""
    min_lr: float = 0.0
    """Base learning rate at the end of the cosine."""
    warmup_epochs: float = 5.0
    """Epochs of linear warm-up."""
    patience: int = 9999
    """Epochs without improvement of the monitored accuracy before training stops."""
    min_delta: float = 5e-4
    """Smallest gain of the monitored accuracy (0..1) that counts as improvement for `patience`."""
    label_smoothing: float = 0.1
    """Label smoothing."""
    amp: bool = True
    """bf16 (or fp16) autocast where the device computes it natively; elsewhere fp32."""
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    """Teacher."""


@dataclass(frozen=True)
class LrMultConfig:
    """Coarse learning-rate multipliers by kind of parameter."""

    gates: float = 2.0
    """Gate biases."""
    offsets: float = 2.0
    """Sampling offsets."""
    base: float = 1.0
    """Everything else."""


@dataclass(frozen=True)
class OptimConfig:
    """Optimiser."""

    type: Literal["adamw", "sgd"] = "adamw"
    """`adamw`, or `sgd` with momentum betas[0]."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's moment decay rates."""
    lr_mult: LrMultConfig = field(default_factory=LrMultConfig)
    """Coarse multipliers; they multiply those of `optimizer_groups`."""


@dataclass(frozen=True)
class GroupConfig:
    """Fine multipliers of one parameter group."""

    lr_mult: float = 1.0
    """Times `training.lr` and the coarse multiplier."""
    wd_mult: float = 1.0
    """Times `training.weight_decay`."""


@dataclass(frozen=True)
class OptimizerGroupsConfig:
    """Fine parameter groups."""

    lbp_offsets: GroupConfig = field(default_factory=lambda: GroupConfig(5.0, 0.0))
    """Sampling offsets (coarse kind: offsets)."""
    lbp_alpha: GroupConfig = field(default_factory=lambda: GroupConfig(1.0, 0.0))
    """Learnable temperature factors (coarse kind: base)."""
    rp_gates: GroupConfig = field(default_factory=lambda: GroupConfig(3.0, 0.0))
    """Gate biases (coarse kind: gates)."""
    classification_head: GroupConfig = field(default_factory=lambda: GroupConfig(0.7, 1.0))
    """Head (coarse kind: base)."""
    lbp_channels: GroupConfig = field(default_factory=lambda: GroupConfig(1.0, 0.0))
    """Preferences among candidate channels, `model.routed.candidates` (coarse kind: base)."""


@dataclass(frozen=True)
class GradientClippingConfig:
    """Clipping of the global gradient norm."""

    enabled: bool = True
    """Clip."""
    max_norm: float = 1.0
    """Largest L2 norm over all parameters."""


@dataclass(frozen=True)
class EmaConfig:
    """Exponential moving average of the weights."""

    enable: bool = False
    """Evaluate, and save, averaged weights."""
    decay: float = 0.999
    """Share of the old average kept at each step."""


@dataclass(frozen=True)
class TempScheduleConfig:
    """Course of the two temperatures over the training."""

    enable: bool = True
    """Schedule; False keeps `lbp_layer.alpha_init` and `rp_config.tau`."""
    type: Literal["cosine", "linear"] = "cosine"
    """Course between start and end."""
    alpha_start: float = 1.5
    """Comparison temperature at the first epoch."""
    alpha_end: float = 0.10
    """Comparison temperature at the last epoch; `ste_scale_bits` = 1/alpha."""
    tau_start: float = 3.0
    """Gate temperature at the first epoch; shapes the gradient only."""
    tau_end: float = 0.90
    """Gate temperature at the last epoch."""


@dataclass(frozen=True)
class FreezeScheduleConfig:
    """Parameters held fixed in the first epochs."""

    freeze_offsets_epochs: int = 8
    """First epochs in which offsets, alpha factors and channels are frozen."""
    freeze_gates_extra_epochs: int = 4
    """Gates are frozen this much longer, unless `freeze_gate_epochs` says otherwise."""
    freeze_gate_epochs: int | None = 10
    """Total epochs in which gates are frozen; wins over the line above; None: the sum."""
    settle_epochs: int = 0
    """Last epochs in which offsets, alpha factors and channels are frozen: the head learns on maps that stay."""


@dataclass(frozen=True)
class StabilityConfig:
    """Guard against collapse: softens the surrogate and freezes alpha for a while."""

    collapse_guard: bool = True
    """Watch."""
    window: int = 5
    """Epochs whose best monitored accuracy is the reference."""
    acc_drop_thr: float = 0.05
    """Drop below that reference (0..1) that counts as a retreat."""
    alive_upper: float = 0.26
    """The guard acts only while the share of open gates is above this."""
    consecutive: int = 2
    """Retreats in a row before it acts."""
    soften_factor: float = 2.0
    """Both temperatures are multiplied by this while softened."""
    soften_epochs: int = 3
    """Epochs for which the softening and the freeze of alpha last."""


@dataclass(frozen=True)
class HardFinetuneConfig:
    """Last phase: the forward pass of inference, a lower learning rate, BatchNorm as wanted."""

    enable: bool = True
    """Run it."""
    start_epoch: int = 260
    """First hard epoch, counted from 0."""
    lr_mult: float = 0.1
    """Applied once to every learning rate from `start_epoch` on."""
    hard_forward_bits: bool = True
    """Comparison bits are hard in the forward pass (they already are where `use_ste` is True)."""
    hard_forward_gates: bool = True
    """Gates are hard in the forward pass (they already are where `use_ste` is True)."""
    bn_mode: Literal["track", "freeze"] = "track"
    """`track` goes on updating BatchNorm statistics, `freeze` uses the running ones."""
    bn_recal_batches: int = 200
    """Training batches from which BatchNorm statistics are re-estimated before hard evaluation."""


@dataclass(frozen=True)
class AliveRatioRegConfig:
    """weight * (mean open share - target)^2, averaged over stages."""

    enable: bool = True
    """Add it to the loss."""
    target: float = 0.5
    """Wanted share of open gates."""
    weight: float = 1e-3
    """Weight."""


@dataclass(frozen=True)
class GateMarginConfig:
    """weight * mean(max(0, margin - |pre-activation|)), averaged over stages."""

    enable: bool = True
    """Add it to the loss."""
    margin: float = 1.0
    """Distance from the threshold below which a gate is pushed away."""
    weight: float = 1e-3
    """Weight."""


@dataclass(frozen=True)
class OffsetRadiusRegConfig:
    """weight * mean(max(0, |offset| - radius)^2), averaged over stages."""

    enable: bool = False
    """Add it to the loss."""
    radius: float = 1.0
    """Distance from the pivot, pixels, that costs nothing."""
    weight: float = 1e-3
    """Weight."""
