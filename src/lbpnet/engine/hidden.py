"""From the sums of hidden units to the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..program import Program
from ..program.expand import head_layers


class HiddenLayers:
    """The layers of a program that read hidden units: `scores = W . max(0, sums) + bias`, one after the other.

    Numbers are float64, which holds a program's integers exactly, so that NumPy's fastest product serves.
    """

    def __init__(self, program: Program) -> None:
        self._layers = [(w.weights.T.astype(np.float64), w.bias.astype(np.float64)) for w in head_layers(program)[1:]]

    def __bool__(self) -> bool:
        return bool(self._layers)

    def scores(self, sums: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the scores (B, classes) of (B, units) sums of the first layer; these where there is no other."""
        if not self._layers:
            return sums
        values: NDArray[np.float64] = sums.astype(np.float64)
        for weights, bias in self._layers:
            values = np.maximum(values, 0) @ weights + bias
        return values.astype(np.int32)
