"""What a program may need of the core."""

from __future__ import annotations

from ...errors import ExportError, ProgramError
from ...program import Program
from ...program.expand import head_layers
from .code import assemble
from .hidden import count_steps
from .schedule import Schedule, schedule

MAX_SIDE = 512
MAX_CHANNELS = 64
MAX_CLASSES = 256
MAX_WINDOWS = 64
MAX_MEMORY = 1 << 24
"""Bits of all maps together."""
MAX_WEIGHTS = 1 << 22
MAX_INSTRUCTIONS = 1 << 16
MAX_LAYERS = 4
MAX_UNITS = 256
"""Of the largest layer: each of the first has an adder."""
MAX_STEPS = 1 << 20
"""Of the layers that read hidden units."""


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
    hidden = head_layers(program)[:-1]
    _limit("layers of hidden units", len(hidden), MAX_LAYERS, "")
    _limit("hidden units of a layer", max((len(layer.bias) for layer in hidden), default=0), MAX_UNITS, "")
    try:
        plan = schedule(program)
    except ProgramError as error:
        raise ExportError(f"Verilog: {error}") from error
    windows = max(len(plan.netlist.rows), len(plan.netlist.columns))
    _limit("pooling windows along a side", windows, MAX_WINDOWS, "")
    _limit("the map memory", plan.depth * plan.lanes * plan.word, MAX_MEMORY, "bits")
    _limit("weights", plan.netlist.weights.size, MAX_WEIGHTS, "")
    _limit("instructions", len(assemble(plan)), MAX_INSTRUCTIONS, "")
    if hidden:
        _limit("steps of hidden units", count_steps(plan.netlist.layers), MAX_STEPS, "")
    return plan


def _limit(what: str, got: int, limit: int, unit: str) -> None:
    if got > limit:
        raise ExportError(f"Verilog: {what}: expected at most {limit:,} {unit}".rstrip() + f", got {got:,}")
