"""The tables of the schedule `rows`: the format is described in `runtime/lbp_rows.c`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from ...program.netlist import Channel, Coded, Compared, Constant, ImageChannel, Largest, Netlist, Shrunk
from ...program.nodes import Input
from .constants import Bytes, words
from .signals import Record, Signals, Value, code_planes, is_wiring
from .windows import pack_weights, sum_bytes, weight_bits, window_slots

_IMAGE, _SHRINK, _FILL, _COMPARE, _LARGEST, _KERNEL, _POOL = range(7)
_STORED, _POOLED = 1, 2
_PACK, _GATED, _FLOOR, _COUNT, _LIMIT = range(5)


@dataclass
class RowsTables:
    """Tables as C expressions, and the sizes of what an image needs of RAM.

    Attributes:
        wiring, values, taps, weights: see `runtime/lbp_rows.c`.
        runs: records that are done together.
        sums, blocks, steps, sum_bytes, weight_bits: numbers of shape.
        plane_rows: the rows that are kept, by geometry.
        bit_rows: the most bits of one map, by geometry.
    """

    netlist: Netlist
    signals: Signals
    wiring: Bytes = field(default_factory=Bytes)
    values: list[str] = field(default_factory=list)
    taps: list[str] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)
    sums: int = 0
    blocks: int = 0
    steps: int = 0
    bit_rows: Counter[int] = field(default_factory=Counter)
    plane_rows: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.slots = window_slots(self.netlist)
        self.weight_bits, self.sum_bytes = weight_bits(self.netlist), sum_bytes(self.netlist)
        self._numbers: dict[Value, int] = {}
        self._tap_numbers: dict[tuple[int, int, int], int] = {}
        for record in self.signals.records:
            self._collect(record)
        depths = [plane.depth for plane in self.signals.planes]
        self.wide = max(len(self._numbers), len(self._tap_numbers) - 1, *depths, 0) > 255
        self.runs = [(key, list(records)) for key, records in groupby(self.signals.records, _run_key)]
        self._offsets: dict[int, Counter[int]] = {}
        for (kind, _, _, flags), records in self.runs:
            self._run(kind, flags, records)
        self._write_values()
        for geometry, dy, dx in self._tap_numbers:
            self.taps += [f"{-dy}*W{geometry} & 65535" if dy else "0", str(dx & 0xFFFF)]

    def shape(self, image: Input) -> list[str]:
        """Return the table of sizes for an image."""
        netlist, stride = self.netlist, image.height * image.width
        rows, columns = netlist.rows.tolist(), netlist.columns.tolist()
        geometries = self.signals.geometries
        sizes = [len(netlist.bias), image.height, image.width, stride & 0xFFFF, stride >> 16, self.steps]
        sizes += [len(self.runs), int(self.wide), self.sum_bytes, self.weight_bits, max(self.slots) + 1]
        sizes += [len(rows), len(columns)]
        items = [*map(str, sizes), words(self.plane_rows), str(self.sums), str(self.blocks)]
        items.append(str(len(items) + 1 + 4 * len(geometries)))
        for g, geometry in enumerate(geometries):
            items += [f"W{g}", str(geometry.height), str(geometry.log_period), f"LBP_SPARE_BITS({geometry.width})"]
        for (start, end), slot in zip(rows, self.slots, strict=True):
            items += [str(start), str(end), str(slot)]
        return [*items, *(str(edge) for window in columns for edge in window)]

    def ram_bytes(self, word_bits: int) -> int:
        """Return the bytes of one image's scratch memory."""
        row_words = [-(-g.width // word_bits) for g in self.signals.geometries]
        planes = sum(row_words[g] * rows for g, rows in self.plane_rows.items())
        bits = max((row_words[g] * rows for g, rows in self.bit_rows.items()), default=1)
        return (max(planes, 1) + bits) * word_bits // 8 + self.sums * self.sum_bytes + 2 * max(self.blocks, 1)

    @property
    def table_bytes(self) -> int:
        """Return the bytes of the constant tables."""
        halves = len(self.values) + len(self.taps) + len(self.signals.geometries) * 4 + 17
        halves += 3 * len(self.netlist.rows) + 2 * len(self.netlist.columns)
        return 2 * halves + self.wiring.size + len(self.weights) + 4 * len(self.netlist.bias)

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

    def _n(self, table: Bytes, value: int) -> None:
        if self.wide:
            table.u16(value)
        else:
            table.u8(value)

    def _run(self, kind: int, flags: int, records: list[Record]) -> None:
        first, body = records[0], Bytes()
        start = words(self.plane_rows)
        previous = 0
        for record in records:
            if isinstance(record.channel, ImageChannel | Shrunk) and kind != _POOL:
                previous = self._bytes_record(body, record, previous)
            else:
                self._record(body, kind, record)
            self._place(record)
        head = self.wiring
        for byte in (kind, first.geometry, flags):
            head.u8(byte)
        head.u16(first.lag)
        head.u16(words(Counter({first.geometry: first.lag})))
        head.u16(len(records))
        head.u16(body.size)
        head.u16(start)
        if flags & _POOLED:
            self._pooled_run(records)
        head.extend(body)

    def _pooled_run(self, records: list[Record]) -> None:
        """Write where a run's sums and weights lie, and the weights: window rows, classes, maps, window columns."""
        classes, rows, columns = len(self.netlist.bias), len(self.netlist.rows), len(self.netlist.columns)
        weights = self.netlist.weights.reshape(classes, -1, rows, columns)
        places = [self.netlist.pooled.index(record.index) for record in records]
        blocks = [
            pack_weights(weights[:, places, i].reshape(classes, len(places) * columns), self.weight_bits)
            for i in range(rows)
        ]
        self.wiring.u16(self.sums & 0xFFFF)
        self.wiring.u32(len(blocks[0]))
        self.wiring.u32(len(self.weights))
        self.weights += b"".join(blocks)
        self.sums += len(records) * columns * (max(self.slots) + 1)
        geometry = self.signals.geometries[records[0].geometry]
        self.steps = max(self.steps, (records[0].lag + geometry.height) << geometry.log_period)

    def _place(self, record: Record) -> None:
        for number in record.planes:
            plane = self.signals.planes[number]
            self._offsets[number] = self.plane_rows.copy()
            self.plane_rows[plane.geometry] += plane.depth
        bits = {ImageChannel: 1, Shrunk: 1}.get(type(record.channel), len(record.planes))
        if isinstance(record.channel, Coded):
            bits = max(bits, len(record.channel.bits))
        self.bit_rows[record.geometry] = max(self.bit_rows[record.geometry], bits, 1)

    def _depth(self, record: Record) -> int:
        """Return the rows kept of a record's planes: all the same, since they are read together."""
        depth = max(self.signals.planes[p].depth for p in record.planes)
        for number in record.planes:
            self.signals.planes[number].depth = depth
        return depth

    def _bytes_record(self, to: Bytes, record: Record, previous: int) -> int:
        channel = record.channel
        if isinstance(channel, Shrunk):
            source = self.netlist.channels[channel.source]
            index = source.index if isinstance(source, ImageChannel) else 0
            to.u16(index - previous)
            to.u8(channel.factor.bit_length() - 1)
            to.u16(self.blocks & 0xFFFF)
            width = self.signals.geometries[record.geometry].width
            to.u16(width)
            self.blocks += width
        else:
            index = channel.index if isinstance(channel, ImageChannel) else 0
            to.u16(index - previous)
        self._n(to, self._depth(record))
        return index

    def _record(self, to: Bytes, kind: int, record: Record) -> None:
        channel = record.channel
        if kind == _POOL:
            self._n(to, self._number(record.index))
        elif kind == _KERNEL:
            self._kernel(to, record)
        elif isinstance(channel, Compared):
            self._compare(to, channel)
            self._n(to, self._depth(record))
        elif isinstance(channel, Largest):
            value = self.signals.values[channel.source]
            self._n(to, self._number(channel.source))
            to.u16(words(Counter({value.geometry: 2 * record.lag - value.lag})))
            to.u16(words(Counter({value.geometry: 1})))
            self._n(to, self._depth(record))
        elif isinstance(channel, Constant):
            to.u8(channel.value)
            self._n(to, self._depth(record))

    def _compare(self, to: Bytes, channel: Compared) -> None:
        geometry = self.signals.values[channel.source].geometry
        self._n(to, self._number(channel.source))
        self._n(to, self._tap_numbers[geometry, channel.dy, channel.dx])

    def _kernel(self, to: Bytes, record: Record) -> None:
        channel = record.channel
        if not isinstance(channel, Coded):  # a bit that is summed and nothing else
            channel = Coded("pack", (record.index,), 0, 0)
        code, parameter = _code(channel)
        to.u8(code)
        to.u8(len(channel.bits))
        if code >= _FLOOR:
            to.u8(code_planes(channel))
            to.u16(parameter)
        if record.planes:
            self._n(to, self._depth(record))
        for bit in channel.bits:
            self._point(to, bit, record)

    def _point(self, to: Bytes, bit: int, record: Record) -> None:
        made = self.netlist.channels[bit]
        if bit not in self.signals.values and isinstance(made, Compared):
            self._compare(to, made)
            return
        number = self.signals.values[bit].planes[0]
        plane = self.signals.planes[number]
        self._n(to, 0)
        to.u16(words(self._offsets[number] + Counter({plane.geometry: record.lag - plane.lag})))

    def _write_values(self) -> None:
        at = len(self._numbers) + 1
        positions, descriptions = ["0"], []
        for value in self._numbers:
            positions.append(str(at))
            at += 2 + len(value.planes)
            descriptions.append(str(len(value.planes) | value.gated << 8))
            descriptions.append(words(Counter({value.geometry: value.lag})))
            for number in value.planes:
                late = value.lag - self.signals.planes[number].lag
                descriptions.append(words(self._offsets[number] + Counter({value.geometry: late})))
        self.values = positions + descriptions


def _code(channel: Coded) -> tuple[int, int]:
    if channel.code == "count":
        return _COUNT, 0
    if channel.code == "threshold":
        return _LIMIT, channel.limit
    if is_wiring(channel):
        return (_GATED if channel.floor else _PACK), 0
    return _FLOOR, channel.floor


def _run_key(record: Record) -> tuple[int, int, int, int]:
    kinds: dict[type[Channel], int] = {ImageChannel: _IMAGE, Shrunk: _SHRINK, Constant: _FILL, Largest: _LARGEST}
    kind = kinds.get(type(record.channel), _KERNEL)
    if record.summed_only:
        kind = _POOL
    elif isinstance(record.channel, Compared) and not record.pooled:
        kind = _COMPARE
    flags = (_STORED if record.planes else 0) | (_POOLED if record.pooled else 0)
    return kind, record.geometry, record.lag, flags
