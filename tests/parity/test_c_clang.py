"""Clang makes no product of exported C for the boards it compiles for, whatever the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from exported_c import SCHEDULES, clean
from random_programs import Size, kinds, random_program

from lbpnet.export.c import write
from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.disassembly import Scan, scan
from lbpnet.export.c.run_tool import run_tool
from lbpnet.program import Program, load_program

# avr-libc's headers are not for clang.
MACHINES = {
    "cortex-m0": ("--target=thumbv6m-none-eabi", "-mcpu=cortex-m0", "-mfloat-abi=soft"),
    "cortex-m3": ("--target=thumbv7m-none-eabi", "-mcpu=cortex-m3", "-mfloat-abi=soft"),
    "rv32i": ("--target=riscv32", "-march=rv32i", "-mabi=ilp32"),
}
QUICK, MANY = 6, 60


def compile_and_scan(board: str, folder: Path, schedule: str, level: str, source: str) -> Scan:
    options = ["-std=c99", level, "-Wall", "-Wextra", "-Werror", "-ffreestanding", f"-DLBP_SCHEDULE_{schedule}"]
    command = ["clang", *MACHINES[board], *options, "-c", source, "-o", f"{board}.o"]
    run_tool(command, "clang", folder)
    return scan(BOARDS[board], folder / f"{board}.o")


def scan_all(folder: Path, programs: Iterable[Program], levels: tuple[str, ...]) -> Counter[str]:
    """Scan each program's runtime, both schedules, on every board; return how many scans, and the kinds met."""
    met: Counter[str] = Counter()
    for program in programs:
        write(program, clean(folder), "net")
        met.update(kinds(program))
        for board in MACHINES:
            for schedule in SCHEDULES:
                for level in levels:
                    found = compile_and_scan(board, folder, schedule, level, f"lbp_{schedule}.c")
                    assert found.instructions > 200
                    assert found.forbidden == (), (board, schedule, level)
                    met["scans"] += 1
    return met


def drawn(seed: int) -> Program:
    return random_program(np.random.default_rng(seed), Size() if seed % 4 else Size(height=28, width=28))


def test_clang_makes_no_product_of_shipped_and_a_few_random_programs(tmp_path: Path) -> None:
    shipped = [load_program(path) for path in sorted(Path(str(files("lbpnet.zoo"))).glob("*.lbp"))]
    met = scan_all(tmp_path / "net", [*shipped, *map(drawn, range(QUICK))], ("-O2",))
    assert met["scans"] == 6 * (QUICK + len(shipped)) >= 48


@pytest.mark.slow
def test_clang_makes_no_product_of_many_random_programs(tmp_path: Path) -> None:
    met = scan_all(tmp_path / "net", map(drawn, range(QUICK, QUICK + MANY)), ("-O2", "-Os"))
    assert met["scans"] == 12 * MANY
    assert all(met[kind] >= 5 for kind in ("Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"))


@pytest.mark.parametrize("board", MACHINES)
def test_the_scan_finds_a_product_that_clang_makes(board: str, tmp_path: Path) -> None:
    (tmp_path / "planted.c").write_text("long f(long a, long b);\nlong f(long a, long b) { return a * b; }\n")
    assert compile_and_scan(board, tmp_path, "rows", "-O2", "planted.c").forbidden != ()
