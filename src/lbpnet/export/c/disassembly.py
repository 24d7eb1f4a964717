"""Reads a linked firmware's instructions: it must hold no multiplication, no division and no floating point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import VerificationError
from .boards import Board
from .run_tool import run_tool

# Arm's mul, mla, mls, smull, umlal, smulbb, smmla, smuad, smlsd...; RISC-V's mul, mulh, mulhsu, mulhu; AVR's fmul...
_MULTIPLY = re.compile(r"f?mul|ml[as]|[us]m(u|l|m|aa)")
_DIVIDE = re.compile(r"[us]?div|remu?$")
# Arm's start with v; RISC-V's have a dot after a name in f, or load and store; "fence" orders memory.
_FLOAT = re.compile(r"v[a-z]+|f(?!ence|mul)[a-z]+(\.|$)|c\.f")
# libgcc's, the Arm ABI's and libm's: __mulsi3, __umulhisi3, __aeabi_fmul, __divmodhi4, __addsf3, __floatsisf.
_LIBRARY = re.compile(
    r"__u?mul|__u?(div|mod)|__aeabi_([df]|l?mul|u?[il]div|[iul]+2[df])|__\w+[sdt]f\d?$|__float|__fix|__fp_|"
    r"(mem(cpy|set|move|cmp)|malloc|calloc|realloc|free|printf)$"
)
_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(?:[0-9a-f]{2,8} ?)+\s*\t([a-z][\w.]*)")
_HEADING = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_UNDEFINED = re.compile(r"^[0-9a-f]+ .*\*UND\*\t[0-9a-f]+ (\S+)$")
_OBJECT = re.compile(r"^([0-9a-f]+) .{6}O \.text\t([0-9a-f]+) ")


@dataclass(frozen=True)
class Scan:
    """What was read: how many instructions and functions, and those of them that are forbidden ("what in where")."""

    instructions: int
    symbols: int
    forbidden: tuple[str, ...]


def scan(board: Board, elf: Path) -> Scan:
    """Read every instruction and the name of every function of a linked firmware or an object file.

    Raises:
        MissingToolError: the board's objdump is not installed.
        VerificationError: its output holds no instruction.
    """
    listing = run_tool([f"{board.prefix}objdump", "-t", "-d", str(elf)], board.compiler.package)
    return read_listing(listing)


def read_listing(listing: str) -> Scan:
    """Read what objdump -t -d printed: see `scan`. Tables in flash among the code (AVR's progmem) are left out."""
    lines = listing.splitlines()
    tables = [(int(found[1], 16), int(found[2], 16)) for line in lines if (found := _OBJECT.match(line))]
    called = [found[1] for line in lines if (found := _UNDEFINED.match(line))]
    forbidden = [f"library function {name}" for name in called if _LIBRARY.match(name)]
    instructions, symbols, function = 0, 0, "?"
    for line in lines:
        if heading := _HEADING.match(line):
            function = heading[1]
            symbols += 1
            if _LIBRARY.match(function):
                forbidden.append(f"library function {function}")
        elif instruction := _INSTRUCTION.match(line):
            address = int(instruction[1], 16)
            if any(start <= address < start + size for start, size in tables):
                continue
            instructions += 1
            if kind := forbidden_kind(instruction[2]):
                forbidden.append(f"{kind} {instruction[2]} in {function}")
    if instructions == 0:
        raise VerificationError("objdump printed no instruction: expected a listing of GNU binutils")
    return Scan(instructions, symbols, tuple(forbidden))


def forbidden_kind(mnemonic: str) -> str | None:
    """Return "multiplication", "division" or "floating point" for the name of such an instruction."""
    for kind, pattern in (("multiplication", _MULTIPLY), ("division", _DIVIDE), ("floating point", _FLOAT)):
        if pattern.match(mnemonic):
            return kind
    return None
