"""Exported C of programs with hidden units equals the reference, on a host, on boards and in a page."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from exported_c import SCHEDULES, WORDS, Library, clean
from hidden_programs import fitting_hidden, with_hidden
from numpy.typing import NDArray
from random_programs import Limits, Size, adversarial_images, random_images, random_program
from small_program import small_program

from lbpnet.engine import reference_scores
from lbpnet.export import require_equal_scores
from lbpnet.export.c import verify, write
from lbpnet.export.c.hidden import pack_planes, plane_bits
from lbpnet.export.c.verify_board import verify_board
from lbpnet.program import Program

ALONE, TOGETHER = 16, 20


def drawn(seed: int) -> tuple[Program, NDArray[np.uint8]]:
    """Return a program with hidden units, small weights or large, and images for it."""
    draw = np.random.default_rng(seed)
    program = fitting_hidden(draw, seed, largest=(1, 7, 127)[seed % 3])
    return program, np.concatenate([adversarial_images(program.input), random_images(draw, program.input, 4)])


def compare(folder: Path, seeds: range, schedule: str, bits: int, compiler: str) -> int:
    """Build the programs of some seeds into one library; return how many were compared."""
    cases = {f"net{seed}": drawn(seed) for seed in seeds}
    programs = {name: program for name, (program, _) in cases.items()}
    library = Library(clean(folder), programs, schedule, bits, compiler)
    for name, (program, images) in cases.items():
        scores, classes = library.scores(name, images)
        require_equal_scores(f"{name}, {schedule}, {bits}", reference_scores(program, images), scores, classes)
    return len(cases)


def test_a_runtime_built_for_one_network_equals_the_reference(tmp_path: Path) -> None:
    compared = 0
    for seed in range(ALONE):
        schedule, bits = SCHEDULES[seed % 2], WORDS[seed // 2 % 4]
        compared += compare(
            tmp_path / str(seed), range(seed, seed + 1), schedule, bits, "clang" if seed >= 8 else "gcc"
        )
    assert compared == ALONE


def test_a_runtime_for_all_networks_takes_those_with_hidden_units(tmp_path: Path) -> None:
    compared = sum(
        compare(tmp_path / schedule, range(100, 100 + TOGETHER), schedule, bits, "gcc")
        for schedule, bits in (("rows", 32), ("planes", 64))
    )
    assert compared == 2 * TOGETHER


def test_a_folder_verifies_under_two_compilers_and_sanitizers(tmp_path: Path) -> None:
    """Units that are not a multiple of eight, in layers of other sizes than the scores."""
    for layers in (1, 2, 3):
        program = with_hidden(small_program(), classes=5, layers=layers, largest=3)
        folder = clean(tmp_path / str(layers))
        write(program, folder, "net")
        assert len(verify(folder, program, random_images(np.random.default_rng(layers), program.input, 8))) == 7


def test_rows_one_at_a_time_need_scores_at_the_end_alone(tmp_path: Path) -> None:
    program, images = drawn(4)
    folder = clean(tmp_path / "net")
    Library(folder, {"net": program}, "rows", 32, "gcc")
    library, image = ctypes.CDLL(str(folder / "networks.so")), program.input
    scratch, expected = ctypes.create_string_buffer(1 << 20), reference_scores(program, images)
    for pixels, wanted in zip(images, expected, strict=True):
        scores = (ctypes.c_int32 * program.num_classes)()
        library.net_begin(scratch, None)
        for y in range(image.height):
            row = np.ascontiguousarray(pixels[:, y])
            library.net_row(scratch, ctypes.c_uint16(y), row.ctypes.data_as(ctypes.c_void_p), image.width, None)
        assert library.net_end(scratch, scores) == wanted.argmax()
        assert list(scores) == wanted.tolist()
    assert "Scores are end's alone." in (folder / "net.h").read_text()


def test_programs_without_hidden_units_hold_nothing_of_them(tmp_path: Path) -> None:
    write(small_program(), tmp_path, "net")
    texts = [(tmp_path / file).read_text() for file in ("net.h", "net.c", "lbp_network.h")]
    assert not any("units" in text or "HIDDEN" in text or "lbp_layer" in text for text in texts)


@pytest.mark.parametrize("largest", [0, 1, 2, 7, 127])
def test_planes_are_the_weights_two_s_complement(largest: int) -> None:
    weights = np.random.default_rng(largest).integers(-largest, largest + 1, (3, 13))
    bits = plane_bits(weights)
    planes = np.unpackbits(
        np.frombuffer(pack_planes(weights), np.uint8).reshape(3, bits, 2), axis=2, count=13, bitorder="little"
    ).astype(np.int64)
    values = np.array([1 << place for place in range(bits - 1, -1, -1)])
    values[0] = -values[0]
    assert np.array_equal((planes * values[:, None]).sum(1), weights)


@pytest.mark.parametrize("board", ["cortex-m0", "atmega328p", "rv32i"])
def test_boards_equal_the_reference_and_multiply_nothing(board: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    program = with_hidden(
        random_program(draw, Size(1, 12, 12, 4), Limits(comparisons=12, kernels=6)), classes=10, layers=2
    )
    folder = clean(tmp_path / "net")
    write(program, folder, "net")
    images = random_images(draw, program.input, 3)
    for small in (False, True):
        assert "every score" in verify_board(board, folder, program, "net", images, small)[0]
