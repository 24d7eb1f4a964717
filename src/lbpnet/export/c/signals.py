"""A simplified netlist as bit planes that rows stream through: what is kept, for how many rows, made in which step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...program.netlist import Channel, Coded, Compared, Constant, ImageChannel, Largest, Netlist, Shrunk


@dataclass(frozen=True)
class Geometry:
    """Rows of one length.

    Attributes:
        height, width: pixels.
        log_period: log2 of the rows of the image that one row stands for.
    """

    height: int
    width: int
    log_period: int


@dataclass
class Plane:
    """One bit of a map.

    Attributes:
        geometry: number of the geometry.
        lag: its row r is made `lag` rows, of its geometry, after the last row of the image that row r stands for.
        level: its record comes after all records of lower levels.
        depth: rows that are kept, counted by `Signals`.
    """

    geometry: int
    lag: int
    level: int
    depth: int = 1


@dataclass(frozen=True)
class Value:
    """A map: planes, least significant first; `gated`: top + (top AND lower), else the binary number."""

    planes: tuple[int, ...]
    gated: bool
    geometry: int
    lag: int


@dataclass(frozen=True)
class Record:
    """One thing to do for each row.

    Attributes:
        channel: what it makes.
        index: the channel's number in the netlist.
        geometry, lag, level: see `Plane`.
        planes: the planes that it makes, in order.
        pooled: its sums are features.
        summed_only: its value exists already and is only summed.
    """

    channel: Channel
    index: int
    geometry: int
    lag: int
    level: int
    planes: tuple[int, ...]
    pooled: bool
    summed_only: bool = False


@dataclass
class Signals:
    """Plans the planes, values and records of a netlist; `run` fills the lists."""

    netlist: Netlist
    image: tuple[int, int]
    """Height and width of the image."""
    pairs: bool = False
    """Rows lie in pairs, `pairs.has_pairs`: geometries, lags, ages and depths count pairs."""
    geometries: list[Geometry] = field(default_factory=list)
    planes: list[Plane] = field(default_factory=list)
    values: dict[int, Value] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stored = self._find_stored()
        self._pooled = set(self.netlist.pooled)

    def run(self) -> None:
        """Fill the lists."""
        for index, channel in enumerate(self.netlist.channels):
            if index in self._stored:
                self._store(index, channel)
            elif index in self._pooled:
                self._add(index, channel, 0, pooled=True)
        for index in self.netlist.pooled:
            if index in self.values and self._is_made_elsewhere(index):
                self._sum(index)
        self.records.sort(key=lambda r: (r.level, type(r.channel).__name__, r.summed_only, r.geometry, r.lag, r.pooled))

    def _find_stored(self) -> set[int]:
        """Return the channels whose planes are kept: those compared or enlarged, and the bits of those."""
        channels = self.netlist.channels
        stored = {c.source for c in channels if isinstance(c, Compared | Largest)}
        stored |= {i for i, c in enumerate(channels) if isinstance(c, Constant | Largest)}
        stored |= {i for i in self.netlist.pooled if isinstance(channels[i], ImageChannel | Shrunk)}
        uses = Counter(b for c in channels if isinstance(c, Coded) for b in c.bits)
        for index in reversed(range(len(channels))):
            channel = channels[index]
            if isinstance(channel, Coded):
                bits = [b for b in channel.bits if not isinstance(channels[b], Compared)]
                stored.update(channel.bits if index in stored and is_wiring(channel) else bits)
        for index, channel in enumerate(channels):
            if isinstance(channel, Compared) and uses[index] > 1:
                stored.add(index)
        return stored

    def _is_made_elsewhere(self, index: int) -> bool:
        channel = self.netlist.channels[index]
        return not isinstance(channel, Coded) or is_wiring(channel)

    def _store(self, index: int, channel: Channel) -> None:
        """Make a channel's value of planes that are there, or of new ones."""
        if isinstance(channel, Coded) and is_wiring(channel):
            planes = tuple(self.values[b].planes[0] for b in channel.bits)
            gated = channel.floor > 0
        else:
            made = isinstance(channel, Coded) and index in self._pooled
            planes, gated = self._add(index, channel, self._count(channel), pooled=made), self._is_gated(channel)
        lag = max(self.planes[p].lag for p in planes)
        self.values[index] = Value(planes, gated, self.geometry_of(index), lag)

    def _count(self, channel: Channel) -> int:
        if isinstance(channel, ImageChannel | Shrunk):
            return 8
        if isinstance(channel, Largest):
            return len(self.values[channel.source].planes)
        if isinstance(channel, Coded):
            return code_planes(channel)
        return 1

    def _is_gated(self, channel: Channel) -> bool:
        return isinstance(channel, Largest) and self.values[channel.source].gated

    def _add(self, index: int, channel: Channel, planes: int, *, pooled: bool) -> tuple[int, ...]:
        """Add a record that makes so many planes, in the first step in which everything that it reads is there."""
        geometry = self.geometry_of(index)
        lag, level = self._earliest(channel)
        self._read(channel, lag)
        first = len(self.planes)
        self.planes += [Plane(geometry, lag, level) for _ in range(planes)]
        made = tuple(range(first, first + planes))
        self.records.append(Record(channel, index, geometry, lag, level, made, pooled))
        return made

    def _sum(self, index: int) -> None:
        value = self.values[index]
        level = 1 + max(self.planes[p].level for p in value.planes)
        self._use(value, value.lag)
        channel = self.netlist.channels[index]
        self.records.append(Record(channel, index, value.geometry, value.lag, level, (), True, True))

    def _earliest(self, channel: Channel) -> tuple[int, int]:
        """Return the least lag and level of what is made of earlier channels."""
        if isinstance(channel, Coded):
            reads = [self._earliest_bit(b) for b in channel.bits]
            return max(lag for lag, _ in reads), max(level for _, level in reads)
        if isinstance(channel, Compared | Largest):
            value = self.values[channel.source]
            level = 1 + max(self.planes[p].level for p in value.planes)
            if isinstance(channel, Largest):
                return -(-value.lag // 2), level
            newest = (channel.dy + 1) // 2 if self.pairs else channel.dy
            return value.lag + max(newest, 0), level
        return 0, 0

    def _earliest_bit(self, bit: int) -> tuple[int, int]:
        if bit in self.values:
            plane = self.planes[self.values[bit].planes[0]]
            return plane.lag, plane.level + 1
        return self._earliest(self.netlist.channels[bit])

    def _read(self, channel: Channel, lag: int) -> None:
        """Keep the rows that a record of this lag reads."""
        if isinstance(channel, Coded):
            for bit in channel.bits:
                if bit in self.values:
                    self._use(self.values[bit], lag)
                else:
                    self._read(self.netlist.channels[bit], lag)
        elif isinstance(channel, Compared):
            self._use(self.values[channel.source], lag)
            self._use(self.values[channel.source], lag - (channel.dy // 2 if self.pairs else channel.dy))
        elif isinstance(channel, Largest):
            self._use(self.values[channel.source], 2 * lag + 1)

    def _use(self, value: Value, lag: int) -> None:
        for number in value.planes:
            plane = self.planes[number]
            plane.depth = max(plane.depth, lag - plane.lag + 1)

    def geometry_of(self, index: int) -> int:
        """Return the number of a channel's geometry."""
        height, width = self.netlist.sides[index]
        log = next(k for k in range(13) if (self.image[0] >> k, self.image[1] >> k) == (height, width))
        geometry = Geometry(height // 2, width, log + 1) if self.pairs else Geometry(height, width, log)
        if geometry not in self.geometries:
            self.geometries.append(geometry)
        return self.geometries.index(geometry)


def is_wiring(channel: Coded) -> bool:
    """Return whether a map's planes are its bits as they are: `pack`, with no floor or one of 2^(n-1) - 1."""
    return channel.code == "pack" and channel.floor in (0, (1 << (len(channel.bits) - 1)) - 1)


def code_planes(channel: Coded) -> int:
    """Return the number of planes that a map is made of."""
    if channel.code == "threshold":
        return 1
    if channel.code == "count":
        return len(channel.bits).bit_length()
    return len(channel.bits) if is_wiring(channel) else ((1 << len(channel.bits)) - 1 - channel.floor).bit_length()
