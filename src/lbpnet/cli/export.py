"""`lbpnet export`: a program as a folder for another machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ..errors import ExportError
from ..export import TARGETS, Manifest, export, identifier
from ..export.names import require_identifier
from ..export.targets import find_target
from ..program import load_program, short_name

_TARGETS = "; ".join(f"{name}: {target.summary}" for name, target in TARGETS.items())


@dataclass(frozen=True)
class ExportOptions:
    """Write a self-contained folder that runs a program elsewhere; `lbpnet verify` proves it equal.

    Example: lbpnet export digits.lbp --to c -o digits_c
    """

    program: tyro.conf.Positional[Path]
    """Program (.lbp) that `lbpnet freeze` wrote, or zoo:NAME (`lbpnet zoo ls`)."""
    to: Annotated[str, tyro.conf.arg(help=_TARGETS, metavar="|".join(TARGETS))]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """Folder to write: new or empty."""
    name: str | None = None
    """Of the network in files and symbols; default: made of the program's file name."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ExportOptions, args=argv, prog="lbpnet export")
    manifest = export_file(options)
    console = Console(soft_wrap=True)
    total = sum((options.out / file).stat().st_size for file in manifest.files)
    lines = (
        f"{options.out}: {manifest.target} export '{manifest.name}', {len(manifest.files)} files, {total:,} bytes",
        f"prove it with: lbpnet verify {options.out}",
    )
    for line in lines:
        console.print(line, highlight=False, markup=False)
    return 0


def export_file(options: ExportOptions) -> Manifest:
    """Export a program's file.

    Raises:
        ExportError: as `lbpnet.export.export`, or a run folder instead of a program.
        ProgramError: the program cannot be read.
    """
    find_target(options.to)  # a wrong word is told before a file is looked for
    name = identifier(short_name(options.program)) if options.name is None else require_identifier(options.name)
    if options.program.is_dir():
        raise ExportError(f"{options.program}: a folder; freeze the run first: lbpnet freeze RUN -o {name}.lbp")
    return export(load_program(options.program), options.to, options.out, name)
