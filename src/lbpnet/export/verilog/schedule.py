"""What the core does with a netlist: which maps it makes and keeps, in which order, and where their rows lie."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from ...program import Program
from ...program.expand import expand
from ...program.netlist import Coded, Compared, ImageChannel, Largest, Netlist, Shrunk, channel_sources
from ...program.simplify import simplify

MEMORY_WIDTH = 64
"""Bits of the map memory that a word may have: four of iCE40's single-port RAMs side by side."""


@dataclass(frozen=True)
class Source:
    """A channel of the image that the loader writes: itself (`log` 0), or averaged over blocks of 2^log pixels."""

    name: int
    channel: int
    log: int


@dataclass(frozen=True)
class Map:
    """One run of the sequencer: makes channel `name` of the netlist row by row."""

    name: int
    store: bool
    pool: bool


@dataclass(frozen=True, eq=False)
class Schedule:
    """The sources and maps of a netlist.

    Attributes:
        netlist: simplified.
        lanes: pixels of a row of the map memory.
        word: planes of a word of it.
        sources, maps: in order of the memory, and of evaluation.
        bases: address of each stored channel's lowest word of row 0; word w of row y is at base + w height + y.
        depth: words of the memory.
    """

    netlist: Netlist
    lanes: int
    word: int
    sources: tuple[Source, ...]
    maps: tuple[Map, ...]
    bases: dict[int, int]
    depth: int

    def planes(self, name: int) -> int:
        """Return the bits of a channel's values."""
        return planes(self.netlist, name)

    def words(self, name: int) -> int:
        """Return the words of one row of a channel."""
        return -(-self.planes(name) // self.word)


def schedule(program: Program) -> Schedule:
    """Return the schedule with the width of words that reads least."""
    netlist = simplify(expand(program))
    sources = _sources(netlist)
    used = {source.name for source in sources} | {n for n, c in enumerate(netlist.channels) if _made(c)}
    # Where the scores are constants, the image is taken all the same: its first channel, which nothing reads.
    lanes = max((netlist.sides[name][1] for name in used), default=program.input.width)
    most = max((planes(netlist, name) for name in used), default=1)
    widths = [word for word in range(1, most + 1) if word == 1 or word * lanes <= MEMORY_WIDTH]
    candidates = [_schedule(netlist, sources, lanes, word) for word in widths]
    plan = min(candidates, key=lambda candidate: (clocks(candidate), candidate.word))
    return plan if sources else replace(plan, depth=8 * program.input.height)


def planes(netlist: Netlist, name: int) -> int:
    """Return the bits of a channel's values; those of largest values are their source's."""
    channel = netlist.channels[name]
    if isinstance(channel, ImageChannel | Shrunk):
        return 8
    return planes(netlist, channel.source) if isinstance(channel, Largest) else max(netlist.highs[name].bit_length(), 1)


def clocks(plan: Schedule) -> int:
    """Return about how many clocks the maps of an image take."""
    return sum(plan.netlist.sides[row.name][0] * _row_clocks(plan, row) for row in plan.maps)


def is_inline(plan: Schedule, name: int) -> bool:
    """Say whether a channel is a comparison whose bits are made where they are used."""
    return isinstance(plan.netlist.channels[name], Compared) and name not in plan.bases


def _row_clocks(plan: Schedule, row: Map) -> int:
    channel, netlist = plan.netlist.channels[row.name], plan.netlist
    written = plan.words(row.name) if row.store else 0
    if isinstance(channel, Coded):
        inline = (c for c in channel.bits if is_inline(plan, c))
        compared = sum(_compare_clocks(netlist, c, plan.word) - 1 for c in inline)
        return written + len(channel.bits) + compared
    if isinstance(channel, Compared):
        return written + _compare_clocks(netlist, row.name, plan.word)
    return written + plan.words(row.name) * (2 if isinstance(channel, Largest) else 1)


def _compare_clocks(netlist: Netlist, name: int, word: int) -> int:
    """Return the reads of one row: neighbour and centre are one word where dy = 0."""
    channel = netlist.channels[name]
    if not isinstance(channel, Compared):
        return 1
    return -(-planes(netlist, channel.source) // word) * (2 if channel.dy else 1)


def _made(channel: object) -> bool:
    return isinstance(channel, Coded | Compared | Largest)


def _sources(netlist: Netlist) -> tuple[Source, ...]:
    """Return what the loader writes: averaged channels, and those of the image that something else reads as well."""
    needed = set(netlist.pooled)
    for channel in netlist.channels:
        if not isinstance(channel, Shrunk):
            needed.update(channel_sources(channel))
    found: list[Source] = []
    for name, channel in enumerate(netlist.channels):
        if isinstance(channel, ImageChannel) and name in needed:
            found.append(Source(name, channel.index, 0))
        elif isinstance(channel, Shrunk):
            image = netlist.channels[channel.source]
            index = image.index if isinstance(image, ImageChannel) else 0
            found.append(Source(name, index, channel.factor.bit_length() - 1))
    return tuple(found)


def _schedule(netlist: Netlist, sources: tuple[Source, ...], lanes: int, word: int) -> Schedule:
    stored = _stored(netlist, word)
    pooled = set(netlist.pooled)
    plan = Schedule(netlist, lanes, word, sources, (), {}, 0)
    maps: list[Map] = []
    for name, channel in enumerate(netlist.channels):
        if _made(channel) and (name in stored or name in pooled):
            maps.append(Map(name, name in stored, name in pooled))
        elif isinstance(channel, ImageChannel | Shrunk) and name in pooled:
            maps.append(Map(name, False, True))
    order = [source.name for source in sources] + [row.name for row in maps if row.store]
    bases: dict[int, int] = {}
    depth = 0
    for name in order:
        bases[name] = depth
        depth += netlist.sides[name][0] * plan.words(name)
    return replace(plan, maps=tuple(maps), bases=bases, depth=depth)


def _stored(netlist: Netlist, word: int) -> set[int]:
    """Return the made channels that are read again; comparisons for codes only where that saves clocks."""
    stored: set[int] = set()
    uses: Counter[int] = Counter()
    for channel in netlist.channels:
        if isinstance(channel, Coded):
            uses.update(channel.bits)
        else:
            stored.update(channel_sources(channel))
    for name, count in uses.items():
        channel = netlist.channels[name]
        if isinstance(channel, Compared):
            cost = _compare_clocks(netlist, name, word)
            if name in netlist.pooled or count * cost > cost + 2 + count:
                stored.add(name)
        else:
            stored.add(name)
    return {name for name in stored if _made(netlist.channels[name])}
