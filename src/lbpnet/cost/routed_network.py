"""Counts of networks of family `routed`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..config import RunConfig
from .wacv_convention import wacv_cost


def routed_cost(config: RunConfig) -> dict[str, Any]:
    """Count a routed network; the keys are those of `cost_report`.

    `seed` is null (not defined for one pattern a kernel); so is `whole`: what is stored and executed is known of
    the integer program, not of a configuration. `parameters` holds `trainable` and `by_module` alone.
    """
    routed = config.model.routed
    wacv = wacv_cost(routed.kernels, routed.points)
    by_module = routed_parameters(config)
    return {
        "seed": None,
        "wacv": {**asdict(wacv), "gops": wacv.gops},
        "whole": None,
        "parameters": {"trainable": sum(by_module.values()), "by_module": by_module},
    }


def routed_parameters(config: RunConfig) -> dict[str, int]:
    """Count trained parameters by module: two coordinates a point; weights, biases and gain of the head."""
    routed, classes = config.model.routed, config.model.classification_head.num_classes
    rows = {f"stage {i}: positions": 2 * routed.points * kernels for i, kernels in enumerate(routed.kernels)}
    features = sum(routed.kernels[routed.head.first_stage :]) * routed.head.pool**2
    return {**rows, "head: weights": classes * features, "head: biases": classes, "head: gain": 1}
