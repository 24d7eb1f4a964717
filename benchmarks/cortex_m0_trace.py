"""Cycles of one image on a Cortex-M0, by Arm's table of instruction timings, and where its instructions go.

QEMU counts instructions; it knows no pipeline. Here it writes down each one that runs, and each is given its cycles of
"Cortex-M0 Technical Reference Manual" r0p0, table 3-1 (memory without wait states).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.firmware import Firmware
from lbpnet.export.c.run_tool import run_tool

_BOARD = BOARDS["cortex-m0"]
_TRACED = re.compile(rb"\[[0-9a-f]+/([0-9a-f]+)/")
_LISTED = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{4} ?)+)\s*\t([a-z]\S*)(?:\t([^@]*))?")
_CONDITIONAL = re.compile("b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$")


@dataclass(frozen=True)
class Trace:
    """What one call of NAME_predict took.

    Attributes:
        instructions: how many ran.
        cycles: what they take by Arm's table.
        functions: instructions of each function, most first.
        lines: instructions at each address, and the line of the listing.
    """

    instructions: int
    cycles: int
    functions: list[tuple[str, int]]
    lines: list[tuple[int, str]]


def trace(firmware: Firmware, name: str, image: NDArray[np.uint8]) -> Trace:
    """Run one image (C, H, W) on the simulated board and add up what each instruction takes."""
    folder = firmware.elf.parent / "trace"
    folder.mkdir(exist_ok=True)
    image.tofile(folder / "images.bin")
    log = folder / "trace.log"
    options = ["-singlestep", "-d", "exec,nochain", "-D", log.name]
    run_tool(
        [_BOARD.simulator.command, *options, *_BOARD.arguments, str(firmware.elf.resolve())],
        _BOARD.simulator.package,
        folder,
    )
    counters = np.array([int(pc, 16) for pc in _TRACED.findall(log.read_bytes())])
    log.unlink()
    listing = run_tool([f"{_BOARD.prefix}objdump", "-d", str(firmware.elf)], _BOARD.compiler.package).splitlines()
    starts = {found[2]: int(found[1], 16) for line in listing if (found := re.match(r"^([0-9a-f]+) <(.+)>:$", line))}
    first = int(np.flatnonzero(counters == starts[f"{name}_predict"])[0])
    last = first + int(np.flatnonzero(counters[first:] == starts["board_ticks"])[0])
    while counters[last - 1] >= starts["main"] and counters[last - 1] < starts["main"] + 0x200:
        last -= 1  # back in main, on the way to the counter
    return _add_up(counters[first : last + 1], listing, starts)


def _add_up(counters: NDArray[np.int64], listing: list[str], starts: dict[str, int]) -> Trace:
    ran = counters[:-1]
    instructions = {int(found[1], 16): found for line in listing if (found := _LISTED.match(line))}
    pairs = np.unique(np.stack([ran, np.diff(counters)]), axis=1, return_counts=True)
    cycles = 0
    at: Counter[int] = Counter()
    for (address, step), count in zip(pairs[0].T.tolist(), pairs[1].tolist(), strict=True):
        found = instructions[address]
        size = 2 * len(found[2].split())
        cycles += count * cycles_of(found[3], (found[4] or "").strip(), step != size)
        at[address] += count
    order = sorted((address, name) for name, address in starts.items())
    functions: Counter[str] = Counter()
    for address, count in at.items():
        functions[max(entry for entry in order if entry[0] <= address)[1]] += count
    lines = [(at[address], found[0]) for address, found in sorted(instructions.items()) if at[address]]
    return Trace(len(ran), cycles, functions.most_common(), lines)


def cycles_of(mnemonic: str, operands: str, jumped: bool) -> int:
    """Return the cycles of one ARMv6-M instruction on a Cortex-M0 with the single-cycle multiplier."""
    name = mnemonic.split(".")[0]
    if name in ("push", "pop", "ldmia", "stmia"):
        registers = _registers(operands)
        return 4 + registers if name == "pop" and "pc" in operands else 1 + registers
    if name.startswith(("ldr", "str")):
        return 2
    if name == "bl":
        return 4
    if name in ("b", "bx", "blx") or _CONDITIONAL.match(name):
        return 3 if jumped else 1
    if name in ("mrs", "msr", "dmb", "dsb", "isb"):
        return 4
    return 3 if jumped and name in ("mov", "add") else 1


def _registers(operands: str) -> int:
    """Return how many registers a list in braces names; objdump writes no ranges for Thumb."""
    inside = operands[operands.index("{") + 1 : operands.index("}")]
    return sum(
        1 if "-" not in part else int(part.split("-")[1].strip(" r")) - int(part.split("-")[0].strip(" r")) + 1
        for part in inside.split(",")
    )


def write_profile(path: Path, traced: Trace) -> None:
    """Write the listing with how often each instruction ran."""
    path.write_text("".join(f"{count:9,} {line}\n" for count, line in traced.lines), encoding="utf-8")
