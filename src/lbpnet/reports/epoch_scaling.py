"""Epoch numbers as they act in a run whose length differs from the schedule's."""

from __future__ import annotations

import math

from ..config import RunConfig


def schedule_scale(config: RunConfig) -> float:
    """Return epochs / schedule_epochs, or 1 where the numbers act as written."""
    training = config.training
    return training.epochs / (training.schedule_epochs or training.epochs)


def whole_epochs(value: float, config: RunConfig) -> int:
    """Return a whole-epoch number, scaled and rounded down."""
    return math.floor(value * schedule_scale(config))


def gate_freeze_sum(config: RunConfig) -> int:
    """Return the epochs of frozen gates that the two summands give, before scaling."""
    freeze = config.freeze_schedule
    return freeze.freeze_offsets_epochs + freeze.freeze_gates_extra_epochs


def gate_freeze_total(config: RunConfig) -> int:
    """Return the epochs of frozen gates that count, before scaling: the explicit total wins."""
    total = config.freeze_schedule.freeze_gate_epochs
    return gate_freeze_sum(config) if total is None else total


def scaled_epochs(config: RunConfig) -> list[tuple[str, float, float]]:
    """Return (name, as written, as it acts) of every epoch number that is scaled.

    Warm-up keeps its fraction, patience is at least one epoch, the others are rounded down.
    """
    training, freeze, hard = config.training, config.freeze_schedule, config.hard_finetune
    warmup = round(training.warmup_epochs * schedule_scale(config), 6)
    offsets, gates = freeze.freeze_offsets_epochs, gate_freeze_total(config)
    return [
        ("training.warmup_epochs", training.warmup_epochs, warmup),
        ("training.patience", training.patience, max(1, whole_epochs(training.patience, config))),
        ("freeze_schedule.freeze_offsets_epochs", offsets, whole_epochs(offsets, config)),
        ("freeze_schedule.freeze_gate_epochs", gates, whole_epochs(gates, config)),
        ("hard_finetune.start_epoch", hard.start_epoch, whole_epochs(hard.start_epoch, config)),
    ]
