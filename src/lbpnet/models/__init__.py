"""Builders from a configuration."""

from .residual_lbpnet import ResidualLbpNet as ResidualLbpNet
from .residual_lbpnet import build_model as build_model
