"""Exported C equals the reference on random programs: both schedules, words of every width, one network or many."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from exported_c import SCHEDULES, WORDS, Library, clean
from numpy.typing import NDArray
from random_programs import Limits, Size, adversarial_images, kinds, random_images, random_program
from routed_programs import routed_program

from lbpnet.engine import reference_scores
from lbpnet.export import require_equal_scores
from lbpnet.export.c.pairs import has_pairs
from lbpnet.program import Program
from lbpnet.program.expand import expand
from lbpnet.program.simplify import simplify

QUICK_ALONE, QUICK_TOGETHER, BATCH = 24, 40, 20
ALONE, TOGETHER = 80, 200
LARGE = Limits(comparisons=60, kernels=24, windows=9)
KINDS = ("Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold")


def drawn(seed: int) -> tuple[Program, NDArray[np.uint8]]:
    draw = np.random.default_rng(seed)
    size, limits = (Size(), Limits()) if seed % 4 else (Size(height=28, width=28), LARGE)
    program = random_program(draw, size, limits)
    return program, np.concatenate([adversarial_images(program.input), random_images(draw, program.input, 4)])


def compare(
    folder: Path,
    seeds: range,
    schedule: str,
    bits: int,
    met: Counter[str],
    compiler: str = "gcc",
    small: bool = False,
) -> None:
    """Build the programs of some seeds into one library, and compare each."""
    cases = {f"net{seed}": drawn(seed) for seed in seeds}
    programs = {name: program for name, (program, _) in cases.items()}
    library = Library(clean(folder), programs, schedule, bits, compiler, small)
    for name, (program, images) in cases.items():
        scores, classes = library.scores(name, images)
        require_equal_scores(f"{name}, {schedule}, {bits}", reference_scores(program, images), scores, classes)
        met.update(kinds(program) | {"programs", f"{schedule} {bits}", *["small"] * small})


def compare_alone(folder: Path, seeds: range, met: Counter[str]) -> None:
    """Programs that the runtime is built for, each with one of the eight builds."""
    for seed in seeds:
        schedule, bits = SCHEDULES[seed % 2], WORDS[seed // 2 % 4]
        one, compiler = range(seed, seed + 1), "clang" if seed % 16 >= 8 else "gcc"
        compare(folder / str(seed), one, schedule, bits, met, compiler)
        if schedule == "rows":
            compare(folder / f"{seed}-small", one, schedule, bits, met, compiler, small=True)


def compare_together(folder: Path, seeds: range, builds: list[tuple[str, int, bool]], met: Counter[str]) -> None:
    """Programs of which many share a runtime for all."""
    for first in range(seeds.start, seeds.stop, BATCH):
        for schedule, bits, small in builds:
            place = clean(folder / f"{first}{schedule}{bits}")
            compare(place, range(first, first + BATCH), schedule, bits, met, small=small)


def test_a_runtime_built_for_one_network_equals_the_reference(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    compare_alone(tmp_path, range(QUICK_ALONE), met)
    assert met["programs"] == QUICK_ALONE * 3 // 2 and met["small"] == QUICK_ALONE // 2
    builds = {"rows": QUICK_ALONE // 4, "planes": QUICK_ALONE // 8}
    assert all(met[f"{schedule} {bits}"] == builds[schedule] for schedule in SCHEDULES for bits in WORDS)
    assert all(met[kind] for kind in KINDS), met


def test_a_runtime_for_all_networks_equals_the_reference(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    compare_together(
        tmp_path,
        range(1000, 1000 + QUICK_TOGETHER),
        [("rows", 32, False), ("planes", 64, False), ("rows", 16, True)],
        met,
    )
    assert met["programs"] == 3 * QUICK_TOGETHER
    assert all(met[kind] >= QUICK_TOGETHER // 8 for kind in KINDS), met


def with_pairs(program: Program) -> bool:
    return has_pairs(simplify(expand(program)))


def test_rows_in_pairs_equal_the_reference(tmp_path: Path) -> None:
    """Networks narrow enough that a word of 32 bits takes two rows; words of other widths take one."""
    draw, met = np.random.default_rng(7), Counter[str]()
    shapes = ((14, 1, 4), (28, 2, 4), (12, 1, 2), (12, 1, 3), (8, 1, 2), (16, 2, 2), (48, 4, 3), (6, 1, 1))
    programs = [
        routed_program(
            seed, kernels=(5, 6, 7), points=2 + seed % 3, shrink=s, grid=grid, floor=seed % 2 > 0, image=side
        )
        for seed, (side, s, grid) in enumerate(shapes)
    ]
    small = (Size(height=int(draw.choice([2, 4, 6, 8, 12])), width=int(draw.choice([3, 8, 12]))) for _ in range(150))
    programs += filter(with_pairs, (random_program(draw, size, Limits(windows=2)) for size in small))
    for number, program in enumerate(programs):
        assert with_pairs(program), number
        images = np.concatenate([adversarial_images(program.input), random_images(draw, program.input, 4)])
        for bits, small in ((16, False), (32, False), (32, True)):
            library = Library(clean(tmp_path / f"{number}-{bits}"), {"net": program}, "rows", bits, "gcc", small)
            scores, classes = library.scores("net", images)
            require_equal_scores(f"{number}, {bits}", reference_scores(program, images), scores, classes)
        met.update(kinds(program) | {"programs"})
    assert met["programs"] >= len(shapes) + 4
    assert all(met[kind] for kind in ("Shrink", "Compare", "Join", "pack", "threshold")), met


@pytest.mark.slow
def test_many_networks_equal_the_reference(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    compare_alone(tmp_path, range(2000, 2000 + ALONE), met)
    builds = [("rows", 8, False), ("rows", 32, False), ("planes", 32, False), ("planes", 64, False), ("rows", 64, True)]
    compare_together(tmp_path, range(3000, 3000 + TOGETHER), builds, met)
    assert met["programs"] == ALONE * 3 // 2 + 5 * TOGETHER
    assert all(met[kind] >= ALONE // 8 for kind in KINDS), met


def test_the_comparison_finds_a_wrong_score(tmp_path: Path) -> None:
    program, images = drawn(5)
    library = Library(clean(tmp_path / "net"), {"net": program}, "rows", 32, "gcc")
    scores, classes = library.scores("net", images)
    scores[2, 1] += 1
    with pytest.raises(Exception, match="image 2, class 1"):
        require_equal_scores("changed", reference_scores(program, images), scores, classes)
