"""Running sums of one epoch's statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

PENALTY_NAMES = ("alive_ratio", "gate_margin", "offset_radius")
_FIXED = ("loss", "correct", "images", "steps", "grad_norm", *PENALTY_NAMES)


class EpochSums:
    """Sums over steps, kept on the device; they can be saved in the middle of an epoch.

    Args:
        stages: stages with gates, for the alive ratio of each.
        device: where the sums live.
    """

    def __init__(self, stages: int, device: torch.device) -> None:
        # Metal has no 64-bit floats.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self.values = torch.zeros(len(_FIXED) + stages, dtype=dtype, device=device)

    @torch.no_grad()
    def add(
        self,
        *,
        cross_entropy: Tensor,
        correct: Tensor,
        images: int,
        grad_norm: Tensor,
        penalties: Mapping[str, Tensor],
        alive: Sequence[Tensor],
    ) -> None:
        """Take in one step; `cross_entropy` and `alive` are means over its images."""
        zero = torch.zeros((), device=self.values.device)
        row = [
            cross_entropy * images,
            correct,
            zero + images,
            zero + 1,
            grad_norm,
            *(penalties.get(name, zero) for name in PENALTY_NAMES),
            *(ratio * images for ratio in alive),
        ]
        row += [zero] * (len(self.values) - len(row))
        self.values += torch.stack([value.detach().to(self.values.dtype) for value in row])

    def summary(self) -> dict[str, object]:
        """Return means over the epoch under the names of `metrics.jsonl`."""
        values = self.values.tolist()
        fixed = dict(zip(_FIXED, values, strict=False))
        images, steps = max(fixed["images"], 1.0), max(fixed["steps"], 1.0)
        alive = [value / images for value in values[len(_FIXED) :]]
        return {
            "train_loss": fixed["loss"] / images,
            "train_accuracy": fixed["correct"] / images,
            "grad_norm": fixed["grad_norm"] / steps,
            "penalties": {name: fixed[name] / steps for name in PENALTY_NAMES},
            "alive_per_stage": alive,
            "alive_ratio": sum(alive) / len(alive) if alive else None,
        }
