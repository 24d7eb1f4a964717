"""The tables of a network: the format is described in `runtime/lbp_tables.h`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from ...program.netlist import Channel, Coded, Compared, Constant, ImageChannel, Largest, Netlist, Shrunk
from ...program.nodes import Input
from .coded import CodedWeights, code_weights
from .constants import Bytes, words
from .hidden import layer_bytes
from .signals import Record, Signals, Value, code_planes, is_wiring
from .windows import pack_weights, sum_bytes, weight_bits, window_slots

_IMAGE, _SHRINK, _FILL, _COMPARE, _LARGEST, _KERNEL, _POOL = range(7)
_STORED, _POOLED = 1, 2
_PACK, _GATED, _FLOOR, _COUNT, _LIMIT = range(5)
_GEOMETRY_SIZE = 6


@dataclass
class Tables:
    """Tables as C expressions, and the sizes of what an image needs of RAM.

    Attributes:
        wiring, heads, values, taps, weights: see `runtime/lbp_tables.h`.
        runs, bodies: records that are done together, and their bytes.
        blocks, steps, sum_bytes, weight_bits: numbers of shape.
        window_rows: rows of pooled sums that are kept, of `SUMS_A_ROW` each.
        plane_rows: the rows of all planes, by geometry.
        bit_rows: the most bits of one map, by geometry.
        halos: rows of zeros above and below each plane, by geometry; for whole planes.
    """

    netlist: Netlist
    signals: Signals
    whole: bool = False
    """For the schedule `planes`, which keeps all rows; otherwise for `rows`."""
    wiring: Bytes = field(default_factory=Bytes)
    heads: list[str] = field(default_factory=list)
    bodies: list[Bytes] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    taps: list[str] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)
    coded: CodedWeights | None = None
    """The same weights for LBP_SMALL; None for whole planes."""
    window_rows: int = 0
    blocks: int = 0
    steps: int = 0
    bit_rows: Counter[int] = field(default_factory=Counter)
    plane_rows: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.slots = 1 if self.whole else max(window_slots(self.netlist)) + 1
        self.weight_bits, self.sum_bytes = weight_bits(self.netlist), 4 if self.whole else sum_bytes(self.netlist)
        self.halos = self._find_halos()
        self._numbers: dict[Value, int] = {}
        self._tap_numbers: dict[tuple[int, int, int], int] = {}
        for record in self.signals.records:
            self._collect(record)
        self.wide = self._is_wide()
        self.runs = [(key, list(records)) for key, records in groupby(self.signals.records, run_key)]
        self._offsets: dict[int, Counter[int]] = {}
        self._blocks: list[list[bytes]] = []  # of each pooled run, of each window row
        for (kind, _, _, flags), records in self.runs:
            self._run(kind, flags, records)
        self._write_values()
        if not self.whole:
            self.coded = code_weights(self._blocks)
        for geometry, dy, dx in self._tap_numbers:
            rows = dy if self.whole else -(dy // 2) if self.signals.pairs else -dy
            between = f", {dy % 2}" if self.signals.pairs else ""
            self.taps.append(f"LBP_TAP({rows}*W{geometry}, {dx}{between})")

    def _find_halos(self) -> Counter[int]:
        halos: Counter[int] = Counter()
        for channel in self.netlist.channels:
            if isinstance(channel, Compared):
                geometry = self.signals.values[channel.source].geometry
                halos[geometry] = max(halos[geometry], abs(channel.dy))
        return halos

    def _is_wide(self) -> bool:
        """Return whether a number of a record needs two bytes; words are counted as if they had 8 bits."""
        geometries = self.signals.geometries
        spans = [-(-geometries[plane.geometry].width // 8) * (plane.depth - 1) for plane in self.signals.planes]
        return max(len(self._numbers), 2 * len(self._tap_numbers) - 2, *spans, 0) > 255

    def shape(self, image: Input) -> list[str]:
        """Return the table of sizes for an image."""
        netlist, stride = self.netlist, image.height * image.width
        rows, columns = netlist.rows.tolist(), netlist.columns.tolist()
        geometries = self.signals.geometries
        sizes = [len(netlist.bias), image.height, image.width, stride & 0xFFFF, stride >> 16, self.steps]
        sizes += [len(self.runs), int(self.wide), self.sum_bytes, self.weight_bits]
        items = [*map(str, sizes), f"{self.slots}*SUMS_A_ROW", str(len(rows)), str(len(columns))]
        items += [f"{words(self.plane_rows)}+LBP_SLIDES", f"{self.window_rows}*SUMS_A_ROW", str(self.blocks)]
        rows_at = len(items) + 3 + _GEOMETRY_SIZE * len(geometries)
        columns_at = rows_at + 3 * len(rows)
        items += [str(rows_at), str(columns_at), str(columns_at + 2 * len(columns))]
        for g, geometry in enumerate(geometries):
            items += [f"W{g}", str(geometry.height), str(geometry.log_period), f"LBP_SPARE_BITS({geometry.width})"]
            items += [words(Counter({g: geometry.height + 2 * self.halos[g]})), words(Counter({g: self.halos[g]}))]
        pooled = self.signals.geometry_of(netlist.pooled[0])
        for (start, end), slot in zip(rows, window_slots(netlist), strict=True):
            at = words(Counter({pooled: start})) if self.whole else f"{slot}*SUMS_A_ROW"
            if self.signals.pairs:
                start, end = start // 2, end // 2
            items += [str(start), str(end), at]
        return [*items, *(str(edge) for window in columns for edge in window), *self.heads]

    @property
    def row_steps(self) -> int:
        """Return how many rows of the first geometry an image's steps make."""
        return self.steps >> self.signals.geometries[0].log_period

    @property
    def table_bytes(self) -> int:
        """Return the bytes of the constant tables."""
        halves = len(self.values) + len(self.taps) + len(self.signals.geometries) * _GEOMETRY_SIZE + 18
        halves += 3 * len(self.netlist.rows) + 2 * len(self.netlist.columns) + 1 + len(self.heads)
        own = 2 * halves + self.wiring.size + len(self.weights) + 4 * len(self.netlist.bias)
        return own + layer_bytes(self.netlist)

    def pooled_kinds(self) -> set[tuple[int, bool]]:
        """Return the numbers of planes of the maps that are summed, and whether they are gated."""
        kinds = set()
        for record in self.signals.records:
            if record.summed_only:
                value = self.signals.values[record.index]
                kinds.add((len(value.planes), value.gated))
            elif record.pooled and isinstance(record.channel, Coded):
                kinds.add((code_planes(record.channel), kernel_code(record.channel)[0] == _GATED))
            elif record.pooled:
                kinds.add((1, False))
        return kinds

    def sums_alike(self) -> bool:
        """Return whether maps are summed or not, never summed and kept, and no row lies in several windows."""
        kept = any(flags & _STORED for (kind, _, _, flags), _ in self.runs if kind in (_KERNEL, _POOL))
        rows = sorted((int(start), int(end)) for start, end in self.netlist.rows)
        apart = all(end <= start for (_, end), (start, _) in pairwise(rows))
        return apart and not kept

    def _collect(self, record: Record) -> None:
        """Number the values and taps that a record names."""
        for channel in self._compared(record):
            geometry = self.signals.values[channel.source].geometry
            self._number(channel.source)
            self._tap_numbers.setdefault((geometry, channel.dy, channel.dx), len(self._tap_numbers))
        if record.summed_only:
            self._number(record.index)
        elif isinstance(record.channel, Largest):
            self._number(record.channel.source)

    def _compared(self, record: Record) -> list[Compared]:
        """Return the comparisons that a record makes itself."""
        if record.summed_only:
            return []
        if isinstance(record.channel, Compared):
            return [record.channel]
        bits = record.channel.bits if isinstance(record.channel, Coded) else ()
        made = [self.netlist.channels[b] for b in bits if b not in self.signals.values]
        return [channel for channel in made if isinstance(channel, Compared)]

    def _number(self, channel: int) -> int:
        return self._numbers.setdefault(self.signals.values[channel], len(self._numbers) + 1)

    def _n(self, table: Bytes, value: int | str) -> None:
        if self.wide:
            table.u16(value)
        else:
            table.u8(value)

    def _run(self, kind: int, flags: int, records: list[Record]) -> None:
        first, body = records[0], Bytes()
        start, rows_before = words(self.plane_rows), self.plane_rows[first.geometry]
        previous = 0
        for record in records:
            if isinstance(record.channel, ImageChannel | Shrunk) and kind != _POOL:
                previous = self._bytes_record(body, record, previous)
            else:
                self._record(body, kind, record)
            self._place(record)
        self.bodies.append(body)
        kept = self.plane_rows[first.geometry] - rows_before
        self.heads += [str(kind | flags << 8), str(_GEOMETRY_SIZE * first.geometry)]
        self.heads += ["0" if self.whole else str(first.lag), words(self._aged(first.geometry, first.lag))]
        self.heads += [str(len(records)), str(body.size), start, words(Counter({first.geometry: kept}))]
        if flags & _POOLED:
            self._pooled_run(records)
        self.wiring.extend(body)

    def _pooled_run(self, records: list[Record]) -> None:
        """Write where a run's sums and weights lie, and the weights of each window row."""
        classes, rows, columns = len(self.netlist.bias), len(self.netlist.rows), len(self.netlist.columns)
        weights = self.netlist.weights.reshape(classes, -1, rows, columns)
        places = [self.netlist.pooled.index(record.index) for record in records]
        blocks = [pack_weights(weights[:, places, i].transpose(1, 2, 0), self.weight_bits) for i in range(rows)]
        size, at = len(blocks[0]), len(self.weights)
        self.heads += [f"{self.window_rows}*SUMS_A_ROW", f"LBP_WEIGHTS({size}, {at}, CODED_{len(self._blocks)})"]
        self._blocks.append(blocks)
        self.weights += b"".join(blocks)
        self.window_rows = 1 if self.whole else self.window_rows + len(records) * self.slots
        geometry = self.signals.geometries[records[0].geometry]
        self.steps = max(self.steps, (records[0].lag + geometry.height) << geometry.log_period)

    def _aged(self, geometry: int, rows: int) -> Counter[int]:
        """Return how far a row of an age lies after the newest; whole planes do not move."""
        return Counter() if self.whole else Counter({geometry: rows})

    def _place(self, record: Record) -> None:
        for number in record.planes:
            plane = self.signals.planes[number]
            halo = self.halos[plane.geometry] if self.whole else 0
            self._offsets[number] = self.plane_rows + Counter({plane.geometry: halo})
            height = self.signals.geometries[plane.geometry].height
            self.plane_rows[plane.geometry] += height + 2 * halo if self.whole else plane.depth
        bits = 1 if isinstance(record.channel, ImageChannel | Shrunk) and record.planes else len(record.planes)
        if isinstance(record.channel, Coded):
            bits = max(bits, len(record.channel.bits))
        if record.summed_only:
            bits = len(self.signals.values[record.index].planes)
        self.bit_rows[record.geometry] = max(self.bit_rows[record.geometry], bits, 1)

    def _kept(self, to: Bytes, record: Record) -> None:
        """Write the words of the rows kept, but for one: as many of each plane, since they are read together."""
        depth = max(self.signals.planes[p].depth for p in record.planes)
        for number in record.planes:
            self.signals.planes[number].depth = depth
        self._n(to, words(self._aged(record.geometry, depth - 1)))

    def _bytes_record(self, to: Bytes, record: Record, previous: int) -> int:
        channel = record.channel
        if isinstance(channel, Shrunk):
            source = self.netlist.channels[channel.source]
            index = source.index if isinstance(source, ImageChannel) else 0
            self._next_channel(to, index - previous)
            to.u8(channel.factor.bit_length() - 1)
            to.u16(self.blocks & 0xFFFF)
            width = self.signals.geometries[record.geometry].width
            to.u16(width)
            self.blocks += width
        else:
            index = channel.index if isinstance(channel, ImageChannel) else 0
            self._next_channel(to, index - previous)
        self._kept(to, record)
        return index

    def _next_channel(self, to: Bytes, channels: int) -> None:
        for _ in range(channels):
            to.u8(1)
        to.u8(0)

    def _record(self, to: Bytes, kind: int, record: Record) -> None:
        channel = record.channel
        if kind == _POOL:
            self._n(to, self._number(record.index))
        elif kind == _KERNEL:
            self._kernel(to, record)
        elif isinstance(channel, Compared):
            self._compare(to, channel)
            self._kept(to, record)
        elif isinstance(channel, Largest):
            value = self.signals.values[channel.source]
            self._n(to, self._number(channel.source))
            to.u16(words(self._aged(value.geometry, 2 * record.lag)))
            to.u16(words(Counter({value.geometry: 1})))
            self._kept(to, record)
        elif isinstance(channel, Constant):
            to.u8(channel.value)
            self._kept(to, record)

    def _compare(self, to: Bytes, channel: Compared) -> None:
        geometry = self.signals.values[channel.source].geometry
        self._n(to, self._number(channel.source))
        self._n(to, f"{self._tap_numbers[geometry, channel.dy, channel.dx]}*LBP_TAP_SIZE")

    def _kernel(self, to: Bytes, record: Record) -> None:
        channel = record.channel
        if not isinstance(channel, Coded):  # a bit that is summed and nothing else
            channel = Coded("pack", (record.index,), 0, 0)
        code, parameter = kernel_code(channel)
        bits = channel.bits
        if code == _GATED and not self.whole:  # the top one first: where it is zero, the others do not matter
            bits = (bits[-1], *bits[:-1])
        first, rest = Bytes(), Bytes()
        for bit in bits:
            self._point(rest if first.size else first, bit, record)
        to.u8(code | len(bits) << 3)
        to.u8(rest.size)
        if code >= _FLOOR:
            to.u8(code_planes(channel))
            to.u16(parameter)
        if record.planes:
            self._kept(to, record)
        to.extend(first)
        to.extend(rest)

    def _point(self, to: Bytes, bit: int, record: Record) -> None:
        made = self.netlist.channels[bit]
        if bit not in self.signals.values and isinstance(made, Compared):
            self._compare(to, made)
            return
        number = self.signals.values[bit].planes[0]
        plane = self.signals.planes[number]
        self._n(to, 0)
        to.u16(words(self._offsets[number] + self._aged(plane.geometry, record.lag - plane.lag)))

    def _write_values(self) -> None:
        at = len(self._numbers) + 1
        positions, descriptions = ["0"], []
        for value in self._numbers:
            positions.append(str(at))
            at += 1 + len(value.planes)
            descriptions.append(str(len(value.planes) | value.gated << 8))
            for number in value.planes:
                plane = self.signals.planes[number]
                place = self._offsets[number].copy()
                place.subtract(self._aged(plane.geometry, plane.lag))
                descriptions.append(words(place))
        self.values = positions + descriptions


def kernel_code(channel: Coded) -> tuple[int, int]:
    """Return the code of a map's record and its floor or limit."""
    if channel.code == "count":
        return _COUNT, 0
    if channel.code == "threshold":
        return _LIMIT, channel.limit
    if is_wiring(channel):
        return (_GATED if channel.floor else _PACK), 0
    return _FLOOR, channel.floor


def run_key(record: Record) -> tuple[int, int, int, int]:
    """Return kind, geometry, lag and flags: a run's records have them in common."""
    kinds: dict[type[Channel], int] = {ImageChannel: _IMAGE, Shrunk: _SHRINK, Constant: _FILL, Largest: _LARGEST}
    kind = kinds.get(type(record.channel), _KERNEL)
    if record.summed_only:
        kind = _POOL
    elif isinstance(record.channel, Compared) and not record.pooled:
        kind = _COMPARE
    flags = (_STORED if record.planes else 0) | (_POOLED if record.pooled else 0)
    return kind, record.geometry, record.lag, flags
