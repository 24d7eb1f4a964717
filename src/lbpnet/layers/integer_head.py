"""Classification head of integers: sums of maps, small integer weights, integer biases."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..ops.full_precision import full_precision

# Rounding step over the mean |weight|, by L: for normal weights near the least squared error of their levels.
_STEP = {1: 1.4, 2: 1.3, 3: 0.9, 7: 0.5}
# Small beside a step of the optimiser, so that the first gradients choose the weights; logits start near 4.5 rms.
_INITIAL_LATENT, _INITIAL_LOG_GAIN = 0.01, 1.5
# Share of a batch in the running statistics; of the first 100 batches they are the plain average.
_MOMENTUM = 0.01


class IntegerWeights(NamedTuple):
    """What runs: scores = weights . features + bias."""

    weights: Tensor
    """(classes, F) int8, from -L to L."""
    bias: Tensor
    """(classes,) int32."""


class IntegerHead(nn.Module):
    """Scores `W . f + B` of integer features f, with integers W from -L to L.

    L = 2 stands for the four values from -2 to 1, two bits: a number added to one feature's weight in every class
    changes no decision, so that a missing +2 costs little.

    `W = clamp(round(w / step), -L, L)`, w = latent / standard deviation of the feature, `step = c * mean|w|`.
    Training: `logits = gain * W . (f - mean) / rms + bias`, with the mean of the batch and the root mean square of
    its centred scores. Eval: exactly `W . f + B`, `B = round(bias * rms / gain - W . mean)`, with running means:
    a positive factor and the rounding of B apart, the same function.
    Gradient: straight through rounding and clamp, `dW/dw = 1 / step`; step, deviation and rms count as constants.

    Args:
        features: F.
        classes: number of classes.
        largest_weight: L: 1, 2, 3 or 7.
        step: c; None: 1.4, 1.3, 0.9 or 0.5 by L. A larger one leaves more weights at zero.
        generator: draws initial latents.

    Input: (B, F) float32 that holds integers (in training up to fp32 rounding). Output: (B, classes) float32;
    integers in eval mode, exact while they stay below 2^24.

    Source: the step is near that of ternary weight networks (Li et al. 2016); dividing by the deviation is what
    folding a BatchNorm into the weights does.
    """

    running_mean: Tensor
    running_var: Tensor
    score_running_var: Tensor
    batches: Tensor

    def __init__(
        self,
        features: int,
        classes: int,
        largest_weight: int,
        *,
        step: float | None = None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.largest_weight, self.step = largest_weight, _STEP[largest_weight] if step is None else step
        self.latent = nn.Parameter((torch.rand(classes, features, generator=generator) * 2 - 1) * _INITIAL_LATENT)
        self.log_gain = nn.Parameter(torch.tensor(_INITIAL_LOG_GAIN))
        self.bias = nn.Parameter(torch.zeros(classes))
        # Named as BatchNorm's statistics are, so that weight averaging takes them in.
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))
        self.register_buffer("score_running_var", torch.ones(()))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    @full_precision
    def forward(self, features: Tensor) -> Tensor:
        """Classify; shapes in the class docstring."""
        if not self.training:
            integers = self.integers()
            return features @ integers.weights.T.float() + integers.bias.float()
        mean = features.mean(0)
        self.batches += 1
        momentum = (1 / self.batches).clamp_min(_MOMENTUM)
        centred = features - mean
        with torch.no_grad():
            self.running_mean.lerp_(mean, momentum)
            # Many times faster than torch's variance over the first dimension.
            self.running_var.lerp_(centred.square().sum(0) / max(len(features) - 1, 1), momentum)
        scaled = _in_steps(self.latent, self.running_var, self.step)
        weights = scaled + (_rounded(scaled, self.largest_weight) - scaled).detach()
        scores = centred @ weights.T
        variance = scores.detach().square().mean() + 1
        self.score_running_var.lerp_(variance, momentum)
        return self.log_gain.exp() / variance.sqrt() * scores + self.bias

    @torch.no_grad()
    def integers(self) -> IntegerWeights:
        """Return weights and biases of eval mode; computed in fp64 on the CPU, so that all machines find the same."""
        names = ("latent", "running_mean", "running_var", "bias", "log_gain", "score_running_var")
        latent, mean, variance, bias, log_gain, score_variance = (getattr(self, n).cpu().double() for n in names)
        weights = _rounded(_in_steps(latent, variance, self.step), self.largest_weight)
        biases = (bias * score_variance.sqrt() / log_gain.exp() - weights @ mean).round()
        device = self.latent.device
        return IntegerWeights(weights.to(device, torch.int8), biases.to(device, torch.int32))

    def scale(self) -> Tensor:
        """Return the positive factor that turns integer scores into logits."""
        return self.log_gain.exp() / self.score_running_var.sqrt()


def _in_steps(latent: Tensor, feature_variance: Tensor, step: float) -> Tensor:
    # A feature that never varies would have an unbounded weight.
    weight = latent / (feature_variance + 1).sqrt()
    return weight / (step * weight.detach().abs().mean())


def _rounded(scaled: Tensor, largest: int) -> Tensor:
    return scaled.detach().round().clamp(-largest, 1 if largest == 2 else largest)
