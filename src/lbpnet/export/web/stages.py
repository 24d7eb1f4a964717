"""What the page says of a program: its classes, its cost, and the nodes whose maps it shows."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from ...cost import Operations, program_operations
from ...cost.operations import total
from ...program import Compare, Encode, Input, Node, Program, Shrink, TensorType
from ...program.expand import expand
from ...program.simplify import simplify

MOST_TILES = 256
"""Maps that the page draws of one stage."""


def describe(program: Program) -> dict[str, Any]:
    """Return what the page reads, JSON-ready.

    Returns:
        `shape`; `classes`, numbers where the program names none; `operations` by kind; `tiles`, `MOST_TILES`; `nodes`:
        those of maps in order, their fields by name, sources counted among them, tables flat, `bits` empty where they
        are 0, 1, 2 ...; `stages`: which of these nodes to show, with title, caption and largest value.
    """
    first = program.input
    maps = [index for index, kind in enumerate(program.types) if kind.kind == "maps"]
    place = {index: position for position, index in enumerate(maps)}
    return {
        "shape": {"channels": first.channels, "height": first.height, "width": first.width},
        "classes": list(program.classes or map(str, range(program.num_classes))),
        "operations": asdict(count_operations(program)),
        "tiles": MOST_TILES,
        "stages": [stage | {"node": place[stage["node"]]} for stage in shown_stages(program)],
        "nodes": [_entry(program.nodes[index], place) for index in maps],
    }


def _entry(node: Node, place: dict[int, int]) -> dict[str, Any]:
    """Return a node of maps; `place` is where each node of maps stands among them."""
    entry: dict[str, Any] = {"op": type(node).__name__}
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "source":
            value = place[value]
        elif field.name == "sources":
            value = [place[source] for source in value]
        entry[field.name] = value.reshape(-1).tolist() if isinstance(value, np.ndarray) else value
    if isinstance(node, Encode):
        entry["kernels"], entry["points"] = node.bits.shape
        if entry["bits"] == list(range(node.bits.size)):  # every comparison once, in order
            entry["bits"] = []
    return entry


def count_operations(program: Program) -> Operations:
    """Return the operations an image of the simplified program."""
    return total(program_operations(simplify(expand(program))).values())


def shown_stages(program: Program) -> list[dict[str, Any]]:
    """Return the nodes whose maps are shown: the image, also shrunk, and encodings; comparisons where none encodes."""
    coded = any(isinstance(node, Encode) for node in program.nodes)
    stages: list[dict[str, Any]] = []
    number = 0
    for index, (node, kind) in enumerate(zip(program.nodes, program.types, strict=True)):
        if isinstance(node, Encode if coded else Compare):
            number += 1
            title = f"Stage {number}"
        elif isinstance(node, Input | Shrink):
            title = "Input" if isinstance(node, Input) else "Shrunk"
        else:
            continue
        stages.append({"node": index, "title": title, "caption": _caption(kind), "high": kind.high})
    return stages


def _caption(kind: TensorType) -> str:
    channels, height, width = kind.shape
    maps = f"{channels:,} maps of " if channels > 1 else ""
    few = f", the first {MOST_TILES} here" if channels > MOST_TILES else ""
    return f"{maps}{height} × {width}, values 0 to {kind.high:,}{few}"
