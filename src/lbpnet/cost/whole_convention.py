"""The `whole` convention of a program: every byte shipped, every operation executed, memory and gates."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from ..program import Program, blob_bytes, packed_bytes, to_bytes
from ..program.expand import expand
from ..program.simplify import simplify
from .gates import gate_equivalents
from .operations import total
from .program_operations import program_operations
from .working_memory import memory_peak

Weights = Literal["trained", "initial"]


def whole_cost(program: Program, *, weights: Weights = "trained") -> dict[str, Any]:
    """Count a program, head included.

    Args:
        program: what runs.
        weights: whether its tables were trained. Widths of sums, gates, and what simplification and zero weights
            save depend on them.

    Returns:
        `stored_bytes` (the file), `table_bytes` (its tables, coded), `packed_table_bytes` (the same as bits and trits:
        what a device stores, beside code that knows the wiring, that reads them in place); `ops` and `ops_by_part` of
        the simplified program, which engines run; `ops_as_written`; `ram_bytes` and `ram_node`; `gates`,
        `gates_by_part` simplified and `gates_as_written`; `multiplies` False; `weights`.
    """
    written = expand(program)
    simple = simplify(written)
    parts, gates = program_operations(simple), gate_equivalents(simple)
    peak = memory_peak(program)
    return {
        "stored_bytes": len(to_bytes(program)),
        "table_bytes": blob_bytes(program),
        "packed_table_bytes": packed_bytes(program),
        "ops": asdict(total(parts.values())),
        "ops_by_part": {name: asdict(count) for name, count in parts.items()},
        "ops_as_written": asdict(total(program_operations(written).values())),
        "ram_bytes": peak.size,
        "ram_node": peak.node,
        "gates": sum(gates.values()),
        "gates_by_part": gates,
        "gates_as_written": sum(gate_equivalents(written).values()),
        "multiplies": False,
        "weights": weights,
    }
