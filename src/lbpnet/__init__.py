"""Image classifiers that never multiply."""

from typing import TYPE_CHECKING

from .config import PRESETS as PRESETS
from .config import RunConfig as RunConfig
from .errors import LbpnetError as LbpnetError

if TYPE_CHECKING:
    from .engine import load as load

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import `load` when it is first asked for: configuration and help need no engine."""
    if name == "load":
        from .engine import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
