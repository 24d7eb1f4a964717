"""Steps of hidden units, run as `rtl/lbp_hidden.v` runs them; programs beyond its limits."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from hidden_programs import with_hidden
from small_program import small_program, table

from lbpnet.errors import ExportError
from lbpnet.export.verilog import check
from lbpnet.export.verilog.check import MAX_LAYERS, MAX_UNITS
from lbpnet.export.verilog.hidden import Step, assemble_hidden, count_steps, largest_output, largest_units
from lbpnet.program import AddWeights, Argmax, Input, Program, Relu, SumPool
from lbpnet.program.netlist import Layer


def run(steps: list[Step | int], units: list[int], bits: int) -> list[int]:
    """Return the scores that steps make, in two's complement of so many bits."""
    ring, given, total = [max(unit, 0) for unit in units], list[int](), 0
    for step in steps:
        if step < Step.DOUBLE:
            unit = ring.pop(0)
            ring.append(unit)
            total += {Step.PASS: 0, Step.ADD: unit, Step.SUBTRACT: -unit}[Step(step)]
        elif step < Step.GIVE:
            total = 2 * total + (step - Step.DOUBLE)
        elif step == Step.GIVE:
            given.append((total + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1))
            total = 0
        else:
            ring, given = [max(unit, 0) for unit in given], []
    return given


def random_layer(draw: np.random.Generator, largest: int, units: int, outputs: int) -> Layer:
    return Layer(draw.integers(-largest, largest + 1, (outputs, units)), draw.integers(-300, 300, outputs))


@pytest.mark.parametrize("largest", [0, 1, 2, 7, 127])
def test_steps_make_the_layers_outputs(largest: int) -> None:
    draw = np.random.default_rng(largest)
    layers = [random_layer(draw, largest, 9, 6), random_layer(draw, largest, 6, 4)]
    units = draw.integers(-1000, 1000, 9)
    reach = largest_output(layers, np.full(9, 1000))
    bits = reach.bit_length() + 1
    steps = assemble_hidden(layers, bits)
    wanted = units
    for layer in layers:
        wanted = layer.weights @ np.maximum(wanted, 0) + layer.bias
    assert int(np.abs(wanted).max()) <= reach
    assert run(steps, units.tolist(), bits) == wanted.tolist()
    assert len(steps) <= count_steps(layers)


def test_units_are_bounded_by_what_makes_them_large_and_outputs_by_magnitudes() -> None:
    weights, bias = np.array([[2, -3], [-1, -1]]), np.array([5, -9])
    units = largest_units(weights, bias, np.array([10, 100]))
    assert units.tolist() == [25, 0]
    assert largest_output([Layer(np.array([[-4, 90]]), np.array([-7]))], units) == 107


def test_a_bias_that_is_not_negative_takes_no_doublings_above_its_bits() -> None:
    steps = assemble_hidden([Layer(np.array([[1], [-2]]), np.array([2, 0]))], 9)
    one, zero = Step.DOUBLE + 1, Step.DOUBLE
    assert steps == [one, zero, Step.ADD, Step.GIVE, Step.SUBTRACT, zero, Step.PASS, Step.GIVE]


def units_of(count: int) -> Program:
    """Return a program of one pixel with so many hidden units."""
    nodes = [
        Input(1, 4, 4),
        SumPool(0, table([0, 1]), table([0, 1])),
        AddWeights(1, np.ones((count, 1), np.int32), np.zeros(count, np.int32)),
        Relu(2),
        AddWeights(3, np.ones((2, count), np.int32), np.zeros(2, np.int32)),
        Argmax(4),
    ]
    return Program(tuple(nodes))


def test_what_the_rings_do_not_hold_is_refused_by_name() -> None:
    check(units_of(MAX_UNITS))
    with pytest.raises(ExportError, match="hidden units of a layer: expected at most 256, got 257"):
        check(units_of(MAX_UNITS + 1))
    check(with_hidden(small_program(), layers=MAX_LAYERS, largest=1))
    with pytest.raises(ExportError, match="layers of hidden units: expected at most 4, got 5"):
        check(with_hidden(small_program(), layers=MAX_LAYERS + 1, largest=1))


def test_too_many_steps_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("lbpnet.export.verilog.check"), "MAX_STEPS", 100)
    with pytest.raises(ExportError, match="steps of hidden units: expected at most 100"):
        check(with_hidden(small_program()))
