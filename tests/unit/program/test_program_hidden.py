"""Hidden units: their type, their file, their cost, and every engine's equality with the reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hidden_programs import random_hidden, with_hidden
from random_programs import random_images
from routed_programs import routed_program
from small_program import small_program

from lbpnet.cost.gates import gate_equivalents
from lbpnet.cost.program_operations import program_operations
from lbpnet.engine import Engine, reference_scores, reference_values
from lbpnet.errors import ExportError, ProgramError
from lbpnet.export import export
from lbpnet.program import Argmax, Program, Relu, from_bytes, to_bytes
from lbpnet.program.expand import expand
from lbpnet.program.simplify import simplify


def test_scores_are_weights_of_the_positive_sums() -> None:
    program = with_hidden(small_program())
    images = random_images(np.random.default_rng(1), program.input, 9)
    values = reference_values(program, images)
    units, last = values[-4].astype(np.int64), program.head
    assert (units < 0).any()
    assert (units > 0).any()
    expected = np.maximum(units, 0) @ last.weights.T.astype(np.int64) + last.bias
    assert np.array_equal(reference_scores(program, images), expected)


def test_units_are_features_from_zero_to_the_largest_sum() -> None:
    program = with_hidden(small_program())
    below, units = program.types[-4], program.types[-3]
    assert (units.kind, units.shape) == ("features", (small_program().num_classes, 1, 1))
    assert (units.low, units.high) == (0, max(below.high, 0))


@pytest.mark.parametrize("isa", Engine.isas())
def test_every_engine_equals_the_reference_on_random_programs(isa: str) -> None:
    draw, ran = np.random.default_rng(5), 0
    for seed in range(40):
        program = random_hidden(draw, seed)
        if program is None:
            continue
        images = random_images(draw, program.input, 5)
        engine, expected = Engine(program, isa), reference_scores(program, images)
        assert np.array_equal(engine.scores(images, threads=2), expected)
        assert np.array_equal(engine.predict(images), expected.argmax(1))
        assert np.array_equal(engine.predict(images[:1]), expected[:1].argmax(1))
        ran += 1
    assert ran >= 25


@pytest.mark.parametrize("isa", Engine.isas())
def test_large_batches_equal_the_reference(isa: str) -> None:
    program = with_hidden(small_program(), layers=2)
    images = random_images(np.random.default_rng(2), program.input, 600)
    expected = reference_scores(program, images)
    assert np.array_equal(Engine(program, isa).scores(images), expected)
    assert np.array_equal(Engine(program, isa).predict(images), expected.argmax(1))


@pytest.mark.parametrize("isa", Engine.isas())
@pytest.mark.parametrize("usual", [(1, 4), (2, 3)])
def test_hidden_units_on_maps_of_usual_shapes_equal_the_reference(isa: str, usual: tuple[int, int]) -> None:
    shrink, points = usual
    program = with_hidden(routed_program(1, shrink=shrink, points=points))
    images = random_images(np.random.default_rng(9), program.input, 11)
    expected = reference_scores(program, images)
    engine = Engine(program, isa)
    assert np.array_equal(engine.scores(images), expected)
    assert np.array_equal(engine.predict(images), expected.argmax(1))
    assert np.array_equal(engine.scores(images[:1]), expected[:1])


def test_a_file_keeps_hidden_units() -> None:
    draw, ran = np.random.default_rng(7), 0
    for seed in range(30):
        program = random_hidden(draw, seed)
        if program is None:
            continue
        again = from_bytes(to_bytes(program))
        assert again.types == program.types
        images = random_images(draw, program.input, 3)
        assert np.array_equal(reference_scores(again, images), reference_scores(program, images))
        ran += 1
    assert ran >= 18


def test_passes_keep_the_layers() -> None:
    netlist = expand(with_hidden(small_program(), layers=2))
    assert len(netlist.layers) == 2
    assert simplify(netlist).layers is netlist.layers
    assert netlist.classes == 4


def test_hidden_layers_cost_a_compare_a_unit_and_their_weights() -> None:
    program = with_hidden(small_program())
    alone, both = simplify(expand(small_program())), simplify(expand(program))
    before, after = program_operations(alone), program_operations(both)
    assert after["weights"] == before["weights"]
    assert after["hidden"].compare == small_program().num_classes
    assert after["hidden"].add >= np.count_nonzero(program.head.weights)
    assert after["hidden"].multiply == 0
    gates = gate_equivalents(both)
    assert gates["weights"] == gate_equivalents(alone)["weights"]
    assert gates["hidden"] > 0


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (lambda p: (*p.nodes[:-1], Relu(len(p.nodes) - 3), *p.nodes[-1:]), "argmax|source|scores"),
        (lambda p: (*p.nodes[:-1], Relu(len(p.nodes) - 1), Argmax(len(p.nodes) - 1)), "earlier node"),
        (lambda p: (*p.nodes[:-1], Relu(len(p.nodes) - 2), Argmax(len(p.nodes) - 1)), "scores"),
    ],
)
def test_a_forged_layer_is_refused(nodes: object, reason: str) -> None:
    with pytest.raises(ProgramError, match=reason):
        Program(nodes(small_program()))  # pyright: ignore[reportCallIssue]


def test_scores_that_may_leave_32_bits_are_refused() -> None:
    with pytest.raises(ProgramError, match="32 bits"):
        with_hidden(small_program(), layers=14)


def test_a_target_says_how_many_layers_of_hidden_units_it_takes_before_it_writes(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="layers of hidden units: expected at most 4, got 5"):
        export(with_hidden(small_program(), layers=5), "verilog", tmp_path / "out", "network")
    assert not (tmp_path / "out").exists()


def test_a_program_with_other_last_weights_gives_other_scores() -> None:
    program = with_hidden(small_program())
    images = random_images(np.random.default_rng(4), program.input, 6)
    head = replace(program.head, weights=-program.head.weights)
    other = Program((*program.nodes[:-2], head, program.nodes[-1]))
    assert not np.array_equal(reference_scores(other, images), reference_scores(program, images))
