"""Constant tables as C text: numbers, and expressions that the compiler evaluates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

_LINE = 116


def words(counts: Counter[int], prefix: str = "W") -> str:
    """Return the expression of so many rows of each geometry, in words: how many depends on LBP_WORD_BITS."""
    terms = [f"{count}*{prefix}{geometry}" for geometry, count in sorted(counts.items()) if count]
    return "+".join(terms) if terms else "0"


@dataclass
class Bytes:
    """A table of bytes; numbers of two or four bytes are little-endian."""

    items: list[str] = field(default_factory=list)
    size: int = 0

    def u8(self, value: int | str) -> None:
        """Add a byte, of a number or an expression."""
        self._add(str(value), 1)

    def u16(self, value: int | str) -> None:
        """Add two bytes, of a number or an expression."""
        if isinstance(value, int):
            self._add(f"{value & 255},{value >> 8}", 2)
        else:
            self._add(f"LBP_U16({value})", 2)

    def u32(self, value: int) -> None:
        """Add four bytes."""
        self._add(",".join(str(value >> shift & 255) for shift in (0, 8, 16, 24)), 4)

    def _add(self, text: str, size: int) -> None:
        self.items.append(text)
        self.size += size

    def extend(self, other: Bytes) -> None:
        """Add another table."""
        self.items += other.items
        self.size += other.size


def numbers(values: Iterable[int]) -> list[str]:
    """Return the constants of 32-bit numbers; of the lowest one C knows no literal."""
    return ["-2147483647 - 1" if value == -(1 << 31) else str(value) for value in values]


def table(kind: str, name: str, items: Iterable[str], comment: str) -> str:
    """Return the definition of a constant array, one zero where there are no items."""
    lines, line = [f"/* {comment} */", f"static const {kind} {name}[] LBP_FLASH = {{"], "   "
    for item in list(items) or ["0"]:
        if len(line) + len(item) + 2 > _LINE:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line, "};", ""])
