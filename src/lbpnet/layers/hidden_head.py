"""A head of two integer layers: hidden units that are zero where their sum is negative, then the scores."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..ops.full_precision import full_precision
from .integer_head import IntegerHead, IntegerWeights


class HiddenHead(nn.Module):
    """`W . max(0, V . f + c) + B`: two `IntegerHead`s with a ReLU between them.

    Eval: exactly that, in integers. Training: each layer is an `IntegerHead` in training; what the second one reads is
    scaled back to the size of integers, by running statistics without gradient, since an `IntegerHead`'s function does
    not change with the scale of its features.

    Args:
        features: F.
        units: hidden units.
        classes: number of classes.
        largest_hidden: L of the weights V of the hidden units.
        largest_weight: L of the weights W of the scores.
        step: of the hidden units; see `IntegerHead`.
        generator: draws initial latents.

    Input: (B, F) float32 that holds integers. Output: (B, classes), float32 in training; in eval mode float64, where
    integers are exact up to 2^53.
    """

    def __init__(
        self,
        features: int,
        units: int,
        classes: int,
        largest_hidden: int,
        largest_weight: int,
        *,
        step: float | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.units = IntegerHead(features, units, largest_hidden, step=step, generator=generator)
        self.scores = IntegerHead(units, classes, largest_weight, generator=generator)

    @full_precision
    def forward(self, features: Tensor) -> Tensor:
        """Classify; shapes in the class docstring."""
        units = torch.relu(self.units(features))
        if self.training:
            return self.scores(units / self.units.scale().detach())
        weights, bias = self.scores.integers()
        return units.double() @ weights.T.double() + bias.double()

    def integers(self) -> IntegerWeights:
        """Return weights and biases of the scores, as eval mode uses them."""
        return self.scores.integers()

    def hidden_integers(self) -> IntegerWeights:
        """Return weights and biases of the hidden units, as eval mode uses them."""
        return self.units.integers()

    def scale(self) -> Tensor:
        """Return the positive factor that turns integer scores into logits."""
        return self.scores.scale()
