"""Scratch memory by live ranges: what is no longer read makes room for what comes."""

from __future__ import annotations

from dataclasses import dataclass, field

_ALIGNED = 64


@dataclass
class Slots:
    """Hands out byte ranges; a freed range is reused for the next of its size, the last freed first (it is warm)."""

    size: int = 0
    _free: dict[int, list[int]] = field(default_factory=dict)
    _taken: dict[int, int] = field(default_factory=dict)

    def take(self, size: int) -> int:
        """Return the start of `size` bytes."""
        size = -(-size // _ALIGNED) * _ALIGNED
        free = self._free.get(size)
        if free:
            start = free.pop()
        else:
            start = self.size
            self.size += size
        self._taken[start] = size
        return start

    def free(self, start: int) -> None:
        """Give back what `take` returned."""
        self._free.setdefault(self._taken.pop(start), []).append(start)
