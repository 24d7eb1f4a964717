"""Costs of programs small enough to count by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from lbpnet.cost import Operations, gate_equivalents, memory_peak, program_operations, signed_digits, whole_cost
from lbpnet.cost.gates import adder_gates, argmax_gates, comparator_gates
from lbpnet.cost.working_memory import tensor_bytes
from lbpnet.program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Program,
    Shrink,
    SumPool,
    TensorType,
    blob_bytes,
    to_bytes,
)
from lbpnet.program.expand import expand
from lbpnet.program.nodes import Code
from lbpnet.program.simplify import simplify

NONE = np.zeros(0, np.int32)


def table(*values: object) -> np.ndarray:
    return np.array(values, np.int32)


def head(source: int, side: tuple[int, int], weights: np.ndarray, bias: np.ndarray) -> list[Node]:
    """One window over the whole map, weights, argmax."""
    return [
        SumPool(source, table([0, side[0]]), table([0, side[1]])),
        AddWeights(source + 1, weights, bias),
        Argmax(source + 2),
    ]


def one_map(code: Code = "pack", floor: int = 1, limit: np.ndarray = NONE, weights: object = ((1,), (-1,))) -> Program:
    """A 4x3 grey image, bits right and below, one map of both, two classes."""
    taps = table(5, 7)  # 3x3 window: (0, 1) and (1, 0)
    nodes: list[Node] = [
        Input(1, 4, 3),
        Compare(0, 3, table(0, 0), taps),
        Encode(1, code, table([0, 1]), floor, limit),
        *head(2, (4, 3), np.array(weights, np.int32), table(0, 2)),
    ]
    return Program(tuple(nodes))


def test_signed_digits_are_the_shortest_form_without_neighbours() -> None:
    for weight in range(-127, 128):
        digits = signed_digits(weight)
        assert sum(sign << power for power, sign in digits) == weight
        assert all(high - low > 1 for (low, _), (high, _) in itertools.pairwise(digits))
    assert signed_digits(7) == ((0, -1), (3, 1))
    assert signed_digits(-3) == ((0, 1), (2, -1))
    assert signed_digits(0) == ()


def test_operations_of_one_packed_map_are_those_counted_by_hand() -> None:
    parts = program_operations(expand(one_map()))
    assert parts == {
        "compare": Operations(compare=24),  # 2 bits x 12 pixels
        "encode": Operations(shift=12, logic=12, compare=12, add=12),
        "sum": Operations(add=11),  # 12 pixels into one: 3 rows onto one x 3, then 2
        "weights": Operations(add=2),
        "argmax": Operations(compare=1),
    }


def test_operations_of_counts_and_thresholds_are_those_counted_by_hand() -> None:
    counted = program_operations(expand(one_map("count", 0)))
    voted = program_operations(expand(one_map("threshold", 0, table(2))))
    assert counted["encode"] == Operations(add=12)
    assert voted["encode"] == Operations(add=12, compare=12)


def test_weights_cost_an_add_a_signed_digit_and_a_shift_a_digit_above_the_lowest_place() -> None:
    ran = 0
    for weight, adds, shifts in (
        (0, 0, 0),
        (1, 1, 0),
        (-1, 1, 0),
        (2, 1, 1),
        (3, 2, 1),
        (-5, 2, 1),
        (6, 2, 2),
        (7, 2, 1),
    ):
        parts = program_operations(expand(one_map(weights=((weight,), (1,)))))
        assert parts["weights"] == Operations(add=adds + 1, shift=shifts), weight
        ran += 1
    assert ran == 8


def test_shrinking_and_pooling_are_those_counted_by_hand() -> None:
    nodes: list[Node] = [
        Input(1, 8, 8),
        Shrink(0, 2),
        Compare(1, 3, table(0), table(5)),
        MaxPool(2, 2),
        MaxPool(1, 2),
        Join((3, 4)),
        *head(5, (2, 2), table([1, 0], [0, 1]), table(0, 0)),
    ]
    parts = program_operations(expand(Program(tuple(nodes))))
    assert parts["shrink"] == Operations(add=16 * 3, shift=16)
    assert parts["compare"] == Operations(compare=16)
    assert parts["pool"] == Operations(logic=4 * 3, compare=4 * 3)
    assert parts["sum"] == Operations(add=2 * 3)
    gates = gate_equivalents(expand(Program(tuple(nodes))))
    # Four bytes: places 0 and 1..7 with 4 signals and carries 0, 2, 3, 3, 3, 3, 3, 3; places 8 (3 carries) and 9 (XOR).
    assert gates["shrink"] == 16 * adder_gates([4] * 8, 10)
    assert gates["pool"] == 4 * 3 * 1 + 4 * 3 * (29 + 3 * 8)


def test_adders_are_those_drawn_by_hand() -> None:
    for columns, width, gates in (
        ([1], 1, 0),
        ([2], 2, 2),  # a half adder
        ([3], 2, 5),  # a full adder
        ([4], 3, 5 + 2 + 2),
        ([2, 2], 3, 2 + 5),  # two 2-bit numbers: half adder, full adder
        ([2, 2], 2, 2 + 2),  # modulo 4: the highest place is two XORs
        ([4, 4], 4, 7 + (5 * 2 + 2) + (5 + 0)),
    ):
        assert adder_gates(columns, width) == gates, (columns, width)


def test_an_adder_has_the_full_adders_that_its_signals_need() -> None:
    """Each full adder takes one signal away, a half adder none: n signals into a sum of b bits need n - b."""
    for signals in range(1, 200):
        bits = signals.bit_length()
        halves = adder_gates([signals], bits + 1) - 5 * (signals - bits)
        assert halves % 2 == 0 and 0 <= halves <= 2 * bits, signals


def test_comparators_and_argmax_are_those_counted_by_hand() -> None:
    assert [comparator_gates(bits) for bits in (1, 2, 8)] == [1, 5, 29]
    assert argmax_gates(2, 6) == 21 + 3
    assert argmax_gates(3, 6) == 2 * 21 + 3 * 6 + 2 * 3 * 2


def test_gates_of_one_packed_map_are_those_counted_by_hand() -> None:
    gates = gate_equivalents(expand(one_map()))
    assert gates["compare"] == (4 * 2 + 3 * 3) * 29  # pairs inside the image
    assert gates["encode"] == 12 * 2  # n = 2: ANDs with the upper bit
    assert gates["sum"] == adder_gates([12, 12], 5)  # values up to 2, sums up to 24
    # Scores from -24 + 2 to 24 take 6 bits. Class 0 adds nothing; class 1 inverts 5 bits, constant 2 - 31 = 0b100011.
    assert gates["weights"] == adder_gates([2, 2, 1, 1, 1, 1], 6)
    assert gates["argmax"] == 21 + 3
    assert set(gates) == {"compare", "encode", "sum", "weights", "argmax"}


def test_gates_of_codes_are_those_counted_by_hand() -> None:
    codes: list[tuple[Code, int, np.ndarray, int]] = [
        ("pack", 0, NONE, 0),  # wires
        ("pack", 2, NONE, 1 + 6),  # v >= 3: one AND; subtract and mask
        ("count", 0, NONE, 2),
        ("threshold", 0, table(1), 2 + 1),  # count >= 1: the OR of both bits
        ("threshold", 0, table(2), 2 + 0),  # count >= 2: the carry
        ("threshold", 0, table(0), 0),
        ("threshold", 0, table(3), 0),
    ]
    for code, floor, limit, a_pixel in codes:
        gates = gate_equivalents(expand(one_map(code, floor, limit)))
        assert gates["encode"] == 12 * a_pixel, (code, floor, limit)


def test_merged_channels_are_counted_once_and_dead_ones_not_at_all() -> None:
    nodes: list[Node] = [
        Input(1, 4, 3),
        Compare(0, 3, table(0, 0, 0), table(5, 5, 4)),  # twice the same bit; the pivot with itself
        Encode(1, "count", table([0, 2], [1, 2], [2, 2]), 0, NONE),
        *head(2, (4, 3), table([1, 1, 1], [-1, 0, 1]), table(0, 0)),
    ]
    written = expand(Program(tuple(nodes)))
    simple = simplify(written)
    assert program_operations(written)["compare"] == Operations(compare=36)
    assert program_operations(simple) == {
        "compare": Operations(compare=12),
        "sum": Operations(add=11),
        "weights": Operations(add=2, shift=1),  # 1 + 1 = 2 for class 0, -1 for class 1
        "argmax": Operations(compare=1),
    }
    assert sum(gate_equivalents(simple).values()) < sum(gate_equivalents(written).values())


def test_memory_peak_is_that_of_the_tensors_alive_together() -> None:
    sizes = [12, 2 * 2, 3]  # image; two maps of 12 bits, a byte and a half each; one map of 2-bit values
    peak = memory_peak(one_map())
    assert peak == (sizes[0] + sizes[1], 1)
    nodes: list[Node] = [
        Input(1, 4, 4),
        Compare(0, 3, table(0, 0), table(5, 7)),  # 4 bytes
        Encode(1, "count", table([0, 1], [0, 1]), 0, NONE),  # 2 maps of 2 bits: 8 bytes
        Join((0, 2)),  # keeps both alive, copies nothing
        Compare(3, 3, table(0, 1, 2), table(5, 5, 5)),  # 6 bytes
        *head(4, (4, 4), table([1, 1, 1], [1, 1, 1]), table(0, 0)),
    ]
    assert memory_peak(Program(tuple(nodes))) == (16 + 8 + 6, 4)


def test_tensors_are_stored_in_their_width_rounded_up_to_a_power_of_two() -> None:
    for kind, size in (
        (TensorType("maps", (3, 5, 1), 0, 1), 3 * 1),
        (TensorType("maps", (3, 5, 1), 0, 2), 3 * 2),
        (TensorType("maps", (3, 5, 1), 0, 8), 3 * 3),
        (TensorType("maps", (3, 5, 1), 0, 255), 3 * 5),
        (TensorType("features", (3, 2, 2), 0, 256), 3 * 8),
        (TensorType("scores", (10,), -40_000, 5), 40),
        (TensorType("scores", (10,), -4, 5), 5),
        (TensorType("class", (), 0, 9), 1),
    ):
        assert tensor_bytes(kind) == size, kind


def test_whole_counts_the_file_as_shipped_and_sums_its_parts(routed_program: Callable[..., Program]) -> None:
    program = routed_program((1, 9, 8), (4, 5))
    whole = whole_cost(program, weights="initial")
    assert whole["stored_bytes"] == len(to_bytes(program))
    assert whole["table_bytes"] == blob_bytes(program)
    # 4 kernels x 3 points: 5 bits of position, no channel; 5 x 3 points: 5 bits and 3 bits; 3 x 36 trits; 3 biases.
    head = program.head
    bias_bits = int(head.bias.max() - head.bias.min()).bit_length()
    assert whole["table_bytes"] <= 8 + 10 + 6 + 22 + -(-3 * bias_bits // 8) + 4 * 2
    for kind in asdict(Operations()):
        assert whole["ops"][kind] == sum(part[kind] for part in whole["ops_by_part"].values())
        assert whole["ops"][kind] <= whole["ops_as_written"][kind] or kind in ("shift", "add")
    assert whole["ops"]["multiply"] == 0 and whole["multiplies"] is False
    assert whole["gates"] == sum(whole["gates_by_part"].values()) <= whole["gates_as_written"]
    assert whole["weights"] == "initial"


def test_simplifying_twice_costs_the_same(routed_program: Callable[..., Program]) -> None:
    for seed in range(5):
        simple = simplify(expand(routed_program(seed=seed)))
        assert program_operations(simplify(simple)) == program_operations(simple)
        assert gate_equivalents(simplify(simple)) == gate_equivalents(simple)
