"""Trained network to integer program."""

from .equality import extreme_images as extreme_images
from .equality import require_equal as require_equal
from .extraction import native_features as native_features
from .lower import lower as lower
from .multiplications import multiplying_layers as multiplying_layers
