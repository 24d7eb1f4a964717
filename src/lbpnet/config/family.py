"""In which families of networks a field acts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, get_args

from ..errors import ConfigError
from .model import Family
from .run import RunConfig

_ALL: tuple[Family, ...] = get_args(Family)
_SEED: tuple[Family, ...] = ("residual",)
_MLP: tuple[Family, ...] = ("residual", "literature", "convolutional")
_SAMPLING: tuple[Family, ...] = ("residual", "routed", "literature")

# Dotted names of fields, or of objects that hold them; a field that is not here acts in every family. All networks but
# the seed's are hard from the first step, have no gates, and a surrogate width of their own: schedules of temperatures
# and gates, hardening and the guard are not for them.
_ACTS_IN: dict[str, tuple[Family, ...]] = {
    "model.lbp_layer": _SEED,
    "model.blocks": _SEED,
    "model.rp_layer": _SEED,
    "model.classification_head.hidden": _MLP,
    "model.classification_head.dropout_rate": _MLP,
    "model.classification_head.use_bn": _MLP,
    "optim.lr_mult.gates": _SEED,
    "optim.lr_mult.offsets": _SAMPLING,
    "optimizer_groups.lbp_offsets": _SAMPLING,
    "optimizer_groups.lbp_alpha": _SEED,
    "optimizer_groups.lbp_channels": ("routed",),
    "optimizer_groups.rp_gates": _SEED,
    "temp_schedule": _SEED,
    "freeze_schedule.freeze_offsets_epochs": _SAMPLING,
    "freeze_schedule.settle_epochs": _SAMPLING,
    "freeze_schedule.freeze_gates_extra_epochs": _SEED,
    "freeze_schedule.freeze_gate_epochs": _SEED,
    "stability": _SEED,
    "hard_finetune": _SEED,
    "alive_ratio_reg": _SEED,
    "gate_margin": _SEED,
    "offset_radius_reg": _SAMPLING,
    "model.routed": ("routed",),
    "model.literature": ("literature",),
    "model.convolutional": ("convolutional",),
}


def fields_of(family: Family) -> tuple[str, ...]:
    """Return the dotted names of every field that acts in networks of `family`, but not in all families."""
    return _leaves_where(lambda families: family in families)


def idle_fields(family: Family) -> tuple[str, ...]:
    """Return the dotted names of every field that does nothing in networks of `family`."""
    return _leaves_where(lambda families: family not in families)


def families_of(field: str) -> tuple[Family, ...]:
    """Return the families in which the field of this dotted name acts."""
    for name, families in _ACTS_IN.items():
        if field == name or field.startswith(f"{name}."):
            return families
    return _ALL


def require_own_fields(config: RunConfig) -> None:
    """Check that fields of other families have their defaults: set, they would be settings that do nothing.

    Raises:
        ConfigError: names the first that has not.
    """
    default, family = RunConfig(), config.model.family
    for name in idle_fields(family):
        value, expected = _at(config, name), _at(default, name)
        if value != expected:
            others = " or ".join(f"'{other}'" for other in families_of(name))
            raise ConfigError(
                f"{name}: {value!r} has no effect in networks of family '{family}'; "
                f"leave it at {expected!r}, or set model.family {others}"
            )


def _at(config: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        config = getattr(config, name)
    return config


def _leaves_where(wanted: Callable[[tuple[Family, ...]], bool]) -> tuple[str, ...]:
    default = RunConfig()
    return tuple(
        leaf for name, families in _ACTS_IN.items() if wanted(families) for leaf in _leaves(_at(default, name), name)
    )


def _leaves(value: Any, name: str) -> Iterator[str]:
    if not dataclasses.is_dataclass(value):
        yield name
        return
    for field in dataclasses.fields(value):
        yield from _leaves(getattr(value, field.name), f"{name}.{field.name}")
