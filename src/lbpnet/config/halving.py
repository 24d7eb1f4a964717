"""Sizes of maps that are halved on their way through a network."""

from __future__ import annotations

from collections.abc import Collection


def halved_sides(side: int, stages: int, pool_at: Collection[int]) -> list[int]:
    """Return the pixels along one side of the maps of each stage, then of those after the last.

    Args:
        side: of the first stage's maps.
        stages: how many.
        pool_at: stages (from 0) after which maps are halved, rounded down.
    """
    sides = [side]
    for stage in range(stages):
        sides.append(sides[-1] // 2 if stage in pool_at else sides[-1])
    return sides
