"""Networks exactly as published, and their baselines."""

from .published_net import PublishedNet as PublishedNet
from .published_net import build_published as build_published
