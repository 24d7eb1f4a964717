"""The pooled sums that a program's head reads, from the native engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from ..program import Program, check_images
from ..program.expand import expand
from ..program.netlist import Constant, Netlist
from ..program.simplify import drop_dead, merge_equal
from .native import choose_isa, import_kernels
from .plan import is_narrow, plan_netlist


class Extractor:
    """Gives the features of a program instead of its scores: what `SumPool` makes of every map.

    Equal maps are made once, and handed out as often as the program has them. The head's weights do not matter.

    Args:
        program: whose features; each below 2^15.
        isa: an instruction set of `Engine.isas()`, not `reference`; None for the fastest.

    Raises:
        ConfigError: there is no native engine for it here, or a feature may be larger.
        ProgramError: the program is beyond what the native engine holds.
    """

    def __init__(self, program: Program, isa: str | None = None) -> None:
        self.program = program
        isa = choose_isa() if isa is None else isa
        module = import_kernels()
        if module is None or isa not in module.instruction_sets():
            raise ConfigError(f"isa: only a native engine hands out features, and there is none for '{isa}' here")
        netlist = merge_equal(expand(program))
        made = [c for c in dict.fromkeys(netlist.pooled) if not isinstance(netlist.channels[c], Constant)]
        asked = drop_dead(_summing(netlist, made or [netlist.pooled[0]]))
        plan, floors = plan_netlist(asked, program.input)
        if not is_narrow(asked, floors):
            raise ConfigError("features: expected sums below 2^15; pool over smaller windows")
        self._native: Any = module.Engine(plan, isa)
        self._order, self._base = _layout(netlist, made, [floors.get(c, 0) for c in asked.pooled])
        self._sums = asked.weights.shape[1]

    def features(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.int16]:
        """Return the features of (B, C, H, W) uint8 images: (B, F) int16, in the order of the head's weights."""
        images = check_images(self.program.input, images)
        sums = np.empty((len(images), self._sums), np.uint16)
        self._native.features(images, sums, threads)
        features = sums.view(np.int16)
        if self._order is not None:
            features = np.where(self._order < 0, 0, features[:, self._order]).astype(np.int16, copy=False)
        return features if self._base is None else features + self._base


def _summing(netlist: Netlist, pooled: list[int]) -> Netlist:
    """Return a netlist whose scores read every sum of `pooled`."""
    features = len(pooled) * len(netlist.rows) * len(netlist.columns)
    # Weights of more than a byte: the engine then finishes every sum before it weighs it.
    weights, bias = np.full((2, features), 1 << 8, np.int64), np.zeros(2, np.int64)
    return replace(netlist, pooled=tuple(pooled), weights=weights, bias=bias, layers=())


def _layout(
    netlist: Netlist, made: list[int], floors: list[int]
) -> tuple[NDArray[np.intp] | None, NDArray[np.int16] | None]:
    """Return which sum each feature of the program is, -1 for none, and what is to be added to it.

    None stands for all sums as they are, and for nothing to add: the usual case, which copies nothing.
    """
    areas = np.outer(np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)).reshape(-1)
    places = {name: place for place, name in enumerate(made)}
    order, base = [], []
    for name in netlist.pooled:
        channel = netlist.channels[name]
        if isinstance(channel, Constant):
            order.append(np.full(len(areas), -1))
            base.append(channel.value * areas)
        else:
            order.append(places[name] * len(areas) + np.arange(len(areas)))
            base.append(-floors[places[name]] * areas)
    wanted, added = np.concatenate(order), np.concatenate(base).astype(np.int16)
    plain = len(wanted) == len(made) * len(areas) and bool((wanted == np.arange(len(wanted))).all())
    return None if plain else wanted, added if added.any() else None
