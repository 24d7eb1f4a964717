"""Sigmoid and its slope inside Triton kernels; no intermediate overflows."""

# Where there is no Triton, there is nothing to check.
# pyright: reportMissingImports=false

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def sigmoid(u):
    """Return `1 / (1 + exp(-u))`."""
    e = tl.exp(-tl.abs(u))
    return tl.where(u >= 0, 1.0, e) / (1.0 + e)


@triton.jit
def sigmoid_slope(u):
    """Return `s (1 - s)` for `s = sigmoid(u)`."""
    e = tl.exp(-tl.abs(u))
    return e / ((1.0 + e) * (1.0 + e))
