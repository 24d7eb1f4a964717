"""The scan finds what it forbids, on every board, and nothing where there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.disassembly import forbidden_kind, scan
from lbpnet.export.c.run_tool import run_tool

CLEAN = """#include <stdint.h>
static const uint8_t table[4] = {0x9c, 0x01, 0xfb, 0x00};
int32_t f(int32_t a, int32_t b) { return ((a << 2) + (b ^ table[a & 3]) - (a & b)) >> 1; }
"""
PLANTED = {
    "multiply": "long f(long a, long b) { return a * b; }",
    "multiply short": "short f(short a, short b) { return a * b; }",
    "divide": "long f(long a, long b) { return a / b; }",
    "float": "float f(float a, float b) { return a + b; }",
    "double": "double f(double a, double b) { return a * b; }",
    "float of int": "float f(long a) { return a; }",
}
MNEMONICS = {
    "multiplication": "mul muls mulsu fmul fmulsu mulh mulhsu mulhu mla mls smull umlal smulbb smlad smmla smuad umaal",
    "division": "sdiv udiv div divu rem remu",
    "floating point": "vadd.f32 vldr vmov vmul.f32 fadd.s fmadd.d flw fsd fcvt.w.s c.flw",
    None: "mov movs fence fence.i and asrs lsls sub sbci usad8 uxtb sxth ldr ldd lpm slli csrr bne",
}


def compiled(board: str, folder: Path, source: str) -> Path:
    file = folder / "planted.c"
    file.write_text(source, encoding="utf-8")
    compiler = BOARDS[board].compiler
    command = [compiler.command, *BOARDS[board].machine, "-Os", "-c", "-o", "planted.o", file.name]
    run_tool(command, compiler.package, folder)
    return folder / "planted.o"


@pytest.mark.parametrize("board", BOARDS)
def test_planted_operations_are_found_and_clean_code_passes(board: str, tmp_path: Path) -> None:
    found = {name: scan(BOARDS[board], compiled(board, tmp_path, source)) for name, source in PLANTED.items()}
    assert len(found) == 6
    assert [name for name, result in found.items() if not result.forbidden] == []
    clean = scan(BOARDS[board], compiled(board, tmp_path, CLEAN))
    assert clean.instructions >= 5
    assert clean.symbols == 1
    assert clean.forbidden == ()


def test_mnemonics_are_told_apart() -> None:
    told = [(kind, name, forbidden_kind(name)) for kind, names in MNEMONICS.items() for name in names.split()]
    assert len(told) == 51
    assert [entry for entry in told if entry[0] != entry[2]] == []
