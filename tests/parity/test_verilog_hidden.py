"""Exported Verilog of programs with hidden units equals the reference in simulation."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hidden_programs import fitting_hidden, with_hidden
from random_programs import Size, random_images
from simulated_verilog import prove
from small_program import small_program

from lbpnet.engine import reference_scores
from lbpnet.export import require_equal_scores
from lbpnet.export.verilog import verify, write
from lbpnet.export.verilog.check import MAX_LAYERS
from lbpnet.export.verilog.simulate import build_icarus, build_verilator, simulate, sources

SEEDS_IN_CI, SEEDS = range(9), range(9, 69)
MULTIPLIERS = ("SB_MAC16", "MULT18X18D", "ALU54B", "DSP48E1")


def run(seeds: Iterable[int], folder: Path) -> tuple[int, set[tuple[int, int]]]:
    """Compare a program a seed; return how many, and their layers and largest weights."""
    ran, met = 0, set[tuple[int, int]]()
    for seed in seeds:
        draw, largest = np.random.default_rng(seed), (1, 7, 127)[seed % 3]
        program = fitting_hidden(draw, seed, Size(height=9), largest)
        prove(program, draw, folder / str(seed))
        ran += 1
        met.add((1 + seed % 2, largest))
    return ran, met


def test_random_programs_with_hidden_units_simulate_to_the_reference_s_scores(tmp_path: Path) -> None:
    ran, met = run(SEEDS_IN_CI, tmp_path)
    assert ran == 9
    assert met == {(layers, largest) for layers in (1, 2) for largest in (1, 7, 127)}


@pytest.mark.slow
def test_many_random_programs_with_hidden_units_simulate_to_the_reference_s_scores(tmp_path: Path) -> None:
    ran, _ = run(SEEDS, tmp_path)
    assert ran == 60


@pytest.mark.parametrize("layers", range(1, MAX_LAYERS + 1))
def test_any_number_of_layers_simulates_to_the_reference_s_scores(tmp_path: Path, layers: int) -> None:
    program = with_hidden(small_program(), classes=5, layers=layers, seed=layers)
    write(program, tmp_path, "net")
    verify(tmp_path, program, random_images(np.random.default_rng(layers), program.input, 6))


@pytest.mark.parametrize("seed", range(3))
def test_cores_with_hidden_units_are_clean_and_multiply_nothing(tmp_path: Path, seed: int) -> None:
    """One layer, and several, are two ways to build."""
    program = with_hidden(small_program(), layers=1 + seed, seed=seed)
    write(program, tmp_path, "net")
    files = sources(tmp_path)
    for command in (
        ["verilator", "--lint-only", "-Wall", "--top-module", "net_top", *files],
        ["iverilog", "-g2001", "-Wall", "-t", "null", "-s", "net_top", *files],
    ):
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert said.stdout + said.stderr == ""
    script = (
        f"read_verilog {' '.join(files)}; hierarchy -check -top net_top; proc; flatten; opt; check -assert; "
        "select -assert-none t:$mul t:$macc t:$dlatch t:$adlatch"
    )
    subprocess.run(["yosys", "-q", "-p", script], cwd=tmp_path, capture_output=True, check=True)


@pytest.mark.parametrize(
    "family", ["ice40", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ecp5", "xilinx"))]
)
def test_no_family_spends_a_multiplier_on_hidden_units(tmp_path: Path, family: str) -> None:
    write(with_hidden(small_program(), layers=2), tmp_path, "net")
    flat = "-flatten" if family == "xilinx" else ""  # the others do so unasked
    made = f"synth_{family} {flat} -top net_top; tee -q -o stat.json stat -json"
    script = f"read_verilog {' '.join(sources(tmp_path))}; {made}"
    subprocess.run(["yosys", "-q", "-p", script], cwd=tmp_path, capture_output=True, check=True)
    cells = json.loads((tmp_path / "stat.json").read_text())["design"]["num_cells_by_type"]
    assert sum(cells.values()) > 100
    assert not set(cells) & set(MULTIPLIERS)


def test_images_back_to_back_and_late_pixels_change_nothing_in_either_simulator(tmp_path: Path) -> None:
    program = with_hidden(small_program(), classes=3, layers=2)
    write(program, tmp_path, "net")
    images = random_images(np.random.default_rng(6), program.input, 30)
    expected, answers = reference_scores(program, images), set[int]()
    for command in (build_icarus(tmp_path), build_verilator(tmp_path)):
        for gaps in (False, True):
            found = simulate(tmp_path, command, images, program.num_classes, gaps=gaps)
            require_equal_scores(command[0], expected, found.scores, found.classes)
            answers.add(found.answer)
    assert len(answers) == 1


def test_the_steps_take_the_clocks_that_the_readme_tells(tmp_path: Path) -> None:
    """A layer makes the time from the last pixel longer by its steps less the scores that would be given at once."""
    alone, both = small_program(), with_hidden(small_program(), classes=6)
    images = random_images(np.random.default_rng(8), alone.input, 2)
    answers: list[int] = []
    for name, program in (("alone", alone), ("both", both)):
        folder = tmp_path / name
        folder.mkdir()
        write(program, folder, "net")
        answers.append(simulate(folder, build_icarus(folder), images, program.num_classes, gaps=False).answer)
    steps = len((tmp_path / "both" / "net_hidden.hex").read_text().split())
    assert answers[1] - answers[0] == steps - alone.num_classes
    assert f"6 times in {steps:,} clocks" in (tmp_path / "both" / "README.md").read_text()


def test_a_core_without_hidden_units_holds_nothing_of_them(tmp_path: Path) -> None:
    write(small_program(), tmp_path, "net")
    assert not (tmp_path / "net_hidden.hex").exists()
    assert not any(word in (tmp_path / "net_top.v").read_text() for word in ("UNIT", "STEP", "HIDDEN", "LAYER"))
    script = f"read_verilog {' '.join(sources(tmp_path))}; hierarchy -check -top net_top; select -assert-none */hidden"
    subprocess.run(["yosys", "-q", "-p", script], cwd=tmp_path, capture_output=True, check=True)
