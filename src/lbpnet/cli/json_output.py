"""JSON on standard output."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console


def print_json(record: dict[str, Any]) -> None:
    """Print a dictionary as JSON on one output, whatever the terminal's width."""
    Console(soft_wrap=True).print_json(json.dumps(record))
