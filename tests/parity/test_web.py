"""The exported page's WebAssembly and maps equal the reference on random programs, and it multiplies nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hidden_programs import fitting_hidden
from random_programs import adversarial_images, kinds, random_images, random_program
from small_program import small_nodes, small_program, table

from lbpnet.engine import reference_scores
from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import export, verify, web
from lbpnet.export.compare import require_equal_scores
from lbpnet.export.web import PAGE_FILE
from lbpnet.export.web.build import find_compiler
from lbpnet.export.web.instructions import scan_module
from lbpnet.export.web.node import run_page
from lbpnet.export.web.stages import describe
from lbpnet.export.web.verify import require_equal_maps
from lbpnet.program import AddWeights, Argmax, Compare, Input, Program, SumPool

QUICK, ALL, HIDDEN = 10, 60, 4


def compare(seed: int, folder: Path, hidden: bool = False) -> Program:
    draw = np.random.default_rng(seed)
    program = fitting_hidden(draw, seed) if hidden else random_program(draw)
    images = np.concatenate([random_images(draw, program.input, 6), adversarial_images(program.input)])
    export(program, "web", folder)
    run = run_page(folder / PAGE_FILE, images, maps=len(images))
    require_equal_scores(f"seed {seed}", reference_scores(program, images), run.scores, run.classes)
    assert require_equal_maps(program, images, run) > 0
    assert scan_module(next(folder.glob("*.wasm")).read_bytes()).forbidden == ()
    return program


def compare_many(seeds: range, folder: Path) -> tuple[int, Counter[str]]:
    met: Counter[str] = Counter()
    compared = 0
    for seed in seeds:
        met.update(kinds(compare(seed, folder / str(seed))))
        compared += 1
    return compared, met


def test_webassembly_and_maps_equal_the_reference_on_a_few_random_programs(tmp_path: Path) -> None:
    compared, met = compare_many(range(QUICK), tmp_path)
    assert compared == QUICK
    assert {"Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"} <= set(met)


def test_pages_of_programs_with_hidden_units_equal_the_reference(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    for seed in range(HIDDEN):
        program = compare(seed, tmp_path / str(seed), hidden=True)
        page = describe(program)
        assert len(page["classes"]) == program.num_classes == 4
        assert page["operations"]["multiply"] == 0
        met.update(kinds(program))
    assert met["Relu"] == HIDDEN


@pytest.mark.slow
def test_webassembly_and_maps_equal_the_reference_on_many_random_programs(tmp_path: Path) -> None:
    compared, met = compare_many(range(QUICK, QUICK + ALL), tmp_path)
    assert compared == ALL >= 50
    assert min(met[kind] for kind in ("Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold")) >= 5


def test_a_page_of_another_program_is_refused(tmp_path: Path) -> None:
    """The comparisons can fail: one bias more, taps moved."""
    nodes = small_nodes()
    export(Program(tuple(nodes)), "web", tmp_path / "page")
    images = adversarial_images(Program(tuple(nodes)).input)
    head, compare = nodes[9], nodes[1]
    assert isinstance(head, AddWeights)
    assert isinstance(compare, Compare)
    biased = [*nodes[:9], replace(head, bias=head.bias + np.int32(1)), nodes[10]]
    moved = [nodes[0], replace(compare, tap=(compare.tap + np.int32(1)) % 9), *nodes[2:]]
    for other, message in ((biased, "image 0, class 0"), (moved, "shows another program")):
        with pytest.raises(VerificationError, match=message):
            web.verify(tmp_path / "page", Program(tuple(other)), images)
    run = run_page(tmp_path / "page" / PAGE_FILE, images, maps=len(images))
    with pytest.raises(VerificationError, match="image 0, node 1"):
        require_equal_maps(Program(tuple(moved)), images, run)


def test_a_module_that_is_not_the_page_s_is_refused(tmp_path: Path) -> None:
    program = small_program()
    web.write(program, tmp_path, "small")
    (tmp_path / "small.wasm").write_bytes((tmp_path / "small.wasm").read_bytes() + b"\0")
    with pytest.raises(VerificationError, match="the page's module"):
        web.verify(tmp_path, program, adversarial_images(program.input))


@pytest.mark.parametrize("ziglang", [True, False])
def test_either_compiler_makes_a_page_that_verifies(
    ziglang: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not ziglang:
        monkeypatch.setattr("lbpnet.export.web.build.find_spec", lambda _: None)
    assert ("ziglang" in find_compiler()) == ziglang
    export(small_program(), "web", tmp_path / "page")
    assert "every score and class equals the reference" in verify(tmp_path / "page")[-1]


def test_without_a_compiler_the_package_is_named_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lbpnet.export.web.build.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="pip install ziglang"):
        export(small_program(), "web", tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_without_node_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(small_program(), "web", tmp_path / "page")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt-get install nodejs"):
        verify(tmp_path / "page")


def test_a_program_with_more_maps_than_a_page_draws_is_refused(tmp_path: Path) -> None:
    large = [Input(1, 4096, 1100), Compare(0, 3, table(0), table(0)), SumPool(1, table([0, 9]), table([0, 9]))]
    program = Program((*large, AddWeights(2, table([1], [0]), table(0, 0)), Argmax(3)))
    with pytest.raises(ExportError, match="a page draws maps of at most 4,194,304 values"):
        export(program, "web", tmp_path / "page")
    assert not (tmp_path / "page").exists()
