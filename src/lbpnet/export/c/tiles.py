"""Windows that lie side by side: the masks that add up all of a row's at once, `runtime/lbp_pool.h`."""

from __future__ import annotations

from collections.abc import Iterable

from ...program.netlist import Netlist
from .windows import highest_sum

_MAX_TILE = 8
_QUAD = (0, 1, 4, 5)


def tile_macros(netlist: Netlist) -> dict[str, int | str]:
    """Return the macros of the generated `lbp_network.h`, none where windows do not lie side by side."""
    windows: list[tuple[int, int]] = [(int(a), int(b)) for a, b in netlist.columns.tolist()]
    first = windows[0][0]
    tile = windows[1][0] - first if len(windows) > 1 else windows[0][1] - first
    lengths = [right - left for left, right in windows]
    if not 1 < tile <= _MAX_TILE or max(lengths) > tile:
        return {}
    if any(left != first + number * tile for number, (left, _) in enumerate(windows)):
        return {}
    highest = highest_sum(netlist)
    if highest >= 1 << 2 * tile:
        return {}
    high = max(netlist.highs[c] for c in netlist.pooled)
    starts = [number * tile for number in range(len(windows))]

    def mask(columns: Iterable[int], above: int = 0) -> str:
        """Bits of columns of each window, where the column `above` them lies in it too."""
        places = zip(starts, lengths, strict=True)
        return literal(sum(1 << start + c for start, length in places for c in columns if c + above < length))

    low = range(min(4, tile))
    fields = literal(sum(1 << start + c for start in starts for c in low))
    upper = literal(sum(1 << start + c for start in starts for c in low if c + 4 < tile))
    even = literal(sum((1 << tile) - 1 << start for start in starts[::2]))
    # Both planes of a gated value that count one, added as quads.
    joined = all(2 * min(n, 4) < 1 << min(tile, 4) and (n <= 4 or 2 * (n - 4) < 1 << tile - 4) for n in lengths)
    narrow = max(lengths) * high < 1 << tile
    top = max(2 * lengths[-1], lengths[-1] * high if narrow else 0).bit_length()
    return {
        "TILE": tile,
        "TILE_FIRST": first,
        "TILE_INSIDE": mask(range(tile)),
        "TILE_PAIRS": mask(range(0, tile, 2), 1),
        "TILE_QUADS": mask(_QUAD),
        "TILE_QUADS_UP": mask(_QUAD, 2),
        "TILE_LOW": fields,
        "TILE_HIGH": upper,
        "TILE_EVEN": even,
        "TILE_FIELD": f"{(1 << 2 * tile) - 1:#x}u",
        "TILE_JOIN": int(joined),
        "TILE_NARROW": int(narrow),
        "TILED_BITS": max(starts[::2][-1] + highest.bit_length(), starts[-1] + top, 2 * tile + 1),
    }


def literal(bits: int) -> str:
    """Return a C literal of an unsigned number."""
    return f"{bits:#x}u" if bits < 1 << 16 else f"{bits:#x}ul" if bits < 1 << 32 else f"{bits:#x}ull"
