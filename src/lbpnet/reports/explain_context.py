"""What the notes of the explained configuration are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import PRESET_ROWS, Preset, RunConfig
from .run_results import RunResults


@dataclass(frozen=True)
class ExplainContext:
    """The live configuration with its name, its cost and, once trained, its results."""

    config: RunConfig
    name: str
    cost: Mapping[str, Any]
    results: RunResults | None

    @property
    def preset(self) -> Preset | None:
        """The preset of this name, or None where the configuration is the user's own."""
        return next((row for row in PRESET_ROWS if row.name == self.name), None)

    @property
    def has_gates(self) -> bool:
        """Tell whether the fusion has gates: a 1x1 convolution has none."""
        return self.config.model.blocks.fusion_type != "conv1x1"
