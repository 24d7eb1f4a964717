"""Epoch numbers as they act in a run whose length differs from the schedule's."""

from __future__ import annotations

from .run import RunConfig


def scaled_warmup(config: RunConfig) -> float:
    """Return the warm-up in epochs, scaled with its fraction kept."""
    training = config.training
    return training.warmup_epochs * training.epochs / _written_for(config)


def whole_epochs(value: int, config: RunConfig) -> int:
    """Return a whole-epoch number, scaled by epochs / schedule_epochs and rounded down."""
    return value * config.training.epochs // _written_for(config)


def scaled_patience(config: RunConfig) -> int:
    """Return the patience in epochs, scaled, at least one."""
    return max(1, whole_epochs(config.training.patience, config))


def _written_for(config: RunConfig) -> int:
    return config.training.schedule_epochs or config.training.epochs


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
    offsets, gates = freeze.freeze_offsets_epochs, gate_freeze_total(config)
    shared: list[tuple[str, float, float]] = [
        ("training.warmup_epochs", training.warmup_epochs, round(scaled_warmup(config), 6)),
        ("training.patience", training.patience, scaled_patience(config)),
    ]
    if config.model.family == "convolutional":
        return shared
    shared.append(("freeze_schedule.freeze_offsets_epochs", offsets, whole_epochs(offsets, config)))
    shared.append(("freeze_schedule.settle_epochs", freeze.settle_epochs, whole_epochs(freeze.settle_epochs, config)))
    if config.model.family != "residual":
        return shared
    return [
        *shared,
        ("freeze_schedule.freeze_gate_epochs", gates, whole_epochs(gates, config)),
        ("hard_finetune.start_epoch", hard.start_epoch, whole_epochs(hard.start_epoch, config)),
    ]
