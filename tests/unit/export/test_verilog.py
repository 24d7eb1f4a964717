"""The Verilog target: what is written is clean, multiplies nowhere, checks itself; what it cannot hold is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from random_programs import random_program
from small_program import NONE, shrink_nodes, small_program, table

from lbpnet.engine import reference_scores
from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import default_images, export, require_equal_scores, verify
from lbpnet.export.verilog import check, write
from lbpnet.export.verilog import verify as verify_folder
from lbpnet.export.verilog.code import Op, assemble
from lbpnet.export.verilog.schedule import schedule
from lbpnet.export.verilog.simulate import build_icarus, has_verilator, simulate, sources
from lbpnet.program import AddWeights, Argmax, Compare, Encode, Input, Program, SumPool

SEEDS = range(16)


def tool(folder: Path, *command: str) -> str:
    """Run a tool in a folder; return what it said."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def pooled(image: Input, classes: int = 2, windows: int = 1) -> Program:
    """Return a program that sums the image's first pixel, so many times."""
    sums = SumPool(0, table([0, 1]), table(*[[0, 1]] * windows))
    weights = AddWeights(1, np.ones((classes, image.channels * windows), np.int32), np.zeros(classes, np.int32))
    return Program((image, sums, weights, Argmax(2)))


def test_verilator_and_icarus_find_nothing_to_warn_of(tmp_path: Path) -> None:
    drawn = [random_program(np.random.default_rng(seed)) for seed in SEEDS]
    programs = [small_program(), Program(tuple(shrink_nodes())), pooled(Input(3, 4, 4)), *drawn]
    for number, program in enumerate(programs):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(program, folder, "net")
        files = sources(folder)
        assert tool(folder, "verilator", "--lint-only", "-Wall", "--top-module", "net_top", *files) == ""
        assert tool(folder, "iverilog", "-g2001", "-Wall", "-t", "null", "-s", "net_top", *files) == ""
    assert len(programs) == 19


def test_yosys_finds_no_multiplier_latch_or_loop(tmp_path: Path) -> None:
    write(small_program(), tmp_path, "net")
    script = (
        f"read_verilog {' '.join(sources(tmp_path))}; hierarchy -check -top net_top; proc; flatten; opt; "
        "check -assert; select -assert-none t:$mul t:$macc t:$dlatch t:$adlatch; select -assert-min 20 t:$dffe t:$sdffe"
    )
    tool(tmp_path, "yosys", "-q", "-p", script)


def test_a_folder_proves_itself_and_fails_on_another_score(tmp_path: Path) -> None:
    write(small_program(), tmp_path, "net")
    command = build_icarus(tmp_path)
    assert "PASS: 3 images" in tool(tmp_path, *command)
    expected = tmp_path / "net_expected.txt"
    first, *others = expected.read_text().split(" ")
    expected.write_text(" ".join([str(int(first) + 1), *others]))
    said = tool(tmp_path, *command)
    assert f"image 0: expected {int(first) + 1}, got {first}" in said
    assert "PASS" not in said and "FAIL: 1 of 12 numbers differ" in said


def test_the_readme_s_commands_run(tmp_path: Path) -> None:
    write(small_program(), tmp_path, "net")
    lines = [line.strip() for line in (tmp_path / "README.md").read_text().splitlines() if line.startswith("    ")]
    ran = [tool(tmp_path, "sh", "-c", line) for line in lines if line.split()[0] in ("iverilog", "vvp", "yosys")]
    assert len(ran) == 3
    assert "PASS: 3 images" in ran[1]
    cells = ran[2].rpartition("=== net_top ===")[2]
    assert "SB_SPRAM256KA" in cells
    assert "SB_MAC16" not in cells
    # `lbpnet verify` is another test's; nextpnr is the benchmark's.
    assert [line.split()[0] for line in lines] == ["iverilog", "vvp", "yosys", "nextpnr-ice40"]


def test_an_exported_folder_verifies_through_the_frame(tmp_path: Path) -> None:
    export(small_program(), "verilog", tmp_path / "out", "lbp_core")  # also the name of a primitive
    lines = verify(tmp_path / "out")
    assert any("Icarus Verilog: 33 images" in line for line in lines)


