"""The boards that exported C is proved on: compiler, memory, simulator, what its counter counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ...errors import ExportError

SOURCES = Path(__file__).parent / "boards"
"""The hand-written firmware."""


@dataclass(frozen=True)
class Tool:
    """A program and the apt package that brings it."""

    command: str
    package: str


@dataclass(frozen=True)
class Board:
    """A microcontroller in a simulator.

    Attributes:
        name: of `lbpnet verify --board`.
        title: for people.
        prefix: of the names of its binutils.
        compiler: its gcc.
        machine: options of both compiling and linking.
        sources: files of `boards/` that are its part of the firmware.
        script: linker script of `boards/`, or none where the C library brings one.
        flash, ram: bytes; the linker refuses a firmware that needs more.
        simulator: what runs it.
        arguments: of the simulator; the firmware's path follows.
        unit: what its counter counts, "instructions" or "cycles".
        tick: how many of them a step of its counter is.
        tick_bits: after how many bits the counter wraps.
        megahertz: the clock that times are told for.
        cycles_per_instruction: the assumption behind these times; 1 where cycles are counted.
        row_by_row: whether its RAM holds a row of an image at a time, not the whole.
    """

    name: str
    title: str
    prefix: str
    compiler: Tool
    machine: tuple[str, ...]
    sources: tuple[str, ...]
    script: str | None
    flash: int
    ram: int
    simulator: Tool
    arguments: tuple[str, ...]
    unit: str
    tick: float
    tick_bits: int
    megahertz: int
    cycles_per_instruction: float
    row_by_row: bool = False


_ARM = Tool("arm-none-eabi-gcc", "gcc-arm-none-eabi")
_QEMU_ARM = Tool("qemu-system-arm", "qemu-system-arm")
_SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")
# With shift=0 an instruction takes one nanosecond of the simulated clocks, whatever it is.
_QEMU = ("-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "none", *_SEMIHOSTING, "-kernel")
_THUMB = ("-mthumb", "-mfloat-abi=soft", "-ffreestanding")
_RV32I = "rv32,m=off,a=off,f=off,d=off,c=off"

BOARDS: Mapping[str, Board] = MappingProxyType(
    {
        board.name: board
        for board in (
            Board(
                name="cortex-m0",
                title="Cortex-M0 (QEMU microbit)",
                prefix="arm-none-eabi-",
                compiler=_ARM,
                machine=("-mcpu=cortex-m0", *_THUMB),
                sources=("cortex_m.c", "semihosting.c"),
                script="cortex_m.ld",
                flash=256 << 10,
                ram=16 << 10,
                simulator=_QEMU_ARM,
                arguments=("-M", "microbit", *_QEMU),
                unit="instructions",
                tick=1000 / 16,  # SysTick at 16 MHz
                tick_bits=24,
                megahertz=48,
                cycles_per_instruction=1.4,
            ),
            Board(
                name="cortex-m3",
                title="Cortex-M3 (QEMU mps2-an385)",
                prefix="arm-none-eabi-",
                compiler=_ARM,
                machine=("-mcpu=cortex-m3", *_THUMB),
                sources=("cortex_m.c", "semihosting.c"),
                script="cortex_m.ld",
                flash=256 << 10,
                ram=16 << 10,
                simulator=_QEMU_ARM,
                arguments=("-M", "mps2-an385", *_QEMU),
                unit="instructions",
                tick=1000 / 25,  # SysTick at 25 MHz
                tick_bits=24,
                megahertz=48,
                cycles_per_instruction=1.4,
            ),
            Board(
                name="atmega328p",
                title="ATmega328P (simavr)",
                prefix="avr-",
                compiler=Tool("avr-gcc", "gcc-avr"),
                machine=("-mmcu=atmega328p",),
                sources=("atmega328p.c",),
                script=None,
                flash=32 << 10,
                ram=2 << 10,
                simulator=Tool("simulate_avr", "libsimavr-dev"),
                arguments=(),
                unit="cycles",
                tick=1,
                tick_bits=32,
                megahertz=16,
                cycles_per_instruction=1,
                row_by_row=True,
            ),
            Board(
                name="rv32i",
                title="RV32I (QEMU virt)",
                prefix="riscv64-unknown-elf-",
                compiler=Tool("riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
                machine=("-march=rv32i_zicsr", "-mabi=ilp32", "-ffreestanding"),
                sources=("rv32i.c", "semihosting.c"),
                script="rv32i.ld",
                flash=256 << 10,
                ram=16 << 10,
                simulator=Tool("qemu-system-riscv32", "qemu-system-misc"),
                arguments=("-M", "virt", "-cpu", _RV32I, "-bios", "none", *_QEMU),
                unit="instructions",
                tick=1,
                tick_bits=32,
                megahertz=48,
                cycles_per_instruction=1.4,
            ),
        )
    }
)


def find_board(name: str) -> Board:
    """Return the board of a name.

    Raises:
        ExportError: there is none.
    """
    if name not in BOARDS:
        raise ExportError(f"no board '{name}': expected one of {', '.join(BOARDS)}")
    return BOARDS[name]
