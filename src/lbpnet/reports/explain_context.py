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
    def is_routed(self) -> bool:
        """Tell whether the network is of family `routed`."""
        return self.config.model.family == "routed"

    @property
    def is_residual(self) -> bool:
        """Tell whether the network is the seed's."""
        return self.config.model.family == "residual"

    @property
    def has_gates(self) -> bool:
        """Tell whether the network has gates: only the seed's has, and there a 1x1 convolution has none."""
        return self.is_residual and self.config.model.blocks.fusion_type != "conv1x1"
