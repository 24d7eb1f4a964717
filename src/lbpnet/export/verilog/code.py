"""The sequencer's table of instructions: see `rtl/lbp_sequencer.v`, whose numbers these are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ...program.netlist import Coded, Compared, Constant, Largest
from .schedule import Map, Schedule, is_inline

PIPELINE = 8
"""Clocks, at most, from the read that completes a row to the moment another may read that row."""


class Op(IntEnum):
    """What an instruction does."""

    COMPARE = 0
    BIT = 1
    CONSTANT = 2
    COPY = 3
    LARGEST = 4
    START = 5
    SET = 6
    HALT = 7


class Register(IntEnum):
    """What SET changes."""

    HEIGHT = 0
    STRIDE = 1
    SIDE = 2
    MODE = 3
    LEVEL = 4
    LAST = 5


COUNTING, THRESHOLD = 1, 2


@dataclass(frozen=True)
class Instruction:
    """One instruction; fields that its op does not have are zero.

    Attributes:
        first: words - 1, or a constant's bit, or a register, or flags of START: store 1, pool 2, wait 4.
        base: address, or SET's value.
    """

    op: Op
    first: int = 0
    dx: int = 0
    dy: int = 0
    base: int = 0
    last: bool = False


def assemble(plan: Schedule) -> list[Instruction]:
    """Return the instructions of a schedule; `dx` and `dy` are pixels."""
    code: list[Instruction] = []
    registers: dict[Register, int] = {}
    ready: dict[int, int] = {}  # clock, at the earliest, at which the last row of a stored map is asked to be written
    clock = 0
    widths = side_widths(plan)
    for row in plan.maps:
        for register, value in _settings(plan, row, widths).items():
            if registers.get(register) != value:
                registers[register] = value
                code.append(Instruction(Op.SET, first=register, base=value))
        body = _body(plan, row)
        height = plan.netlist.sides[row.name][0]
        wait = any(clock < ready.get(name, 0) for name in _reads(plan, row.name))
        code.append(Instruction(Op.START, first=row.store + 2 * row.pool + 4 * wait))
        code += body
        clock += height * len(body)
        if row.store:
            ready[row.name] = clock + PIPELINE + plan.words(row.name)
    return [*code, Instruction(Op.HALT)]


def side_widths(plan: Schedule) -> list[int]:
    """Return the widths of maps, pixels: SET SIDE chooses among them."""
    return sorted({plan.netlist.sides[row.name][1] for row in plan.maps}) or [plan.lanes]


def _settings(plan: Schedule, row: Map, widths: list[int]) -> dict[Register, int]:
    channel = plan.netlist.channels[row.name]
    height, width = plan.netlist.sides[row.name]
    coded = channel if isinstance(channel, Coded) else Coded("pack", (), 0, 0)
    threshold = coded.code == "threshold"
    settings = {
        Register.HEIGHT: height,
        Register.SIDE: widths.index(width),
        Register.MODE: COUNTING * (coded.code != "pack") + THRESHOLD * threshold,
        Register.LEVEL: coded.limit if threshold else coded.floor,
    }
    long = [name for name in _reads(plan, row.name) if plan.words(name) > 1]
    if long:
        settings[Register.STRIDE] = plan.netlist.sides[long[0]][0]
    if row.store:
        settings[Register.LAST] = plan.words(row.name) - 1
    return settings


def _reads(plan: Schedule, name: int) -> list[int]:
    """Return the stored channels that a map reads."""
    channel = plan.netlist.channels[name]
    if isinstance(channel, Compared | Largest):
        return [channel.source]
    if isinstance(channel, Coded):
        direct = [bit for bit in channel.bits if bit in plan.bases]
        return direct + [source for bit in channel.bits if is_inline(plan, bit) for source in _reads(plan, bit)]
    return [name]


def _body(plan: Schedule, row: Map) -> list[Instruction]:
    """Return the instructions of one row."""
    channel = plan.netlist.channels[row.name]
    if isinstance(channel, Coded):
        body = [_bit(plan, bit) for bit in channel.bits]
    elif isinstance(channel, Compared):
        body = [_compare(plan, channel)]
    else:
        source = channel.source if isinstance(channel, Largest) else row.name
        words = plan.words(source)
        highest = plan.bases[source] + (words - 1) * plan.netlist.sides[source][0]
        op = Op.LARGEST if isinstance(channel, Largest) else Op.COPY
        body = [Instruction(op, first=words - 1, base=highest)]
    last = body[-1]
    return [*body[:-1], Instruction(last.op, last.first, last.dx, last.dy, last.base, last=True)]


def _bit(plan: Schedule, name: int) -> Instruction:
    channel = plan.netlist.channels[name]
    if isinstance(channel, Constant):
        return Instruction(Op.CONSTANT, first=channel.value)
    if isinstance(channel, Compared) and is_inline(plan, name):
        return _compare(plan, channel)
    return Instruction(Op.BIT, base=plan.bases[name])


def _compare(plan: Schedule, channel: Compared) -> Instruction:
    words = plan.words(channel.source)
    return Instruction(Op.COMPARE, words - 1, channel.dx, channel.dy, plan.bases[channel.source])
