"""A program's nodes as a table."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ..cost.working_memory import tensor_bytes
from ..program import (
    Compare,
    Encode,
    Join,
    MaxPool,
    Node,
    Program,
    Shrink,
    blob_bytes,
    load_program,
    short_name,
    sources,
    to_bytes,
)
from ..program.tables import TableWriter


def describe_program(path: Path) -> dict[str, Any]:
    """Return a program's nodes, JSON-ready.

    Raises:
        ProgramError: as `load_program`.
    """
    program = load_program(path)
    return {
        "name": short_name(path),
        "bytes": len(to_bytes(program)),
        "table_bytes": blob_bytes(program),
        "classes": list(program.classes),
        "nodes": [_row(program, index) for index in range(len(program.nodes))],
    }


def print_program(record: dict[str, Any]) -> None:
    """Print what `describe_program` returned."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for heading in ("#", "node", "reads", "shape", "bits", "range", "table bytes", "tensor bytes"):
        table.add_column(heading, justify="left" if heading in ("node", "reads", "shape") else "right")
    for index, row in enumerate(record["nodes"]):
        reads, shape = " ".join(map(str, row["reads"])), "x".join(map(str, row["shape"])) or "1"
        low, high = row["range"]
        kept = [f"{row[key]:,}" for key in ("table_bytes", "tensor_bytes")]
        table.add_row(str(index), row["node"], reads, shape, str(row["bits"]), f"{low:,}..{high:,}", *kept)
    console.print(table)
    classes = ", ".join(record["classes"]) or "not named"
    console.print(f"classes: {classes}", highlight=False, markup=False)
    console.print(f"file {record['bytes']:,} bytes, of them {record['table_bytes']:,} tables", highlight=False)


def _row(program: Program, index: int) -> dict[str, Any]:
    node, kind = program.nodes[index], program.types[index]
    return {
        "node": _title(node),
        "reads": list(sources(node)),
        "shape": list(kind.shape),
        "bits": kind.bits,
        "range": [kind.low, kind.high],
        "table_bytes": _table_bytes(node),
        "tensor_bytes": 0 if isinstance(node, Join) else tensor_bytes(kind),
    }


def _title(node: Node) -> str:
    name = type(node).__name__
    if isinstance(node, Compare):
        return f"{name} {node.window}x{node.window}"
    if isinstance(node, Encode):
        return f"{name} {node.code} {node.bits.shape[1]}"
    if isinstance(node, Shrink | MaxPool):
        return f"{name} {node.factor if isinstance(node, Shrink) else node.size}"
    return name


def _table_bytes(node: Node) -> int:
    # Alone: all of a file's coded tables share one stream, which saves a byte or two a node.
    writer, wiring = TableWriter(), bytearray()
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, np.ndarray):
            writer.add(value, wiring)
    return len(writer.packed()) + len(writer.coded())