def test_a_network_of_many_maps_verifies_in_verilator(tmp_path: Path) -> None:
    program = small_program()
    write(program, tmp_path, "net")
    images = np.repeat(default_images(program.input), 20, 0)
    lines = verify_folder(tmp_path, program, images)
    assert lines[0].startswith(f"Verilator: {len(images)} images")


@pytest.mark.parametrize("said", ["Verilator 4.038 2020-07-11 rev v4.036", "no such thing"])
def test_a_verilator_that_takes_no_testbenches_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    for name in ("verilator", "g++"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (tmp_path / name).chmod(0o755)
    assert has_verilator()
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert not has_verilator()


@pytest.mark.parametrize("table_name", ["code", "weights"])
def test_a_changed_table_fails_verification(tmp_path: Path, table_name: str) -> None:
    program = small_program()
    write(program, tmp_path, "net")
    file = tmp_path / f"net_{table_name}.hex"
    words = file.read_text().split()
    changed = [words[0], *words[2:], words[1]] if table_name == "weights" else ["7".zfill(len(words[0]))] * len(words)
    file.write_text("\n".join(changed) + "\n")
    with pytest.raises(VerificationError, match="image 0"):
        verify_folder(tmp_path, program, default_images(program.input)[-4:])


def test_pixels_that_come_late_change_nothing(tmp_path: Path) -> None:
    program = small_program()
    write(program, tmp_path, "net")
    images = default_images(program.input)
    command = build_icarus(tmp_path)
    steady, late = (simulate(tmp_path, command, images, program.num_classes, gaps=gaps) for gaps in (False, True))
    assert late.latency > steady.latency
    assert late.answer == steady.answer
    for found in (steady, late):
        require_equal_scores("Icarus", reference_scores(program, images), found.scores, found.classes)


def test_a_map_that_is_read_at_once_is_waited_for() -> None:
    nodes = [
        Input(1, 2, 4),
        Compare(0, 3, table(0), table(5)),
        Compare(1, 3, table(0), table(1)),
        Encode(2, "threshold", table([0]), 0, table(1)),
        SumPool(3, table([0, 2]), table([0, 4])),
        AddWeights(4, table([1], [-1]), table(0, 0)),
        Argmax(5),
    ]
    starts = [instruction for instruction in assemble(schedule(Program(tuple(nodes)))) if instruction.op == Op.START]
    assert [bool(start.first & 4) for start in starts] == [False, True]


def test_a_comparison_that_many_codes_use_is_made_once() -> None:
    def instructions(codes: int) -> int:
        nodes = [
            Input(1, 8, 16),
            Compare(0, 3, table(0, 0, 0), table(1, 7, 0)),
            Encode(1, "pack", table(*[[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]][:codes]), 0, NONE),
            SumPool(2, table([0, 8]), table([0, 16])),
            AddWeights(3, np.arange(1, 2 * codes + 1, dtype=np.int32).reshape(2, codes), table(0, 0)),
            Argmax(4),
        ]
        return sum(i.op == Op.COMPARE for i in assemble(schedule(Program(tuple(nodes)))))

    assert instructions(1) == 3
    assert instructions(4) == 3


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (pooled(Input(1, 513, 4)), "the image's sides: expected at most 512 pixels, got 513"),
        (pooled(Input(65, 4, 4)), "the image's channels: expected at most 64, got 65"),
        (pooled(Input(1, 4, 4), windows=65), "pooling windows along a side: expected at most 64, got 65"),
        (pooled(Input(1, 4, 4), 257), "classes: expected at most 256, got 257"),
        (pooled(Input(17, 512, 512)), "the map memory: expected at most 16,777,216 bits"),
    ],
)
def test_a_program_beyond_a_limit_is_refused_before_anything_is_written(
    tmp_path: Path, program: Program, said: str
) -> None:
    with pytest.raises(ExportError, match=said):
        check(program)
    with pytest.raises(ExportError, match=said):
        export(program, "verilog", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_simulator_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(small_program(), tmp_path, "net")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt-get install iverilog"):
        verify_folder(tmp_path, small_program(), default_images(small_program().input))
