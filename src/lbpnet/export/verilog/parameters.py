"""The parameters of `rtl/lbp_core.v` for a schedule, and the words of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...program import Program
from ...program.netlist import Coded, Compared, Largest, Netlist, Shrunk
from .code import Instruction, Op, assemble, side_widths
from .hidden import assemble_hidden, largest_output, largest_units
from .schedule import Schedule


@dataclass(frozen=True)
class Packed:
    """A parameter of many fields: a number of so many bits, written in hexadecimal."""

    width: int
    value: int


Parameters = dict[str, int | Packed]


@dataclass(frozen=True)
class Words:
    """A table: its words, and the bits of each."""

    width: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class Design:
    """What a generated top sets in the core."""

    parameters: Parameters
    code: Words
    weights: Words
    steps: Words | None
    """Of the layers that read hidden units, where there are any."""


def design(program: Program, plan: Schedule) -> Design:
    """Return parameters and tables."""
    code = assemble(plan)
    pooled = [row.name for row in plan.maps if row.pool]
    image = _image(program, plan)
    maps = _maps(plan, code)
    head = _head(plan, pooled)
    pool = _pool(plan, pooled, maps["COUNT"])
    hidden = _hidden(plan, head[0])
    parameters: Parameters = {**image, **maps, **pool, **head[0], **hidden[0]}
    return Design(parameters, _code_words(code, maps, _amounts(plan)), head[1], hidden[1])


def bits(value: int) -> int:
    """Return the bits of a number from 0 to `value`, at least one."""
    return max(value.bit_length(), 1)


def signed_bits(low: int, high: int) -> int:
    """Return the bits of two's complement that hold `low` to `high`."""
    return max(bits(high) if high > 0 else 0, (-low - 1).bit_length() if low < 0 else 0) + 1


def pack(fields: Sequence[int], width: int) -> Packed:
    """Return fields of `width` bits each, the first lowest; negative ones in two's complement."""
    value = 0
    for index, part in enumerate(fields):
        value |= (part & ((1 << width) - 1)) << (index * width)
    return Packed(width * len(fields), value)


