"""All counts of a configuration as one JSON-ready dictionary."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..config import RunConfig, validate
from ..program import Encode, Program
from .operations import network_operations, total
from .parameters import parameter_table, stored_bytes
from .published_network import published_cost
from .routed_network import routed_cost
from .seed_convention import seed_cost_of
from .wacv_convention import wacv_cost
from .whole_convention import Weights, whole_cost


def cost_report(config: RunConfig) -> dict[str, Any]:
    """Count a configuration in every convention that defines it.

    Returns:
        `seed` (null for fusions other than `rp_paper`), `wacv` (null where patterns are shared), `whole` (operations
        executed an image, bytes stored, head included, and where it multiplies; null for routed networks),
        `parameters`.

    Raises:
        ConfigError: the configuration is impossible.
    """
    validate(config)
    if config.model.family == "routed":
        return routed_cost(config)
    if config.model.family != "residual":
        return published_cost(config)
    seed = seed_cost_of(config)
    parts = network_operations(config)
    parameters = parameter_table(config)
    return {
        "seed": None if seed is None else {**asdict(seed), "gops": seed.gops},
        "wacv": None,
        "whole": {
            "parameters": parameters["trainable"],
            "stored_bytes": stored_bytes(config),
            "ops": asdict(total(parts.values())),
            "ops_by_part": {name: asdict(count) for name, count in parts.items()},
            "multiplies": True,
            "multiplying": "bilinear samples, 1x1 residuals, BatchNorm, head",
        },
        "parameters": parameters,
    }


def program_report(program: Program, *, weights: Weights = "trained") -> dict[str, Any]:
    """Count a program in every convention that defines it.

    Returns:
        As `cost_report`: `seed` null, `wacv` where all kernels have one number of points, `whole` of `whole_cost`,
        `parameters` null: a program does not say what was trained.
    """
    codes = [node for node in program.nodes if isinstance(node, Encode)]
    points = {node.bits.shape[1] for node in codes}
    wacv = wacv_cost([len(node.bits) for node in codes], points.pop()) if len(points) == 1 else None
    return {
        "seed": None,
        "wacv": None if wacv is None else {**asdict(wacv), "gops": wacv.gops},
        "whole": whole_cost(program, weights=weights),
        "parameters": None,
    }
