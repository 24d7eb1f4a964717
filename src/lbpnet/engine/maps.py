"""How maps of one height and width lie in memory: the layout of `csrc/engine.h`."""

from __future__ import annotations

from dataclasses import dataclass

from ..program import Table

_VECTOR = 64  # bytes of the longest vector
_ALIGNED = 32


@dataclass(frozen=True)
class MapGeometry:
    """A layout; sizes in bytes, as `csrc/engine_plan.c` computes them.

    Attributes:
        height, width: pixels.
        word: bytes of a word, 2, 4 or 8.
        strips: words a row.
        lanes: rows that lie side by side; 1, or the rows of the pooled grid.
        halo: rows that samples reach above and below.
    """

    height: int
    width: int
    word: int
    strips: int
    lanes: int
    halo: int

    @property
    def centre(self) -> int:
        """Return the distance from a haloed plane's start to its first word."""
        return _round_up(self.halo * self.lanes * self.word, _ALIGNED)

    @property
    def plain(self) -> int:
        """Return the size of a plane without halo."""
        return self.strips * _round_up(self.height * self.word, _VECTOR)

    @property
    def haloed(self) -> int:
        """Return the size of a plane with halo."""
        body = self.height * self.word
        after = max(body + self.halo * self.lanes * self.word, _round_up(body, _VECTOR))
        return self.strips * (self.centre + _round_up(after, _ALIGNED))


def map_geometry(side: tuple[int, int], halo: int, rows: Table, columns: Table) -> MapGeometry:
    """Choose a layout for maps of a height and width.

    Args:
        side: height and width.
        halo: the largest |dy| of their comparisons.
        rows, columns: windows of the pooled sums over them.
    """
    height, width = side
    word = 2 if width <= 16 else 4 if width <= 32 else 8
    strips = -(-width // 64)
    # Lanes that are windows make a window's sum a sum of words; a byte a window must do, in whole 16-byte groups.
    tiled = _tiles(rows, height) and _tiles(columns, width, 8) and len(columns) <= word
    even = len(set((rows[:, 1] - rows[:, 0]).tolist())) == 1 and len(rows) * word in (2, 4, 8, 16)
    lanes = len(rows) if strips == 1 and tiled and even else 1
    return MapGeometry(height, width, word, strips, lanes, halo)


def _tiles(windows: Table, side: int, longest: int | None = None) -> bool:
    starts, ends = windows[:, 0].tolist(), windows[:, 1].tolist()
    fits = longest is None or max(end - start for start, end in zip(starts, ends, strict=True)) <= longest
    return fits and starts == [0, *ends[:-1]] and ends[-1] == side


def _round_up(size: int, to: int) -> int:
    return -(-size // to) * to
