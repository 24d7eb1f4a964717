"""Weights in a prefix code, and its tables: `runtime/lbp_coded.h`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .huffman import PrefixCode, prefix_code

_PADDING = bytes(3)
"""What the decoder may read behind the last code."""


@dataclass(frozen=True)
class CodedWeights:
    """Weights as the runtime reads them.

    Attributes:
        code: of the weights' bytes.
        weights: lengths and codes.
        firsts: where each run's begin.
    """

    code: PrefixCode
    weights: bytes
    firsts: tuple[int, ...]


def code_weights(runs: Sequence[Sequence[bytes]]) -> CodedWeights | None:
    """Return the weights of runs, of window rows, coded; None where those of one are too long for their length."""
    code = prefix_code(Counter(byte for blocks in runs for block in blocks for byte in block))
    weights, firsts = bytearray(), []
    for blocks in runs:
        firsts.append(len(weights))
        for block in blocks:
            coded = code.encode(block)
            if len(coded) > 0xFFFF:
                return None
            weights += len(coded).to_bytes(2, "little") + coded
    return CodedWeights(code, bytes(weights) + _PADDING, tuple(firsts))
