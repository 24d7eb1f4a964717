"""What reads hidden units: the range of its outputs, and its table of steps; see `rtl/lbp_hidden.v`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ...program.netlist import Layer

SCORE = 32
"""Bits that every score fits."""


class Step(IntEnum):
    """What a step does; DOUBLE + 1 takes in a bit that is set."""

    PASS = 0
    ADD = 1
    SUBTRACT = 2
    DOUBLE = 4
    GIVE = 6
    NEXT = 7


def assemble_hidden(layers: Sequence[Layer], score: int) -> list[Step | int]:
    """Return the steps that make the scores.

    Args:
        layers: of a netlist.
        score: bits of the outputs, two's complement; every output fits.
    """
    steps: list[Step | int] = []
    for index, layer in enumerate(layers):
        if index:
            steps.append(Step.NEXT)
        for weights, bias in zip(layer.weights, layer.bias.tolist(), strict=True):
            steps += [*_output(weights, bias, score), Step.GIVE]
    return steps


def count_steps(layers: Sequence[Layer]) -> int:
    """Return at most how many steps the layers take, before their outputs' width is known."""
    return sum(len(layer.bias) * (layer.weights.shape[1] * _planes(layer.weights) + SCORE + 2) for layer in layers)


def largest_units(weights: NDArray[np.int64], bias: NDArray[np.int64], largest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the largest value of each of the hidden units.

    Args:
        weights: (units, inputs).
        bias: (units,).
        largest: (inputs,), the largest value of each input; the smallest is 0.
    """
    return np.maximum(np.maximum(weights, 0) @ largest + bias, 0)


def largest_output(layers: Sequence[Layer], largest: NDArray[np.int64]) -> int:
    """Return the largest magnitude that an output of a layer may have.

    Args:
        layers: of a netlist.
        largest: (units,), of the hidden units that the first layer reads.
    """
    reach = 0
    for layer in layers:
        reach = max(reach, int((np.abs(layer.weights) @ largest + np.abs(layer.bias)).max()))
        largest = largest_units(layer.weights, layer.bias, largest)
    return reach


def _planes(weights: NDArray[np.int64]) -> int:
    return int(np.abs(weights).max()).bit_length()


def _output(weights: NDArray[np.int64], bias: int, score: int) -> list[int]:
    """Return the steps of one output: the bias's bits from the highest, planes of magnitudes between the lowest."""
    planes = _planes(weights)
    behind = max(planes - 1, 0)  # bits of the bias that come behind a plane
    # Zeros above a positive bias double nothing; a negative one needs its sign up to the top.
    length = (bias >> behind).bit_length() if bias >= 0 else score - behind
    steps = [_double(bias, behind + place) for place in range(length - 1, -1, -1)]
    for plane in range(planes - 1, -1, -1):
        steps += [_unit(weight, plane) for weight in weights.tolist()]
        if plane:
            steps.append(_double(bias, plane - 1))
    return steps


def _double(bias: int, place: int) -> int:
    return Step.DOUBLE + (bias >> place & 1)


def _unit(weight: int, plane: int) -> Step:
    if not abs(weight) >> plane & 1:
        return Step.PASS
    return Step.ADD if weight > 0 else Step.SUBTRACT
