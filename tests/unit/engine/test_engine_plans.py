"""Forged plans: the native engine refuses them or runs them inside its memory."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hidden_programs import with_hidden
from plan_mutations import (
    BYTE_MAPS,
    FEATURES,
    HEADER,
    LAYERS,
    MAPS,
    OPS,
    ROWS,
    SCRATCH,
    SUMS,
    WORDS,
    Plan,
    accepted,
    mutated,
    seed_plans,
)
from random_programs import Size, random_program
from routed_programs import routed_program

from lbpnet.engine import Engine
from lbpnet.engine.plan import plan_program
from lbpnet.errors import ProgramError

ISAS = tuple(isa for isa in Engine.isas() if isa != "reference")
pytestmark = pytest.mark.skipif(not ISAS, reason="the native engine was not built")
LARGEST, SMALLEST = (1 << 31) - 1, -(1 << 31)


@pytest.fixture(scope="module")
def engine() -> Any:
    return import_module("lbpnet._kernels").Engine


def test_forged_plans_are_refused_or_run(engine: Any) -> None:
    draw, plans = np.random.default_rng(6), seed_plans()
    assert all(accepted(engine, plan, ISAS) for plan in plans)
    ran = sound = 0
    for _ in range(4000):
        sound += accepted(engine, mutated(draw, plans[int(draw.integers(len(plans)))], plans), ISAS)
        ran += 1
    assert ran == 4000
    assert 200 < sound < 2000  # the damage is neither fatal always nor never felt


def window_place(plan: Plan) -> int:
    """Where the end of the first row window is."""
    return HEADER + 6 * int(plan[MAPS]) + 3 * int(plan[BYTE_MAPS]) + 1


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, 0, "version"),
        (1, 1, "version"),
        (WORDS, 0, "number of words"),
        (WORDS, -1, "number of words"),
        (3, 0, "image shape"),
        (4, 4097, "image shape"),
        (SCRATCH, 1 << 28, "scratch size"),
        (SCRATCH, -64, "scratch size"),
        (SCRATCH, 0, "map larger than scratch"),
        (MAPS, 65, "number of maps"),
        (OPS, 1 << 21, "number of maps or ops"),
        (FEATURES, 1 << 25, "number of features"),
        (SUMS, 0, "sums"),
        (SUMS, 1, "words after the weights"),
        (LAYERS, 65, "number of layers"),
        (LAYERS, 1, "outputs of a layer"),
        (ROWS, 65, "number of windows"),
        (HEADER, 3, "map shape"),
        (HEADER + 1, 2, "words of a map"),
        (HEADER + 4, 29, "lanes"),
        (HEADER + 5, 32, "halo"),
    ],
)
def test_a_forged_word_is_refused_with_its_reason(engine: Any, place: int, value: int, reason: str) -> None:
    plan = plan_program(routed_program(0, kernels=(3, 3)))
    plan[place] = value
    with pytest.raises(ValueError, match=rf"^plan: .*{reason}"):
        engine(plan, "portable")


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [(0, "outputs of a layer"), (-1, "outputs"), (4097, "outputs"), (1, "words after"), (4096, "weights of a layer")],
)
def test_a_forged_layer_is_refused_with_its_reason(engine: Any, outputs: int, reason: str) -> None:
    plan = plan_program(with_hidden(routed_program(0, kernels=(3, 3)), classes=4))
    plan[-4 * int(plan[SUMS]) - 4 - 1] = outputs
    with pytest.raises(ValueError, match=rf"^plan: .*{reason}"):
        engine(plan, "portable")


def test_one_score_is_refused(engine: Any) -> None:
    plan = plan_program(with_hidden(routed_program(0, kernels=(3, 3)), classes=2))
    units = int(plan[SUMS])
    one = np.concatenate([plan[: -2 * units - 3], [1], np.zeros(units + 1)]).astype(np.int32)
    one[WORDS] = len(one)
    with pytest.raises(ValueError, match="number of classes"):
        engine(one, "portable")


def test_scratch_that_would_misalign_what_follows_is_refused(engine: Any) -> None:
    plan = plan_program(routed_program(0, kernels=(3, 3)))
    for more in (1, 2, 4, 32):
        forged = plan.copy()
        forged[SCRATCH] += more
        with pytest.raises(ValueError, match="scratch size"):
            engine(forged, "portable")


@pytest.mark.parametrize("end", [SMALLEST, -1, 0, LARGEST])
def test_windows_that_end_nowhere_are_refused(engine: Any, end: int) -> None:
    plan = plan_program(routed_program(0, kernels=(3, 3)))
    plan[window_place(plan)] = end
    with pytest.raises(ValueError, match="window"):
        engine(plan, "portable")


def test_every_cut_of_a_plan_is_refused(engine: Any) -> None:
    plan = plan_program(random_program(np.random.default_rng(3), Size(height=9, width=20, steps=6)))
    ran = 0
    for length in range(len(plan)):
        cut = plan[:length].copy()
        if length > WORDS:
            cut[WORDS] = length
        with pytest.raises(ValueError, match=r"^plan: "):
            engine(cut, "portable")
        ran += 1
    assert ran == len(plan) > 50


def test_a_program_that_needs_more_memory_than_the_budget_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    program = routed_program(0, kernels=(3, 3))
    needed = Engine(program).scratch_bytes
    assert needed is not None and needed < 1 << 20
    monkeypatch.setattr("lbpnet.engine.plan.MAX_SCRATCH", 4096)
    with pytest.raises(ProgramError, match=r"MiB for one image, and takes at most .* reference"):
        Engine(program)
    assert Engine(program, isa="reference").isa == "reference"
