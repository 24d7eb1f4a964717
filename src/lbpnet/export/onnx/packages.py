"""The Python packages that ONNX needs."""

from __future__ import annotations

from importlib.util import find_spec

from ...errors import MissingToolError


def require_package(name: str) -> None:
    """Check that a package of the extra `onnx` is there.

    Raises:
        MissingToolError: it is not; says how to install it.
    """
    if find_spec(name) is None:
        raise MissingToolError(f"the Python package '{name}' is not installed; install it: pip install 'lbpnet[onnx]'")
