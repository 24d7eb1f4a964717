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
    def body(self) -> int:
        """Return the size of a strip's words."""
        return -(-self.height // self.lanes) * self.lanes * self.word

    @property
    def centre(self) -> int:
        """Return the distance from a haloed plane's start to its first word."""
        return _round_up(self.halo * self.lanes * self.word, _ALIGNED)

    @property
    def plain(self) -> int:
        """Return the size of a plane without halo."""
        return self.strips * _round_up(self.body, _VECTOR)

    @property
    def haloed(self) -> int:
        """Return the size of a plane with halo."""
        body = self.body
        after = max(body + self.halo * self.lanes * self.word, _round_up(body, _VECTOR))
        return self.strips * (self.centre + _round_up(after, _ALIGNED))


@dataclass(frozen=True)
class SlicedGeometry(MapGeometry):
    """Images as lanes: one vector of `vector` bytes a pixel, no halo; `csrc/engine_sliced.h`."""

    vector: int = 32

    @property
    def centre(self) -> int:
        """Return 0: samples outside are left out, not stored."""
        return 0

    @property
    def plain(self) -> int:
        """Return the size of a plane."""
        return self.height * self.width * self.vector

    @property
    def haloed(self) -> int:
        """Return the size of a plane."""
        return self.plain


def map_geometry(side: tuple[int, int], halo: int, rows: Table, columns: Table) -> MapGeometry:
    """Choose a layout for maps of a height and width.

    Args:
        side: height and width.
        halo: the largest |dy| of their comparisons.
        rows: windows of the pooled sums over them, (windows, 2): start, end.
        columns: the same along rows.
    """
    height, width = side
    word = 2 if width <= 16 else 4 if width <= 32 else 8
    strips = -(-width // 64)
    # Lanes that are windows make a window's sum a sum of words; its columns must fit a byte, or half of one.
    columns_fit = _tiles(columns, width, 8, word) or _tiles(columns, width, 4, 2 * word)
    rows_fit = _tiles(rows, height, -(-height // len(rows)), len(rows), even=True) and len(rows) * word in (2, 4, 8, 16)
    lanes = len(rows) if strips == 1 and columns_fit and rows_fit else 1
    return MapGeometry(height, width, word, strips, lanes, halo)


def _tiles(windows: Table, side: int, longest: int, most: int, *, even: bool = False) -> bool:
    """Whether windows follow each other along a side, at most so long and so many; even: all but the last so long."""
    starts, ends = windows[:, 0].tolist(), windows[:, 1].tolist()
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    follow = starts == [0, *ends[:-1]] and ends[-1] == side
    full = not even or all(length == longest for length in lengths[:-1])
    return follow and full and max(lengths) <= longest and len(windows) <= most


def _round_up(size: int, to: int) -> int:
    return -(-size // to) * to
