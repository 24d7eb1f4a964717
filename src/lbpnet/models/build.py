"""The network of a configuration, by family."""

from __future__ import annotations

from ..config import RunConfig
from .lbp_net import LbpNet
from .residual_lbpnet import build_residual
from .routed_lbpnet import build_routed


def build_model(config: RunConfig) -> LbpNet:
    """Build the network of a run with the initial weights that `config.seed` gives."""
    return build_routed(config) if config.model.family == "routed" else build_residual(config)
