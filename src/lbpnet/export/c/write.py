"""A program's folder of C: checked, planned, written."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ...errors import ExportError
from ...program import Program
from ...program.expand import expand
from ...program.simplify import simplify
from .arduino import write_arduino_library
from .hidden import kept_units
from .pairs import has_pairs
from .signals import Signals
from .source import Plans, header, network_header, source
from .tables import Tables

RUNTIME = (
    "lbp_runtime.h",
    "lbp_tables.h",
    "lbp_bits.h",
    "lbp_coded.h",
    "lbp_compare.h",
    "lbp_head.h",
    "lbp_hidden.h",
    "lbp_largest.h",
    "lbp_maps.h",
    "lbp_pool.h",
    "lbp_row_bytes.h",
    "lbp_row_maps.h",
    "lbp_rows.c",
    "lbp_planes.c",
)
EXAMPLE = ("main.c", "Makefile", "README.md")
_TAKEN = """main arduino assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype"""


def check(program: Program) -> None:
    """Refuse what the runtime does not hold.

    Raises:
        ExportError: names the limit.
    """
    _plan(program)


def write(program: Program, folder: Path, name: str) -> None:
    """Write the C files of a program.

    Args:
        program: what to export.
        folder: where; it exists.
        name: a C identifier, the prefix of every public name.

    Raises:
        ExportError: the name is one of the runtime's files or of C's headers, or `check` refuses the program.
    """
    if name.lower() in _TAKEN.split() or name.lower().startswith("lbp"):
        raise ExportError(f"name '{name}': expected none of a C header, and none that begins with lbp; try my_{name}")
    plans = _plan(program)
    rows = plans.rows
    (folder / f"{name}.h").write_text(header(program, name, plans), encoding="ascii")
    (folder / f"{name}.c").write_text(source(program, name, plans), encoding="ascii")
    (folder / "lbp_network.h").write_text(network_header(plans), encoding="ascii")
    package = files("lbpnet.export.c")
    for file in RUNTIME:
        (folder / file).write_bytes((package / "runtime" / file).read_bytes())
    facts = {
        "NETWORK": name,
        "@SHAPE@": " x ".join(map(str, program.types[0].shape)),
        "@CLASSES@": str(program.num_classes),
        "@TABLES@": f"{rows.table_bytes:,}",
    }
    for file in EXAMPLE:
        text = (package / "template" / file).read_text(encoding="utf-8")
        for word, fact in facts.items():
            text = text.replace(word, fact)
        (folder / file).write_text(text, encoding="utf-8")
    needed = (f"{name}.h", f"{name}.c", "lbp_network.h", *RUNTIME)
    sources = [folder / file for file in needed if file != "lbp_planes.c"]
    write_arduino_library(program, folder / "arduino" / name, name, sources)


def _plan(program: Program) -> Plans:
    """Return the tables of both schedules."""
    netlist = simplify(expand(program))

    def plan(whole: bool, pairs: bool) -> Tables:
        signals = Signals(netlist, (program.input.height, program.input.width), pairs)
        signals.run()
        tables = Tables(netlist, signals, whole)
        _require_limits(tables)
        return tables

    return Plans(plan(False, False), plan(False, True) if has_pairs(netlist) else None, plan(True, False))


def _require_limits(tables: Tables) -> None:
    geometries = tables.signals.geometries
    sizes = {
        "words of bit planes, of 32 bits": sum(-(-geometries[g].width // 32) * n for g, n in tables.plane_rows.items()),
        "sums": tables.window_rows * len(tables.netlist.columns),
        "block sums": tables.blocks,
        "steps of an image": tables.steps,
        "bytes of records in a run": max(run.size for run in tables.bodies),
        "entries of values": len(tables.values),
        "hidden units": kept_units(tables.netlist),
    }
    for what, size in sizes.items():
        if size > 0xFFFF:
            raise ExportError(f"the C runtime holds at most 65,535 {what}; this program has {size:,}")