def _image(program: Program, plan: Schedule) -> Parameters:
    image = program.input
    sources = [(s.channel, s.log, plan.bases[s.name]) for s in plan.sources] or [(0, 0, 0)]
    return {
        "IMAGE_CHANNELS": image.channels,
        "IMAGE_WIDTH": image.width,
        "IMAGE_HEIGHT": image.height,
        "XBITS": max(bits(image.width - 1), 2),
        "YBITS": max(bits(image.height - 1), 2),
        "SOURCES": len(sources),
        "SOURCE_CHANNEL": pack([channel for channel, _, _ in sources], 32),
        "SOURCE_LOG": pack([log for _, log, _ in sources], 32),
        "SOURCE_BASE": pack([base for _, _, base in sources], 32),
        "SOURCE_WORDS": -(-8 // plan.word),
    }


def _amounts(plan: Schedule) -> list[int]:
    dxs = {channel.dx for channel in plan.netlist.channels if isinstance(channel, Compared)}
    return sorted(dxs | {0})


def _maps(plan: Schedule, code: Sequence[Instruction]) -> dict[str, int | Packed]:
    netlist, amounts = plan.netlist, _amounts(plan)
    used = {row.name for row in plan.maps}
    coded = [channel for channel in netlist.channels if isinstance(channel, Coded)]
    lengths = [len(channel.bits) if channel.code == "pack" else bits(len(channel.bits)) for channel in coded]
    rows = max([*lengths, *(plan.planes(name) for name in used)], default=1)
    levels = [channel.limit if channel.code == "threshold" else channel.floor for channel in coded]
    level = max(rows, bits(max(levels, default=0)))
    dys = [channel.dy for channel in netlist.channels if isinstance(channel, Compared)]
    dy = signed_bits(min(dys, default=0), max(dys, default=0))
    heights = [netlist.sides[name][0] for name in {*used, *plan.bases}]
    row = max(bits(max(heights, default=1)), dy)
    count = bits(max((plan.words(name) for name in {*used, *plan.bases}), default=1) - 1)
    address = max(bits(plan.depth - 1), row + 2)
    widths = side_widths(plan)
    side = bits(len(widths) - 1)
    value = max(row, side, 2, level, count)
    dx = bits(len(amounts) - 1)
    ops = {instruction.op for instruction in code}
    loaded = sum(netlist.sides[source.name][0] * plan.words(source.name) for source in plan.sources)
    return {
        "LANES": plan.lanes,
        "WORD": plan.word,
        "DEPTH": max(plan.depth, (1 << address - 1) + 1),
        "ADDRESS": address,
        "MAPS_BASE": loaded if any(made.store for made in plan.maps) else 0,
        "PLANES": rows,
        "COUNT": count,
        "CODE": max(4 + count + dx + dy + address, 7 + value),
        "LENGTH": max(len(code), 2),
        "PC": bits(max(len(code), 2) - 1),
        "DXS": len(amounts),
        "DX": dx,
        "AMOUNTS": pack(amounts, 8),
        "DY": dy,
        "ROW": row,
        "VALUE": value,
        "LEVEL": level,
        "INDEX": bits(max(rows, *(len(channel.bits) for channel in coded)) - 1 if coded else rows - 1),
        "SIDES": len(widths),
        "SIDE": side,
        "SIDE_MASKS": pack([(1 << width) - 1 for width in widths], plan.lanes),
        "HAS_COUNT": int(any(channel.code != "pack" for channel in coded)),
        "HAS_THRESHOLD": int(any(channel.code == "threshold" for channel in coded)),
        "HAS_COPY": int(Op.COPY in ops),
        "HAS_LARGEST": int(Op.LARGEST in ops),
    }


def _pool(plan: Schedule, pooled: Sequence[int], count: int | Packed) -> Parameters:
    netlist = plan.netlist
    height = netlist.sides[pooled[0]][0] if pooled else 1
    rows, columns = netlist.rows, netlist.columns
    inside = [[int(top <= y < bottom) for top, bottom in rows.tolist()] for y in range(height)]
    costs = [max(sum(windows) * len(columns) - 1, 0) for windows in inside]
    cost = max(bits(max(costs)), int(count if isinstance(count, int) else 0) + 1)
    masks = [((1 << right) - 1) ^ ((1 << left) - 1) for left, right in columns.tolist()]
    return {
        "POOL_PLANES": max((plan.planes(name) for name in pooled), default=1),
        "POOL_HEIGHT": height,
        "POOL_ROWS": len(rows),
        "POOL_COLUMNS": len(columns),
        "COLUMN": bits(len(columns) - 1),
        "ONES": bits(plan.lanes),
        "ACTIVE": pack([bit for windows in inside for bit in windows], 1),
        "MASKS": pack(masks, plan.lanes),
        "COST": cost,
        "COSTS": pack(costs, cost),
    }


def _head(plan: Schedule, pooled: Sequence[int]) -> tuple[Parameters, Words]:
    """Return the head's parameters as without hidden units, and the weights in order of evaluation.

    A word of weights has one of each class, or of each hidden unit.
    """
    netlist = plan.netlist
    classes, windows = len(netlist.bias), len(netlist.rows) * len(netlist.columns)
    weights = netlist.weights.reshape(classes, len(netlist.pooled), windows)
    order = [netlist.pooled.index(name) for name in pooled]
    table = weights[:, order].reshape(classes, -1).T.tolist()
    features = [*table, *[[0] * classes] * (2 - len(table))]
    weight = max(signed_bits(int(weights.min()), int(weights.max())), 2)
    sum_bits = max((plan.planes(name) for name in pooled), default=1) + bits(plan.lanes)
    reach = int((np.abs(netlist.weights) @ _largest(netlist) + np.abs(netlist.bias)).max())
    score = max(signed_bits(-reach, reach), weight + sum_bits + 1)
    parameters: Parameters = {
        "FEATURES": len(features),
        "FEATURE": bits(len(features) - 1),
        "WEIGHT": weight,
        "CLASSES": classes,
        "CLASS": bits(classes - 1),
        "SCORE": score,
        "BIASES": pack(netlist.bias.tolist(), score),
    }
    return parameters, Words(classes * weight, tuple(pack(row, weight).value for row in features))


def _hidden(plan: Schedule, head: Parameters) -> tuple[Parameters, Words | None]:
    """Return what changes and is added by hidden units, nothing without them, and the table of steps."""
    netlist, layers = plan.netlist, plan.netlist.layers
    if not layers:
        return {}, None
    (unit,) = _ints(head, "SCORE")
    reach = largest_output(layers, largest_units(netlist.weights, netlist.bias, _largest(netlist)))
    score = max(signed_bits(-reach, reach), unit)
    steps = assemble_hidden(layers, score)
    parameters: Parameters = {
        "CLASSES": netlist.classes,
        "CLASS": bits(netlist.classes - 1),
        "SCORE": score,
        "UNITS": len(netlist.bias),
        "UNIT": unit,
        "STEPS": len(steps),
        "STEP": bits(len(steps) - 1),
        "LAYERS": len(layers),
        "LAYER": bits(len(layers) - 1),
        "SIZES": pack([layer.weights.shape[1] for layer in layers], 16),
    }
    return parameters, Words(3, tuple(int(step) for step in steps))


def _largest(netlist: Netlist) -> NDArray[np.int64]:
    """Return the largest value of each pooled sum."""
    areas = np.outer(np.diff(netlist.rows, axis=1), np.diff(netlist.columns, axis=1)).reshape(-1)
    highs = np.array([_high(netlist, name) for name in netlist.pooled])
    return np.outer(highs, areas).reshape(-1).astype(np.int64)


def _high(netlist: Netlist, name: int) -> int:
    channel = netlist.channels[name]
    if isinstance(channel, Largest | Shrunk):
        return _high(netlist, channel.source)
    return netlist.highs[name]


def _code_words(code: Iterable[Instruction], maps: Mapping[str, int | Packed], amounts: list[int]) -> Words:
    width, count, dx, dy = (int(value) for value in _ints(maps, "CODE", "COUNT", "DX", "DY"))
    words: list[int] = []
    for instruction in code:
        word = instruction.op | instruction.last << 3 | instruction.first << 4
        if instruction.op == Op.SET:
            word |= instruction.base << 7
        elif instruction.op < Op.START:
            shifts = (amounts.index(instruction.dx), instruction.dy & ((1 << dy) - 1), instruction.base)
            places = (4 + count, 4 + count + dx, 4 + count + dx + dy)
            word |= sum(shift << place for shift, place in zip(shifts, places, strict=True))
        words.append(word)
    words += [int(Op.HALT)] * (2 - len(words))
    return Words(width, tuple(words))


def _ints(maps: Mapping[str, int | Packed], *names: str) -> list[int]:
    values = [maps[name] for name in names]
    return [value for value in values if isinstance(value, int)]
