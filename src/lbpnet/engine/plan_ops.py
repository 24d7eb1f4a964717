"""The ops of a plan: a simplified netlist walked channel by channel."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..program.netlist import Coded, Compared, Constant, ImageChannel, Largest, Netlist, Shrunk, channel_sources
from .live_ranges import Slots
from .maps import MapGeometry, SlicedGeometry, map_geometry

_IMAGE, _SHRINK, _BYTE_MAX, _BYTE_COMPARE, _BYTE_POOL, _SLICE, _FILL = range(7)
_ENCODE, _COMPARE, _MAX, _POOL, _POOL_BITS = range(7, 12)

_PACK, _GATED, _FLOOR, _COUNT, _LIMIT = range(5)
_BYTE_SLACK = 64  # a vector may read past the last row


@dataclass(frozen=True)
class Planes:
    """A channel's bit planes: `first` is where the least significant plane's first word lies."""

    start: int
    first: int
    count: int
    stride: int
    gated: bool
    haloed: bool


@dataclass
class PlanOps:
    """Writes the ops of `csrc/engine_plan.h` for a netlist; `run` fills the lists.

    A map's planes live only while its comparisons and its sums are made, and comparisons until the last map that
    reads them: what is live at once is small enough for the first caches. A map is compared after the next one is
    encoded, so that no load waits for a store.
    """

    netlist: Netlist
    vector: int = 0
    """Bytes of a vector where images are lanes; 0 where pixels are."""
    ops: list[list[int]] = field(default_factory=list)
    maps: list[MapGeometry] = field(default_factory=list)
    byte_maps: list[tuple[int, int, int]] = field(default_factory=list)
    slots: Slots = field(default_factory=Slots)
    floors: dict[int, int] = field(default_factory=dict)
    """What a pooled channel's sums exceed its values by, a pixel."""

    def __post_init__(self) -> None:
        netlist = self.netlist
        windows = len(netlist.rows) * len(netlist.columns)
        self._feature = {channel: position * windows for position, channel in enumerate(netlist.pooled)}
        self._users: dict[int, list[int]] = {}
        self._enlarged: set[int] = set()
        self._reads = dict.fromkeys(range(len(netlist.channels)), 0)
        for index, channel in enumerate(netlist.channels):
            if isinstance(channel, Compared):
                self._users.setdefault(channel.source, []).append(index)
            else:
                for source in channel_sources(channel):
                    self._reads[source] += 1
            if isinstance(channel, Largest):
                self._enlarged.add(channel.source)
        for index in (*netlist.pooled, *self._users):
            self._reads[index] += 1
        self._planes: dict[int, Planes] = {}
        self._bytes: dict[int, int] = {}
        self._waiting: list[int] = []

    def run(self) -> None:
        """Write all ops; those on bytes come first."""
        channels = range(len(self.netlist.channels))
        in_bytes = [index for index in channels if self._is_bytes(index)]
        for index in in_bytes:
            self._visit_bytes(index)
        for index in in_bytes:
            self._use_bytes(index)
        for index in channels:
            self._visit(index)
        while self._waiting:
            self._use(self._waiting.pop(0))

    def _visit(self, index: int) -> None:
        channel = self.netlist.channels[index]
        if isinstance(channel, Compared) or index in self._bytes:
            return  # made with its source
        if isinstance(channel, Constant):
            self._visit_constant(index, channel)
        else:
            while any(source not in self._planes for source in channel_sources(channel)):
                self._use(self._waiting.pop(0))
            if isinstance(channel, Coded) and self._only_pooled(index, channel):
                self._pool_bits(index, channel)
                return
            if isinstance(channel, Coded):
                self._encode(index, channel)
            elif isinstance(channel, Largest):
                self._enlarge(index, channel.source)
            self._waiting.append(index)
            while len(self._waiting) > 1:
                self._use(self._waiting.pop(0))

    def _visit_bytes(self, index: int) -> None:
        channel = self.netlist.channels[index]
        to = self._byte_map(index)
        height, width, border = self.byte_maps[to]
        pitch = -(-(width + 2 * border) // 16) * 16
        at = self._bytes[index] = self.slots.take((height + 2 * border) * pitch + _BYTE_SLACK)
        if isinstance(channel, ImageChannel):
            self.ops.append([_IMAGE, channel.index, at, to])
        elif isinstance(channel, Shrunk):
            source = self._bytes[channel.source], self._byte_map(channel.source)
            self.ops.append([_SHRINK, *source, at, to, channel.factor])
        elif isinstance(channel, Largest):
            source = self._bytes[channel.source], self._byte_map(channel.source)
            self.ops.append([_BYTE_MAX, *source, at, to])

    def _is_bytes(self, index: int) -> bool:
        channel = self.netlist.channels[index]
        if isinstance(channel, Largest):
            return self._is_bytes(channel.source)
        return isinstance(channel, ImageChannel | Shrunk)

    def _use_bytes(self, index: int) -> None:
        """Compare and pool bytes; where images are lanes, slice them into eight planes for that."""
        at, to = self._bytes[index], self._byte_map(index)
        if self.vector:
            if index in self._users or index in self._feature:
                planes = self._take(index, 8, haloed=False, gated=False)
                room = self.slots.take(8 * self.maps[self._map(index)].plain)
                self.ops.append([_SLICE, at, to, self._map(index), planes.first, room])
                self._waiting.append(index)
            return
        if index in self._users:
            op = [_BYTE_COMPARE, at, to, self._map(index)]
            for user in self._users[index]:
                compared = self.netlist.channels[user]
                if isinstance(compared, Compared):
                    op += [compared.dy, compared.dx, self._take_bit(user).first]
            self.ops.append(op)
            self._finish_bits(self._users[index])
        if index in self._feature:
            self.ops.append([_BYTE_POOL, at, to, self._feature[index]])

    def _visit_constant(self, index: int, channel: Constant) -> None:
        planes = self._take_bit(index)
        self.ops.append([_FILL, planes.first, self._map(index), int(channel.value != 0)])
        self._finish_bits([index])

    def _encode(self, index: int, channel: Coded) -> None:
        points, map_number = len(channel.bits), self._map(index)
        code, parameter, count = _PACK, 0, points
        if channel.code == "count":
            code, count = _COUNT, points.bit_length()
        elif channel.code == "threshold":
            code, parameter, count = _LIMIT, channel.limit, 1
        elif channel.floor and channel.floor == (1 << (points - 1)) - 1:
            code = _GATED
        elif channel.floor:
            code, parameter = _FLOOR, channel.floor
            self.floors[index] = channel.floor
        planes = self._take(index, count, haloed=self._needs_halo(index), gated=code == _GATED)
        op = [_ENCODE, map_number, code, points, parameter, count, planes.first, planes.stride, int(planes.haloed)]
        for bit in channel.bits:
            op += [self._planes[bit].first, int(self._planes[bit].haloed)]
        self.ops.append(op)
        for bit in channel.bits:
            self._read(bit)

    def _only_pooled(self, index: int, channel: Coded) -> bool:
        """Whether a map is read by its sums alone, and those can be made of its bits."""
        plain = channel.code == "pack" and channel.floor in (0, (1 << (len(channel.bits) - 1)) - 1)
        return plain and self._reads[index] == 1 and index in self._feature

    def _pool_bits(self, index: int, channel: Coded) -> None:
        op = [_POOL_BITS, self._map(index), len(channel.bits), int(channel.floor > 0), self._feature[index]]
        for bit in channel.bits:
            op += [self._planes[bit].first, int(self._planes[bit].haloed)]
        self.ops.append(op)
        for bit in channel.bits:
            self._read(bit)

    def _enlarge(self, index: int, source: int) -> None:
        """Pool 2 x 2 blocks by their largest value; a block of 4 is two such steps."""
        of = self._planes[source]
        planes = self._take(index, of.count, haloed=not self.vector, gated=of.gated)
        maps = self._map(source), self._map(index)
        self.ops.append([_MAX, maps[0], of.first, maps[1], planes.first, of.count, of.stride, planes.stride])
        self.floors[index] = self.floors.get(source, 0)
        self._read(source)

    def _use(self, index: int) -> None:
        """Compare and pool a map whose planes are there."""
        planes, number = self._planes[index], self._map(index)
        if index in self._users:
            op = [_COMPARE, number, planes.first, planes.count, int(planes.gated), planes.stride, 0, 0, 0]
            users = [(user, self.netlist.channels[user]) for user in self._users[index]]
            pairs = [(user, channel) for user, channel in users if isinstance(channel, Compared)]
            for user, channel in sorted(pairs, key=lambda pair: _sign(pair[1].dx)):
                op[7 + _sign(channel.dx)] += 1
                op += [channel.dy, abs(channel.dx), self._take_bit(user).first]
            self.ops.append(op)
            self._finish_bits(self._users[index])
            self._read(index)
        if index in self._feature:
            head = [_POOL, number, planes.count, int(planes.gated), self._feature[index]]
            self.ops.append([*head, planes.first, int(planes.haloed), planes.stride])
            self._read(index)

    def _finish_bits(self, bits: list[int]) -> None:
        """Give bits that are compared or enlarged themselves a halo, and pool those that the scores read."""
        for bit in bits:
            if self._needs_halo(bit):
                plain = self._planes[bit]
                planes = self._take(bit, 1, haloed=True, gated=False)
                op = [_ENCODE, self._map(bit), _PACK, 1, 0, 1, planes.first, planes.stride, 1, plain.first, 0]
                self.ops.append(op)
                self.slots.free(plain.start)
            if bit in self._users or bit in self._feature:
                self._waiting.append(bit)

    def _needs_halo(self, index: int) -> bool:
        return not self.vector and (index in self._users or index in self._enlarged)

    def _take_bit(self, index: int) -> Planes:
        return self._take(index, 1, haloed=False, gated=False)

    def _take(self, index: int, count: int, *, haloed: bool, gated: bool) -> Planes:
        geometry = self.maps[self._map(index)]
        stride = geometry.haloed if haloed else geometry.plain
        start = self.slots.take(count * stride)
        first = start + (geometry.centre if haloed else 0)
        self._planes[index] = Planes(start, first, count, stride, gated and count > 1, haloed)
        return self._planes[index]

    def _read(self, index: int) -> None:
        self._reads[index] -= 1
        if self._reads[index] == 0:
            self.slots.free(self._planes[index].start)

    def _map(self, index: int) -> int:
        side = self.netlist.sides[index]
        for number, geometry in enumerate(self.maps):
            if (geometry.height, geometry.width) == side:
                return number
        halo = max((abs(c.dy) for c in self._compared_at(side)), default=0)
        if self.vector:
            self.maps.append(SlicedGeometry(*side, 8, 1, 1, halo, self.vector))
        else:
            self.maps.append(map_geometry(side, halo, self.netlist.rows, self.netlist.columns))
        return len(self.maps) - 1

    def _byte_map(self, index: int) -> int:
        side = self.netlist.sides[index]
        border = max((max(abs(c.dy), abs(c.dx)) for c in self._compared_at(side)), default=0)
        if (*side, border) not in self.byte_maps:
            self.byte_maps.append((*side, border))
        return self.byte_maps.index((*side, border))

    def _compared_at(self, side: tuple[int, int]) -> list[Compared]:
        rows = zip(self.netlist.channels, self.netlist.sides, strict=True)
        return [channel for channel, s in rows if s == side and isinstance(channel, Compared)]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
