"""Fusion of comparison bits into output channels: routed popcount, dense projection, 1x1 convolution."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..config import RpConfig
from ..ops import Gates, Projection, mix_channels, project_routed, threshold


class _Gated(nn.Module):
    """Base of the projections: `out = [score - threshold + gate >= 0]`, surrogate sigmoid of slope 1/tau."""

    base_tau: Tensor

    def __init__(self, channels: int, theta: float, config: RpConfig, gate_logits_init: float, margin: float) -> None:
        super().__init__()
        self.theta, self.margin = theta, margin
        self.gates = nn.Parameter(torch.full((channels,), float(gate_logits_init)))
        self.register_buffer("base_tau", torch.tensor(float(config.tau)))
        self.hard = True


class RoutedProjection(_Gated):
    """`rp_paper`: counts k fixed random bits for every output channel and compares with a threshold.

    Forward: `[count - theta + gate >= 0]`, `count = sum of the k routed bits`, theta = ceil(k/2) unless
    `threshold` is set; `gate` is a learned bias a channel, initialised to `gate_logits_init`.
    Backward: sigmoid of slope 1/tau. The map (K, k) int32 is drawn once, without replacement within a
    channel, and stored with the weights.

    Args:
        num_bits: D.
        channels: K.
        config: see `RpConfig`.
        gate_logits_init: initial gate bias.
        margin: distance from the threshold that the gate-margin regulariser asks for, in bits.
        generator: draws the map.

    Input: (B, D, H, W) float32. Output: `Projection` with maps (B, K, H, W).

    Source: seed document, "rp_paper"; the learned gate is the seed's `gate_logits`.
    """

    route: Tensor

    def __init__(
        self,
        num_bits: int,
        channels: int,
        config: RpConfig,
        *,
        gate_logits_init: float,
        margin: float,
        generator: torch.Generator,
    ) -> None:
        k = config.n_bits_per_out
        theta = math.ceil(k / 2) if config.threshold is None else config.threshold
        super().__init__(channels, theta, config, gate_logits_init, margin)
        scores = torch.rand(channels, num_bits, generator=generator)
        self.register_buffer("route", scores.argsort(1)[:, :k].sort(1).values.to(torch.int32))

    def forward(self, bits: Tensor) -> Projection:
        """Count and threshold; shapes in the class docstring."""
        gates = self.arguments()
        return project_routed(bits, gates.route, gates.bias, gates.tau, hard=self.hard, margin=gates.margin)

    def arguments(self) -> Gates:
        """Return what `project_routed` takes."""
        return Gates(self.route, self.gates - self.theta, self.base_tau, self.margin)


class LinearProjection(_Gated):
    """`rp_linear`: dense fixed random signs over all D bits.

    Forward: `[sum_d sign[k, d] * bit[d] / sqrt(D) - threshold + gate >= 0]`, threshold 0 unless set.
    Backward: sigmoid of slope 1/tau. Signs (K, D) int8 are drawn once and stored with the weights.

    Arguments, input and output: as `RoutedProjection`.

    Source: design 2.1.
    """

    signs: Tensor

    def __init__(
        self,
        num_bits: int,
        channels: int,
        config: RpConfig,
        *,
        gate_logits_init: float,
        margin: float,
        generator: torch.Generator,
    ) -> None:
        theta = 0.0 if config.threshold is None else config.threshold
        super().__init__(channels, theta, config, gate_logits_init, margin)
        signs = torch.randint(0, 2, (channels, num_bits), generator=generator) * 2 - 1
        self.register_buffer("signs", signs.to(torch.int8))
        self.num_bits = num_bits

    def forward(self, bits: Tensor) -> Projection:
        """Project and threshold; shapes in the class docstring."""
        score = mix_channels(bits, self.signs.float() / math.sqrt(self.num_bits))
        return threshold(score, self.gates - self.theta, self.base_tau, hard=self.hard, margin=self.margin)


class Conv1x1(nn.Module):
    """`conv1x1`: learned 1x1 convolution without bias, the paper's baseline "LBPNet (1x1)".

    Args:
        num_bits: D.
        channels: K.
        generator: draws the initial weights, Kaiming uniform.

    Input: (B, D, H, W). Output: (B, K, H, W); there is no gate.

    Source: WACV 2020, Fig. 4 (b).
    """

    def __init__(self, num_bits: int, channels: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, num_bits, 1, 1))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)

    def forward(self, bits: Tensor) -> Tensor:
        """Convolve; shapes in the class docstring."""
        return nn.functional.conv2d(bits, self.weight)
