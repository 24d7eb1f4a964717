"""Everything that changes with time: learning rate, temperatures, freezing, phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..config import RoutedConfig, RunConfig
from ..config.epoch_scaling import gate_freeze_total, scaled_patience, scaled_warmup, whole_epochs
from ..layers import ForwardPath


@dataclass(frozen=True)
class Schedule:
    """Resolved schedules of a run; epochs count from 0.

    Where `training.schedule_epochs` is set, every epoch number of the configuration is multiplied by
    `epochs / schedule_epochs`; whole-epoch fields are rounded down, warm-up keeps its fraction.
    """

    config: RunConfig
    warmup_epochs: float
    offsets_frozen_until: int
    offsets_frozen_from: int
    gates_frozen_until: int
    hard_from: int | None
    patience: int

    @classmethod
    def of(cls, config: RunConfig) -> Schedule:
        """Resolve the schedules of `config`."""
        hard = config.hard_finetune
        # Other networks are hard from the first step: they have no such phase, and no gates to freeze.
        residual, sampling = config.model.family == "residual", config.model.family != "convolutional"
        offsets = config.freeze_schedule.freeze_offsets_epochs if sampling else 0
        return cls(
            config=config,
            warmup_epochs=scaled_warmup(config),
            offsets_frozen_until=whole_epochs(offsets, config),
            offsets_frozen_from=config.training.epochs - whole_epochs(config.freeze_schedule.settle_epochs, config),
            gates_frozen_until=whole_epochs(gate_freeze_total(config), config) if residual else 0,
            hard_from=whole_epochs(hard.start_epoch, config) if hard.enable and residual else None,
            patience=scaled_patience(config),
        )

    def is_hard(self, epoch: int) -> bool:
        """Tell whether `epoch` belongs to hard fine-tuning."""
        return self.hard_from is not None and epoch >= self.hard_from

    def path(self, epoch: int) -> ForwardPath:
        """Return the forward pass that is trained in `epoch`.

        With `use_ste` it is hard all along and the temperatures shape gradients only (the seed document:
        alpha is "equivalent to ste_scale_bits = 1/alpha"); without, it is soft until hard fine-tuning.
        """
        hard, options = self.is_hard(epoch), self.config.hard_finetune
        straight_through = self.config.model.blocks.rp_config.use_ste
        return ForwardPath(
            hard_bits=straight_through or (hard and options.hard_forward_bits),
            hard_gates=straight_through or (hard and options.hard_forward_gates),
        )

    def learning_rate(self, position: float) -> float:
        """Return the base learning rate at `position`, in epochs (2.5 = the middle of the third).

        Linear warm-up `lr * position / warmup`, then `min_lr + (lr - min_lr) * (1 + cos(pi * u)) / 2`
        with u from 0 to 1 over the rest; times `hard_finetune.lr_mult`, once, in the hard phase.
        """
        training = self.config.training
        factor = self.config.hard_finetune.lr_mult if self.is_hard(math.floor(position)) else 1.0
        if position < self.warmup_epochs:
            return factor * training.lr * position / self.warmup_epochs
        if training.lr_scheduler == "constant":
            return factor * training.lr
        u = (position - self.warmup_epochs) / max(training.epochs - self.warmup_epochs, 1e-9)
        return factor * (training.min_lr + (training.lr - training.min_lr) * (1 + math.cos(math.pi * min(u, 1.0))) / 2)

    def temperatures(self, epoch: int) -> tuple[float, float]:
        """Return (alpha, tau) of `epoch`, before any softening by the guard; zeros where a network compares nothing."""
        u, model = epoch / max(self.config.training.epochs - 1, 1), self.config.model
        if model.family != "residual":
            width = {"routed": _routed_tau(model.routed, u), "literature": model.literature.tau, "convolutional": 0.0}
            return width[model.family], width[model.family]
        temp = self.config.temp_schedule
        if not temp.enable:
            return self.config.model.lbp_layer.alpha_init, self.config.model.blocks.rp_config.tau
        if temp.type == "cosine":
            u = _cosine(u)
        return (
            temp.alpha_start + (temp.alpha_end - temp.alpha_start) * u,
            temp.tau_start + (temp.tau_end - temp.tau_start) * u,
        )

    def frozen(self, epoch: int) -> frozenset[str]:
        """Return the kinds of parameter frozen in `epoch`: among `offsets`, `alpha`, `channels`, `gates`."""
        kinds: set[str] = set()
        if epoch < self.offsets_frozen_until or epoch >= self.offsets_frozen_from:
            kinds |= {"offsets", "alpha"}
            if self.config.model.family == "routed" and self.config.model.routed.candidates > 1:
                kinds.add("channels")
        if epoch < self.gates_frozen_until:
            kinds.add("gates")
        return frozenset(kinds)


def _routed_tau(routed: RoutedConfig, u: float) -> float:
    end = routed.tau if routed.tau_end is None else routed.tau_end
    return routed.tau + (end - routed.tau) * _cosine(u)


def _cosine(u: float) -> float:
    return (1 - math.cos(math.pi * u)) / 2
