"""Image classifiers that never multiply."""

from .config import PRESETS as PRESETS
from .config import RunConfig as RunConfig
from .errors import LbpnetError as LbpnetError

__version__ = "0.1.0"
