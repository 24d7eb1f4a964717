"""What a program may need of the core."""

from __future__ import annotations

from ...errors import ExportError, ProgramError
from ...program import Program
from ...program.expand import head_layers
from .code import assemble
from .schedule import Schedule, schedule

MAX_SIDE = 512
MAX_CHANNELS = 64
MAX_CLASSES = 256
MAX_WINDOWS = 64
MAX_MEMORY = 1 << 24
"""Bits of all maps together."""
MAX_WEIGHTS = 1 << 22
MAX_INSTRUCTIONS = 1 << 16


def check(program: Program) -> None:
    """Check that a program is within the core's limits.

    Raises:
        ExportError: names the limit.
    """
    checked_schedule(program)


def checked_schedule(program: Program) -> Schedule:
    """Return the schedule of a program within the limits.

    Raises:
        ExportError: names the limit.
    """
    image = program.input
    _limit("the image's sides", max(image.height, image.width), MAX_SIDE, "pixels")
    _limit("the image's channels", image.channels, MAX_CHANNELS, "")
    _limit("classes", program.num_classes, MAX_CLASSES, "")
    _limit("layers of hidden units", len(head_layers(program)) - 1, 0, "")
    try:
        plan = schedule(program)
    except ProgramError as error:
        raise ExportError(f"Verilog: {error}") from error
    windows = max(len(plan.netlist.rows), len(plan.netlist.columns))
    _limit("pooling windows along a side", windows, MAX_WINDOWS, "")
    _limit("the map memory", plan.depth * plan.lanes * plan.word, MAX_MEMORY, "bits")
    _limit("weights", plan.netlist.weights.size, MAX_WEIGHTS, "")
    _limit("instructions", len(assemble(plan)), MAX_INSTRUCTIONS, "")
    return plan


def _limit(what: str, got: int, limit: int, unit: str) -> None:
    if got > limit:
        raise ExportError(f"Verilog: {what}: expected at most {limit:,} {unit}".rstrip() + f", got {got:,}")
