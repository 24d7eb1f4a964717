"""Programs as folders for other machines, each proved equal to the NumPy reference."""

from .compare import require_equal_scores as require_equal_scores
from .export import export as export
from .images import default_images as default_images
from .manifest import Manifest as Manifest
from .names import identifier as identifier
from .targets import TARGETS as TARGETS
from .targets import Target as Target
from .tools import find_tool as find_tool
from .verify import verify as verify
