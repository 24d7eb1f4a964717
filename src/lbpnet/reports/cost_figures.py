"""Figures of a cost mapping, printed; an unknown one is `?`, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = "?"


def cost_section(cost: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return one part of a cost mapping, or None where the network has no such figures."""
    part = cost.get(name)
    return part if isinstance(part, Mapping) else None


def whole_number(part: Mapping[str, Any] | None, key: str) -> int | None:
    """Return a count, or None where it is unknown."""
    value = None if part is None else part.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value):
        return int(value)
    return None


def show_count(part: Mapping[str, Any] | None, key: str) -> str:
    """Print a count with thousands separators: `105,840`, `715.5`."""
    value = None if part is None else part.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return UNKNOWN
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def show_gops(part: Mapping[str, Any] | None, key: str = "gops") -> str:
    """Print billions of operations with six decimals: `0.000677`."""
    value = None if part is None else part.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return UNKNOWN
    return f"{value:.6f}"


def show_operations(part: Mapping[str, Any] | None) -> str:
    """Print the operations of the `whole` convention: `compare 105,840, add 571,536`."""
    kinds = None if part is None else part.get("ops")
    if not isinstance(kinds, Mapping) or not kinds:
        return UNKNOWN
    return ", ".join(f"{kind} {show_count(kinds, kind)}" for kind in kinds)


def show_percent(fraction: float) -> str:
    """Print a fraction as a percentage with two decimals: `96.48%`."""
    return f"{100 * fraction:.2f}%"
