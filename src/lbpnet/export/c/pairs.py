"""Two rows of narrow maps in one word: half the work for each. Which networks allow it."""

from __future__ import annotations

from ...program.netlist import Compared, ImageChannel, Largest, Netlist, Shrunk
from .tiles import tile_macros

HALF_BITS = 16
"""A row takes half a word of 32 bits."""


def has_pairs(netlist: Netlist) -> bool:
    """Return whether rows can lie in pairs: all maps of one size, of an even number of rows, narrow enough."""
    channels = netlist.channels
    shrunk = {c.source for c in channels if isinstance(c, Shrunk)}
    read = {c.source for c in channels if isinstance(c, Compared)} | set(netlist.pooled)
    images = {i for i, c in enumerate(channels) if isinstance(c, ImageChannel) and i in shrunk and i not in read}
    sides = {side for i, side in enumerate(netlist.sides) if i not in images}
    if len(sides) != 1 or any(isinstance(c, Largest) for c in channels):
        return False
    height, width = sides.pop()
    farthest = max((abs(c.dx) for c in channels if isinstance(c, Compared)), default=0)
    tiles = tile_macros(netlist)
    if not tiles or int(tiles["TILED_BITS"]) > HALF_BITS:
        return False
    return height % 2 == 0 and width + farthest <= HALF_BITS and not (netlist.rows % 2).any()
