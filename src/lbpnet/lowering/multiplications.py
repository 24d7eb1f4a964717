"""Which layers of a network multiply."""

from __future__ import annotations

from torch import nn

from ..layers import ResidualStage, SharedLbp
from ..layers.fusion import Conv1x1, LinearProjection, RoutedProjection

_REASONS: dict[type[nn.Module], str] = {
    SharedLbp: "bilinear samples at fractional offsets",
    Conv1x1: "1x1 convolution",
    LinearProjection: "scaled dense projection with real gates",
    RoutedProjection: "real gate biases",
    ResidualStage: "res_scale, averages, real sums",
    nn.Conv2d: "convolution with real weights",
    nn.Linear: "fully connected with real weights",
    nn.BatchNorm1d: "BatchNorm",
    nn.BatchNorm2d: "BatchNorm",
}


def multiplying_layers(model: nn.Module) -> list[str]:
    """Return `name (reason)` of each layer of a network that multiplies or adds real numbers, outermost first."""
    return [f"{name} ({_REASONS[type(layer)]})" for name, layer in model.named_modules() if type(layer) in _REASONS]
