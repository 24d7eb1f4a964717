"""Program to plan: the array of integers that the native engine runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import ProgramError
from ..program import Input, Program
from ..program.expand import expand
from ..program.netlist import Netlist
from ..program.simplify import simplify
from .plan_ops import PlanOps

_MAGIC, _VERSION = 0x4550424C, 2
_MAX_WINDOWS = 64
MAX_SCRATCH = 1 << 28
"""Bytes of planes and sums that one caller may need."""


def plan_program(program: Program, vector: int = 0) -> NDArray[np.int32]:
    """Return the plan of a program, `csrc/engine_plan.h`.

    Args:
        program: what to run.
        vector: 0 for pixels as lanes; for images as lanes, the bytes of the instruction set's vectors.

    Raises:
        ProgramError: the program is beyond what the native engine holds; the reference still runs it.
    """
    return plan_netlist(simplify(expand(program)), program.input, vector)[0]


def plan_netlist(netlist: Netlist, first: Input, vector: int = 0) -> tuple[NDArray[np.int32], dict[int, int]]:
    """Return the plan of a netlist, and by how much the engine's sums of a channel exceed it at every pixel."""
    builder = PlanOps(netlist, vector)
    builder.run()
    if len(builder.maps) > 64 or max(len(netlist.rows), len(netlist.columns)) > _MAX_WINDOWS:
        raise ProgramError(f"the native engine pools into at most {_MAX_WINDOWS} x {_MAX_WINDOWS} windows")
    features = netlist.weights.shape[1]
    scratch = builder.slots.size + 4 * features
    if scratch > MAX_SCRATCH:
        raise ProgramError(
            f"the native engine would need {scratch >> 20:,} MiB for one image, and takes at most "
            f"{MAX_SCRATCH >> 20}: use smaller images or fewer maps, or the reference"
        )
    header = [_MAGIC, _VERSION, 0, first.channels, first.height, first.width, builder.slots.size]
    header += [len(builder.maps), len(builder.byte_maps), len(builder.ops), features, len(netlist.bias)]
    size = _feature_bits(netlist, builder.floors) if vector else int(is_narrow(netlist, builder.floors))
    header += [size, len(netlist.rows), len(netlist.columns), vector, len(netlist.layers)]
    words: list[int] = []
    for geometry in builder.maps:
        words += [geometry.word, geometry.strips, geometry.height, geometry.width, geometry.lanes, geometry.halo]
    for byte_map in builder.byte_maps:
        words += byte_map
    words += netlist.rows.reshape(-1).tolist() + netlist.columns.reshape(-1).tolist()
    for kind, *arguments in builder.ops:
        words += [kind, len(arguments), *arguments]
    bias = netlist.bias - _excess(netlist, builder.floors)
    tail = np.concatenate([netlist.weights.reshape(-1), bias, *_layer_words(netlist)])
    # Biases wrap as the engine's 32-bit sums do.
    wrapped = (tail & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    plan = np.concatenate([np.array(header + words, np.int32), wrapped])
    plan[2] = len(plan)
    return plan, builder.floors


def _layer_words(netlist: Netlist) -> list[NDArray[np.int64]]:
    words: list[NDArray[np.int64]] = []
    for layer in netlist.layers:
        words += [np.array([len(layer.bias)]), layer.weights.reshape(-1), layer.bias]
    return words


def is_narrow(netlist: Netlist, floors: dict[int, int]) -> bool:
    """Say whether the engine keeps pooled sums in 16 bits; `floors` as `plan_netlist` returns them."""
    return _highest(netlist, floors) < 1 << 15 and int(abs(netlist.weights).max()) < 1 << 15


def _feature_bits(netlist: Netlist, floors: dict[int, int]) -> int:
    return max(_highest(netlist, floors).bit_length(), 1)


def _highest(netlist: Netlist, floors: dict[int, int]) -> int:
    area = int(_areas(netlist).max())
    return max((netlist.highs[c] + floors.get(c, 0)) * area for c in netlist.pooled)


def _excess(netlist: Netlist, floors: dict[int, int]) -> NDArray[np.int64]:
    """Return what scores exceed because maps that keep their floor are summed with it."""
    areas = _areas(netlist)
    weights = netlist.weights.reshape(len(netlist.bias), len(netlist.pooled), len(areas))
    kept = np.array([floors.get(channel, 0) for channel in netlist.pooled], np.int64)
    return (weights @ areas) @ kept


def _areas(netlist: Netlist) -> NDArray[np.int64]:
    heights, widths = np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)
    return np.outer(heights, widths).reshape(-1).astype(np.int64)
