"""Which forward pass a network computes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ForwardPath:
    """Hard or soft forward of comparisons and gates; gradients are those of the sigmoid either way."""

    hard_bits: bool
    hard_gates: bool
    whole_offsets: bool = False
    """Sample at the nearest whole pixel (ties to even), where bilinear sampling reads one pixel exactly."""


HARD = ForwardPath(hard_bits=True, hard_gates=True)
HARD_ROUNDED = ForwardPath(hard_bits=True, hard_gates=True, whole_offsets=True)
