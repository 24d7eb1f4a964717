"""A canonical prefix code (Huffman 1952) of bytes, for weights that are to take little flash."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

LONGEST = 16
"""Bits of a code."""


@dataclass(frozen=True)
class PrefixCode:
    """Codes of bytes; those of one length are successive numbers, shorter ones lower.

    Attributes:
        lengths: bits of each byte's code.
    """

    lengths: dict[int, int]

    @cached_property
    def symbols(self) -> list[int]:
        """Return the bytes in the order of their codes."""
        return sorted(self.lengths, key=lambda symbol: (self.lengths[symbol], symbol))

    @cached_property
    def codes(self) -> dict[int, int]:
        """Return each byte's code, `lengths` bits of it, the first bit highest."""
        codes: dict[int, int] = {}
        code, before = 0, 0
        for symbol in self.symbols:
            code <<= self.lengths[symbol] - before
            before = self.lengths[symbol]
            codes[symbol] = code
            code += 1
        return codes

    def encode(self, symbols: Sequence[int]) -> bytes:
        """Return the codes of bytes one after the other, the first bit highest; zeros fill the last byte."""
        bits = "".join(f"{self.codes[symbol]:0{self.lengths[symbol]}b}" for symbol in symbols)
        size = -(-len(bits) // 8)
        return int(bits.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")

    def ranges(self) -> list[int]:
        """Return what `runtime/lbp_coded.h` decodes with, two 16-bit numbers for each length from the shortest on.

        The first is the highest value that 16 bits have whose first code is at most that long. The second, added to
        the code, gives its place among `symbols`.
        """
        numbers: list[int] = []
        first, place, end = min(self.lengths.values()), 0, 0
        for length in range(first, max(self.lengths.values()) + 1):
            start = end >> LONGEST - length
            count = sum(own == length for own in self.lengths.values())
            end += count << LONGEST - length
            numbers += [end - 1, place - start & 0xFFFF]
            place += count
        return numbers


def prefix_code(counts: Counter[int]) -> PrefixCode:
    """Return the code that makes bytes of such counts shortest, no code longer than `LONGEST` bits."""
    counts = Counter({symbol: count for symbol, count in counts.items() if count})
    while True:
        lengths = _lengths(counts)
        if max(lengths.values()) <= LONGEST:
            return PrefixCode(lengths)
        # Flatter counts give shorter codes; all equal ones give 8 bits.
        counts = Counter({symbol: (count + 1) // 2 for symbol, count in counts.items()})


def _lengths(counts: Counter[int]) -> dict[int, int]:
    if len(counts) < 2:
        return dict.fromkeys(counts, 1)
    heap = [(count, symbol, [symbol]) for symbol, count in sorted(counts.items())]
    heapq.heapify(heap)
    lengths = Counter[int]()
    while len(heap) > 1:
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        below = [*one[2], *other[2]]
        lengths.update(below)
        heapq.heappush(heap, (one[0] + other[0], min(one[1], other[1]), below))
    return dict(lengths)
