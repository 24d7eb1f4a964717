"""Compilers make no product of exported C on the boards, whatever the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from exported_c import SCHEDULES, clean
from hidden_programs import fitting_hidden
from random_programs import Size, kinds, random_program

from lbpnet.export.c import write
from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.disassembly import Scan, scan
from lbpnet.export.c.firmware import FLAGS
from lbpnet.export.c.run_tool import run_tool
from lbpnet.export.c.verify import SMALL
from lbpnet.program import Program, SumPool, load_program

# avr-libc's headers are not for clang, and the schedule `planes` is not for an ATmega's RAM.
CLANG = {
    "cortex-m0": ("--target=thumbv6m-none-eabi", "-mcpu=cortex-m0", "-mfloat-abi=soft"),
    "cortex-m3": ("--target=thumbv7m-none-eabi", "-mcpu=cortex-m3", "-mfloat-abi=soft"),
    "rv32i": ("--target=riscv32", "-march=rv32i", "-mabi=ilp32"),
}
BUILDS = [("clang", board) for board in CLANG] + [("gcc", board) for board in BOARDS]
QUICK, MANY, HIDDEN = 4, 60, 2
FOURTEEN = 48  # a seed whose program adds up two windows of seven columns


def compile_and_scan(compiler: str, board: str, folder: Path, source: str, options: tuple[str, ...]) -> Scan:
    tool = BOARDS[board].compiler
    if compiler == "gcc":
        command, package = [tool.command, *BOARDS[board].machine, *FLAGS], tool.package
    else:
        command, package = ["clang", *CLANG[board], "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror"], "clang"
    run_tool([*command, "-ffreestanding", *options, "-c", source, "-o", "scanned.o"], package, folder)
    return scan(BOARDS[board], folder / "scanned.o")


def scan_all(folder: Path, programs: Iterable[Program], levels: tuple[str, ...]) -> Counter[str]:
    """Scan each program's runtime in every build; return how many scans, and the kinds met."""
    met: Counter[str] = Counter()
    for program in programs:
        write(program, clean(folder), "net")
        met.update(kinds(program))
        for compiler, board in BUILDS:
            for schedule in SCHEDULES if board != "atmega328p" else ("rows",):
                smalls = [(level, SMALL) for level in levels] if schedule == "rows" else []
                for chosen in [*((level,) for level in levels), *smalls]:
                    options = (*chosen, f"-DLBP_SCHEDULE_{schedule}")
                    found = compile_and_scan(compiler, board, folder, f"lbp_{schedule}.c", options)
                    assert found.instructions > 200
                    assert found.forbidden == (), (compiler, board, options)
                    met["scans"] += 1
    return met


def drawn(seed: int) -> Program:
    return random_program(np.random.default_rng(seed), Size() if seed % 4 else Size(height=28, width=28))


def drawn_hidden(seed: int) -> Program:
    return fitting_hidden(np.random.default_rng(seed), seed, largest=(7, 1)[seed % 2])


def test_no_product_is_made_of_shipped_and_a_few_random_programs(tmp_path: Path) -> None:
    shipped = [load_program(path) for path in sorted(Path(str(files("lbpnet.zoo"))).glob("*.lbp"))]
    hidden = map(drawn_hidden, range(HIDDEN))
    met = scan_all(tmp_path / "net", [*shipped, *map(drawn, range(QUICK)), *hidden], ("-O2",))
    assert met["scans"] == 20 * (QUICK + HIDDEN + len(shipped)) >= 160
    assert met["Relu"] == HIDDEN + sum("Relu" in kinds(program) for program in shipped) > HIDDEN


def test_no_product_is_made_of_fields_of_fourteen_bits_on_an_atmega(tmp_path: Path) -> None:
    program = drawn(FOURTEEN)
    (pooled,) = (node for node in program.nodes if isinstance(node, SumPool))
    assert pooled.columns.tolist() == [[0, 7], [7, 14]]
    write(program, clean(tmp_path / "net"), "net")
    for level in ("-O2", "-Os"):
        for options in ((level,), (level, SMALL)):
            found = compile_and_scan(
                "gcc", "atmega328p", tmp_path / "net", "lbp_rows.c", (*options, "-DLBP_SCHEDULE_rows")
            )
            assert found.instructions > 200
            assert found.forbidden == ()


@pytest.mark.slow
def test_no_product_is_made_of_many_random_programs(tmp_path: Path) -> None:
    seeds = range(QUICK, QUICK + MANY)
    programs = (drawn_hidden(seed) if seed % 3 == 1 else drawn(seed) for seed in seeds)
    met = scan_all(tmp_path / "net", programs, ("-O2", "-Os"))
    assert met["scans"] == 40 * MANY
    assert met["Relu"] == MANY // 3
    assert all(met[kind] >= 5 for kind in ("Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"))


@pytest.mark.parametrize(("compiler", "board"), BUILDS)
def test_the_scan_finds_a_product(compiler: str, board: str, tmp_path: Path) -> None:
    (tmp_path / "planted.c").write_text("long f(long a, long b);\nlong f(long a, long b) { return a * b; }\n")
    assert compile_and_scan(compiler, board, tmp_path, "planted.c", ()).forbidden != ()
