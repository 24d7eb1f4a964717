"""Damages plans of the native engine: words become others, hard ones or another plan's; parts are cut or spliced.

What comes of it is refused with a ValueError, or it runs: `accepted` tries both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hidden_programs import with_hidden
from numpy.typing import NDArray
from random_programs import Limits, Size, random_program
from routed_programs import routed_program
from small_program import small_program

from lbpnet.engine.plan import plan_program

Draw = np.random.Generator
Plan = NDArray[np.int32]

HEADER = 17
WORDS, IMAGE, SCRATCH, MAPS, BYTE_MAPS, OPS, FEATURES, SUMS = 2, slice(3, 6), *range(6, 12)
ROWS, COLUMNS, VECTOR, LAYERS = 13, 14, 15, 16
RUN_BYTES = 1 << 22
"""Plans that need more than this, for an image or for scratch, are loaded but not run: a forged one may be sound."""

LONGEST = 1 << 18
"""Words."""

HARD = (
    *(0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 4095, 4096, 4097, 1 << 14),
    *(1 << 16, 1 << 20, 1 << 24, (1 << 28) - 1, 1 << 28, (1 << 30) - 1, 1 << 30, (1 << 31) - 1, -(1 << 31), -64, -4096),
)


def seed_plans() -> list[Plan]:
    """Return valid plans to start from: every op, words of every width, several strips, lanes side by side, layers."""
    limits = Limits(steps=6, comparisons=8, kernels=4, classes=4, pack_points=8)
    sides = ((6, 9), (8, 16), (16, 16), (28, 28), (7, 33), (3, 70), (5, 130))
    programs = [
        random_program(np.random.default_rng(seed), Size(1 + seed % 3, *sides[seed % len(sides)]), limits)
        for seed in range(42)
    ]
    routed = [routed_program(seed, kernels=(4, 5), points=3 + seed, shrink=1 + seed) for seed in range(2)]
    hidden = [with_hidden(program, layers=1 + at) for at, program in enumerate((small_program(), routed[0]))]
    pixels = [plan_program(program) for program in [small_program(), *programs, *routed, *hidden]]
    images = [plan_program(program, vector) for program in [*programs[:10], routed[1], *hidden] for vector in (16, 32)]
    return pixels + images


def accepted(engine: Any, plan: Plan, isas: Sequence[str]) -> bool:
    """Whether a plan is loaded; it then scores an image on each instruction set, all the same if it is a small one.

    Args:
        engine: `_kernels.Engine`.
    """
    engines = []
    for isa in isas:
        try:
            engines.append(engine(plan, isa))
        except ValueError as error:
            assert str(error).startswith("plan: "), error
    if not engines:
        return False
    shape = tuple(plan[IMAGE].tolist())
    # Images as lanes: a full slice and one image of the next.
    count = 8 * int(plan[VECTOR]) + 1
    if max(count * int(np.prod(shape)), engines[0].scratch_bytes) > RUN_BYTES:
        return True
    images = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    for loaded in engines:
        loaded.scores(images, np.empty((count, loaded.classes), np.int32), 1)
    return True


def mutated(draw: Draw, plan: Plan, others: Sequence[Plan]) -> Plan:
    """Return a damaged plan: one to four changes, then the right number of words most of the time."""
    for _ in range(int(draw.integers(1, 5))):
        plan = _CHANGES[int(draw.integers(len(_CHANGES)))](draw, plan, others)
    plan = plan[:LONGEST].copy()
    if draw.random() < 0.9 and len(plan) > WORDS:
        plan[WORDS] = len(plan)
    return plan


def _place(draw: Draw, plan: Plan) -> int:
    """Where to change: the header, the maps and the first ops more often than weights."""
    size = len(plan) if draw.random() < 0.5 else min(len(plan), HEADER if draw.random() < 0.3 else 400)
    return int(draw.integers(0, size)) if size else 0


def _flip(draw: Draw, plan: Plan, _: Sequence[Plan]) -> Plan:
    changed = plan.copy()
    if len(plan):
        changed[_place(draw, plan)] ^= np.int32(1 << int(draw.integers(31)))
    return changed


def _nudge(draw: Draw, plan: Plan, _: Sequence[Plan]) -> Plan:
    changed = plan.astype(np.int64)
    if len(plan):
        changed[_place(draw, plan)] += int(draw.choice((-64, -32, -16, -8, -2, -1, 1, 2, 8, 16, 32, 64)))
    return (changed & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _hard(draw: Draw, plan: Plan, _: Sequence[Plan]) -> Plan:
    changed = plan.copy()
    if len(plan):
        changed[_place(draw, plan)] = HARD[int(draw.integers(len(HARD)))]
    return changed


def _swap(draw: Draw, plan: Plan, _: Sequence[Plan]) -> Plan:
    """One word becomes another of the same plan: an offset that is right elsewhere."""
    changed = plan.copy()
    if len(plan):
        changed[_place(draw, plan)] = plan[_place(draw, plan)]
    return changed


def _cut(draw: Draw, plan: Plan, _: Sequence[Plan]) -> Plan:
    first, last = sorted((_place(draw, plan), _place(draw, plan)))
    return np.concatenate([plan[:first], plan[last:]]) if draw.random() < 0.5 else plan[:last]


def _splice(draw: Draw, plan: Plan, others: Sequence[Plan]) -> Plan:
    other = others[int(draw.integers(len(others)))]
    if draw.random() < 0.5:  # a few words over as many
        changed, count = plan.copy(), int(draw.integers(1, 9))
        to, part = _place(draw, plan), other[_place(draw, other) :][:count]
        part = part[: len(changed) - to]
        changed[to : to + len(part)] = part
        return changed
    return np.concatenate([plan[: _place(draw, plan)], other[_place(draw, other) :]])


def _other_ops(draw: Draw, plan: Plan, others: Sequence[Plan]) -> Plan:
    """An op goes, or one of this or another plan comes before it; their number is right."""
    places = _op_places(plan)
    if not places:
        return plan
    start, end = places[int(draw.integers(len(places)))]
    way, new = draw.random(), plan[:0]
    if way > 0.3:
        giver = plan if way > 0.7 else others[int(draw.integers(len(others)))]
        givable = _op_places(giver)
        if givable:
            first, last = givable[int(draw.integers(len(givable)))]
            new, end = giver[first:last], start
    changed = np.concatenate([plan[:start], new, plan[end:]])
    changed[OPS] = min(int(changed[OPS]), LONGEST) + (1 if end == start else -1)
    return changed


def _op_places(plan: Plan) -> list[tuple[int, int]]:
    """Where each op starts and ends, as far as that is sound."""
    if len(plan) < HEADER:
        return []
    maps, byte_maps, ops, rows, columns = (int(plan[at]) for at in (MAPS, BYTE_MAPS, OPS, ROWS, COLUMNS))
    at = HEADER + 6 * maps + 3 * byte_maps + 2 * (rows + columns)
    places: list[tuple[int, int]] = []
    while len(places) < ops and HEADER <= at < len(plan) - 1 and 0 <= plan[at + 1] <= len(plan) - at - 2:
        places.append((at, at + 2 + int(plan[at + 1])))
        at = places[-1][1]
    return places


_CHANGES = (_flip, _nudge, _nudge, _hard, _hard, _swap, _cut, _splice, _other_ops, _other_ops)
