"""Verilog: a core that runs a program map by map over rows of pixels, from hand-written primitives."""

from .check import check as check
from .verify import verify as verify
from .write import write as write
