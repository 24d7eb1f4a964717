"""The network of a configuration, by family."""

from __future__ import annotations

from ..config import RunConfig
from .lbp_net import LbpNet
from .literature import build_published
from .residual_lbpnet import build_residual
from .routed_lbpnet import build_routed


def build_model(config: RunConfig) -> LbpNet:
    """Build the network of a run with the initial weights that `config.seed` gives."""
    family = config.model.family
    if family in ("literature", "convolutional"):
        return build_published(config)
    return build_routed(config) if family == "routed" else build_residual(config)
