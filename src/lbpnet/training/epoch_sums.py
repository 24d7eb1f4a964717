"""Running sums of one epoch's statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

PENALTY_NAMES = ("alive_ratio", "gate_margin", "offset_radius")
_FIXED = ("loss", "correct", "images", "steps", "grad_norm")


class EpochSums:
    """Sums over steps, kept on the device; they can be saved in the middle of an epoch.

    Args:
        stages: stages with gates, for the alive ratio of each.
        taught: whether there is a teacher, whose term of the loss is summed too.
        device: where the sums live.
    """

    def __init__(self, stages: int, device: torch.device, *, taught: bool = False) -> None:
        self.terms = (*PENALTY_NAMES, "distillation") if taught else PENALTY_NAMES
        # Metal has no 64-bit floats.
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self.values = torch.zeros(len(_FIXED) + len(self.terms) + stages, dtype=dtype, device=device)

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
            *(penalties.get(name, zero) for name in self.terms),
            *(ratio * images for ratio in alive),
        ]
        row += [zero] * (len(self.values) - len(row))
        self.values += torch.stack([value.detach().to(self.values.dtype) for value in row])

    def summary(self) -> dict[str, object]:
        """Return means over the epoch under the names of `metrics.jsonl`."""
        values = self.values.tolist()
        fixed = dict(zip((*_FIXED, *self.terms), values, strict=False))
        images, steps = max(fixed["images"], 1.0), max(fixed["steps"], 1.0)
        alive = [value / images for value in values[len(fixed) :]]
        return {
            "train_loss": fixed["loss"] / images,
            "train_accuracy": fixed["correct"] / images,
            "grad_norm": fixed["grad_norm"] / steps,
            "penalties": {name: fixed[name] / steps for name in self.terms},
            "alive_per_stage": alive,
            "alive_ratio": sum(alive) / len(alive) if alive else None,
        }
