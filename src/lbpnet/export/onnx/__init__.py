"""ONNX: a graph of integer operators that never multiplies, equal to the reference in ONNX Runtime."""

from .limits import check as check
from .session import verify as verify
from .write import write as write
