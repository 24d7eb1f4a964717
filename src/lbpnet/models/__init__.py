"""Builders from a configuration."""

from .build import build_model as build_model
from .lbp_net import LbpNet as LbpNet
from .literature import PublishedNet as PublishedNet
from .residual_lbpnet import ResidualLbpNet as ResidualLbpNet
from .residual_lbpnet import build_residual as build_residual
from .routed_lbpnet import RoutedLbpNet as RoutedLbpNet
from .routed_lbpnet import build_routed as build_routed
