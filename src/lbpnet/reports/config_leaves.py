"""Walk a configuration to its leaves, each with a dotted path and a printable value."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any


def config_leaves(config: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) of every leaf of a dataclass, in the order of declaration."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        full = f"{path}.{field.name}" if path else field.name
        if dataclasses.is_dataclass(value):
            yield from config_leaves(value, full)
        else:
            yield full, value


def show_value(value: Any) -> str:
    """Return a leaf as it is printed: `True`, `0.001`, `"adamw"`, `[1, 2]`."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"[{', '.join(show_value(v) for v in value)}]"
    return repr(value)
