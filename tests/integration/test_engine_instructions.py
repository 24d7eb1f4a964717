"""The engine executes no more instructions an image than its record says: the regression gate of its speed."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest
from engine_harness import build_harness, compiler_version
from engine_instructions import CAN_COUNT, GOLDEN, ISAS, count_instructions, counted_programs

UPDATE = "python scripts/count_engine_instructions.py --update"
MORE, FEWER, OTHER_COMPILER = 0.02, 0.10, 0.15


def faults(record: dict[str, object], counted: dict[str, dict[str, int]], compiler: str) -> list[str]:
    """Return what differs too much from the record."""
    recorded = record["instructions_an_image"]
    assert isinstance(recorded, dict)
    same = compiler == record["compiler"]
    more, fewer = (MORE, FEWER) if same else (OTHER_COMPILER, OTHER_COMPILER)
    if {name: set(row) for name, row in recorded.items()} != {name: set(row) for name, row in counted.items()}:
        return [f"the record is of other programs; {UPDATE}"]
    return [
        f"{name}, {isa}: {found:,} instructions an image by {compiler}, {found / wanted - 1:+.1%} beside the record "
        f"of {record['compiler']}; allowed -{fewer:.0%} to +{more:.0%}. If this is meant: {UPDATE}"
        for name, row in counted.items()
        for isa, found in row.items()
        for wanted in [recorded[name][isa]]
        if not (1 - fewer) * wanted <= found <= (1 + more) * wanted
    ]


@pytest.mark.skipif(
    os.environ.get("CI") != "true" or platform.machine() != "x86_64", reason="only CI on x86-64 promises valgrind"
)
def test_ci_can_count_instructions() -> None:
    assert CAN_COUNT


@pytest.mark.skipif(not CAN_COUNT, reason="needs valgrind, cc and x86-64")
def test_the_engine_executes_the_recorded_number_of_instructions(tmp_path: Path) -> None:
    counted = count_instructions(build_harness(tmp_path, ISAS), tmp_path)
    assert sum(len(row) for row in counted.values()) == 3 * len(ISAS)
    record = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = faults(record, counted, compiler_version())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("factor", "compiler", "fails"),
    [
        (1.0, "gcc 12", False),
        (1.019, "gcc 12", False),
        (1.021, "gcc 12", True),
        (0.91, "gcc 12", False),
        (0.89, "gcc 12", True),
        (1.14, "gcc 13", False),
        (0.86, "gcc 13", False),
        (1.16, "gcc 13", True),
        (0.84, "clang 12", True),
    ],
)
def test_the_gate_opens_for_what_is_allowed_alone(factor: float, compiler: str, fails: bool) -> None:
    record = {"compiler": "gcc 12", "instructions_an_image": {"a": {"avx2": 100_000, "portable": 200_000}}}
    counted = {"a": {"avx2": round(100_000 * factor), "portable": 200_000}}
    assert bool(faults(record, counted, compiler)) == fails


def test_a_record_of_other_programs_does_not_count() -> None:
    record = {"compiler": "gcc 12", "instructions_an_image": {name: dict.fromkeys(ISAS, 1) for name in "ab"}}
    assert faults(record, {"a": dict.fromkeys(ISAS, 1)}, "gcc 12")


def test_the_record_is_of_the_programs_that_are_counted() -> None:
    record = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name: tuple(row) for name, row in record["instructions_an_image"].items()} == {
        name: ISAS for name in counted_programs()
    }
