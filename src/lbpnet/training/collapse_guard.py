"""Guard against collapse: softens the surrogates for a while after repeated retreats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..config import StabilityConfig

GuardState = Literal["off", "watching", "softened"]


@dataclass
class CollapseGuard:
    """Watches monitored accuracy and the share of open gates, epoch by epoch.

    Fires when, `consecutive` epochs in a row, the accuracy is more than `acc_drop_thr` below the best of
    the last `window` epochs while the alive ratio exceeds `alive_upper`. For the next `soften_epochs`
    epochs both temperatures are multiplied by `soften_factor` and the alpha factors are frozen; then it
    watches again, from an empty history.

    Source: seed document, "stability"; factor, length and number of retreats are ours.
    """

    config: StabilityConfig
    history: list[float] = field(default_factory=list)
    retreats: int = 0
    softened_left: int = 0
    fired: int = 0

    @property
    def state(self) -> GuardState:
        """Return what the guard does in the coming epoch."""
        if not self.config.collapse_guard:
            return "off"
        return "softened" if self.softened_left else "watching"

    @property
    def factor(self) -> float:
        """Return what temperatures are multiplied by in the coming epoch."""
        return self.config.soften_factor if self.softened_left else 1.0

    @property
    def frozen(self) -> frozenset[str]:
        """Return the kinds of parameter that the guard freezes in the coming epoch."""
        return frozenset({"alpha"}) if self.softened_left else frozenset()

    def update(self, accuracy: float, alive_ratio: float) -> bool:
        """Take in one epoch's accuracy and alive ratio, both 0..1; return whether it fires."""
        if not self.config.collapse_guard:
            return False
        if self.softened_left:
            self.softened_left -= 1
            if not self.softened_left:
                self.restart()
            return False
        reference = max(self.history[-self.config.window :], default=accuracy)
        retreat = reference - accuracy > self.config.acc_drop_thr and alive_ratio > self.config.alive_upper
        self.retreats = self.retreats + 1 if retreat else 0
        if not retreat:
            # A retreat is measured against the epochs before it, however long it lasts.
            self.history = [*self.history, accuracy][-self.config.window :]
        if self.retreats < self.config.consecutive:
            return False
        self.softened_left, self.retreats = self.config.soften_epochs, 0
        self.fired += 1
        return True

    def restart(self) -> None:
        """Forget past accuracies (they belong to another forward pass, or to the collapse)."""
        self.history, self.retreats = [], 0

    def state_dict(self) -> dict[str, object]:
        """Return the state as plain values."""
        return {
            "history": list(self.history),
            "retreats": self.retreats,
            "softened_left": self.softened_left,
            "fired": self.fired,
        }

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Restore what `state_dict` returned."""
        for name, value in state.items():
            setattr(self, name, value)
