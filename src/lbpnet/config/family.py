"""Which fields belong to one family of networks alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ..errors import ConfigError
from .model import Family
from .run import RunConfig

OTHER_FAMILY: dict[Family, Family] = {"residual": "routed", "routed": "residual"}

# Dotted names of fields, or of objects that hold them. A routed network is hard from the first step, has no gates,
# and a surrogate width of its own: schedules of temperatures and gates, hardening and the guard are not for it.
_ONLY: dict[Family, tuple[str, ...]] = {
    "residual": (
        "model.lbp_layer",
        "model.blocks",
        "model.rp_layer",
        "model.classification_head.hidden",
        "model.classification_head.dropout_rate",
        "model.classification_head.use_bn",
        "optim.lr_mult.gates",
        "optimizer_groups.lbp_alpha",
        "optimizer_groups.rp_gates",
        "temp_schedule",
        "freeze_schedule.freeze_gates_extra_epochs",
        "freeze_schedule.freeze_gate_epochs",
        "stability",
        "hard_finetune",
        "alive_ratio_reg",
        "gate_margin",
    ),
    "routed": ("model.routed", "optimizer_groups.lbp_channels"),
}


def fields_of(family: Family) -> tuple[str, ...]:
    """Return the dotted names of every field that acts in networks of `family` alone."""
    default = RunConfig()
    return tuple(leaf for name in _ONLY[family] for leaf in _leaves(_at(default, name), name))


def require_own_fields(config: RunConfig) -> None:
    """Check that fields of the other family have their defaults: set, they would be settings that do nothing.

    Raises:
        ConfigError: names the first that has not.
    """
    default, family = RunConfig(), config.model.family
    other = OTHER_FAMILY[family]
    for name in fields_of(other):
        value, expected = _at(config, name), _at(default, name)
        if value != expected:
            raise ConfigError(
                f"{name}: {value!r} has no effect in networks of family '{family}'; "
                f"leave it at {expected!r}, or set model.family '{other}'"
            )


def _at(config: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        config = getattr(config, name)
    return config


def _leaves(value: Any, name: str) -> Iterator[str]:
    if not dataclasses.is_dataclass(value):
        yield name
        return
    for field in dataclasses.fields(value):
        yield from _leaves(getattr(value, field.name), f"{name}.{field.name}")
