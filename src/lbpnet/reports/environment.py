"""The environment a run was made in, one row a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .html_text import paragraph, table


def environment_table(environment: Mapping[str, Any]) -> str:
    """Return the facts of `environment.json`, nested names joined by dots."""
    rows = list(_facts(environment, ""))
    if not rows:
        return paragraph("The run recorded nothing about its environment.")
    return table((), rows, "plain")


def _facts(part: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, value in part.items():
        full = f"{path}.{name}" if path else str(name)
        if isinstance(value, Mapping):
            yield from _facts(value, full)
        elif isinstance(value, list):
            yield full, ", ".join(str(item) for item in value)
        else:
            yield full, "?" if value is None else str(value)
