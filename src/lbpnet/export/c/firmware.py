"""Builds the proof firmware of an exported network for a board, and tells what it occupies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .boards import SOURCES, Board
from .run_tool import run_tool

_WARNINGS = ("-Wall", "-Wextra", "-Werror")
# The last one keeps gcc from making calls of memset and memcpy out of loops.
FLAGS = (
    "-std=c99",
    "-O2",
    *_WARNINGS,
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-tree-loop-distribute-patterns",
    "-fno-jump-tables",
)
LINK = ("-Wl,--gc-sections", "-Wl,--fatal-warnings")


@dataclass(frozen=True)
class Firmware:
    """A linked firmware.

    Attributes:
        elf: the file.
        flash: bytes of code, constants and initial values, all of it.
        network_flash: the same of the network's own files.
        static_ram: bytes of variables, with the image, or a row of it, and the scores.
    """

    elf: Path
    flash: int
    network_flash: int
    static_ram: int


def build_firmware(
    board: Board,
    name: str,
    sources: Sequence[Path],
    build: Path,
    flags: Sequence[str] = (),
) -> Firmware:
    """Compile a network's sources with a board's firmware.

    Args:
        board: what to build for.
        name: of the network: its header is NAME.h beside the first source.
        sources: C files of the network.
        build: folder for what is built.
        flags: compiler options that come last, such as another level of optimisation.

    Raises:
        MissingToolError: the board's compiler is not installed.
        VerificationError: it refuses the sources, or they do not fit the board; the message is the compiler's.
    """
    build.mkdir(parents=True, exist_ok=True)
    defines = [f'-DLBP_HEADER="{name}.h"', f"-DLBP_NAME={name}", *(["-DLBP_ROW_BY_ROW"] if board.row_by_row else [])]
    options = (*board.machine, *FLAGS, f"-I{sources[0].parent.resolve()}", *defines, *flags)
    network = [_compile(board, source, build, options) for source in sources]
    parts = [SOURCES / part for part in ("firmware.c", *board.sources)]
    objects = [*network, *(_compile(board, part, build, options) for part in parts)]
    elf = build / "firmware.elf"
    command = [board.compiler.command, *board.machine, *LINK, *_layout(board), *map(str, objects), "-o", str(elf)]
    run_tool(command, board.compiler.package)
    flash, static = _sections(board, elf)
    return Firmware(elf, flash, _sections(board, *network)[0], static)


def _layout(board: Board) -> list[str]:
    """Return the linker's options for a board's memory."""
    if board.script is None:
        # avr-libc's own script; what the firmware calls low and high is its end of bss and of RAM.
        symbols = ("board_stack_low=_end", f"board_stack_high=0x{0x800100 + board.ram:x}")
        return [f"-Wl,--defsym={symbol}" for symbol in symbols]
    sizes = (f"board_flash={board.flash}", f"board_ram={board.ram}")
    return [
        "-nostdlib",  # a call of any library function is an undefined symbol
        *(f"-Wl,--defsym={size}" for size in sizes),
        f"-L{SOURCES}",
        f"-T{SOURCES / board.script}",
    ]


def _compile(board: Board, source: Path, build: Path, options: Sequence[str]) -> Path:
    target = build / f"{source.stem}.o"
    command = [board.compiler.command, *options, "-c", str(source.resolve()), "-o", str(target)]
    run_tool(command, board.compiler.package)
    return target


def _sections(board: Board, *paths: Path) -> tuple[int, int]:
    """Return bytes in flash (code, constants, initial values) and in RAM (variables)."""
    package = board.compiler.package
    lines = run_tool([f"{board.prefix}size", *map(str, paths)], package).splitlines()[1:]
    rows = [[int(field) for field in line.split()[:3]] for line in lines]
    return sum(text + data for text, data, _ in rows), sum(data + bss for _, data, bss in rows)
