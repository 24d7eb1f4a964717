"""`lbpnet export`: a program, or a network that multiplies, as a folder for another machine."""

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

    A run folder whose network multiplies goes to ONNX, equal within a float tolerance.

    Example: lbpnet export digits.lbp --to c -o digits_c

    Example: lbpnet export runs/quick --to onnx -o quick_onnx
    """

    source: tyro.conf.Positional[Path]
    """Program (.lbp) that `lbpnet freeze` wrote, zoo:NAME (`lbpnet zoo ls`), or a run folder."""
    to: Annotated[str, tyro.conf.arg(help=_TARGETS, metavar="|".join(TARGETS))]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """Folder to write: new or empty."""
    name: str | None = None
    """Of the network in files and symbols; default: made of the source's file name."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(ExportOptions, args=argv, prog="lbpnet export")
    manifest, said = export_source(options)
    total = sum((options.out / file).stat().st_size for file in manifest.files)
    lines = (
        f"{options.out}: {manifest.target} export '{manifest.name}', {len(manifest.files)} files, {total:,} bytes",
        *said,
        f"check it with: lbpnet verify {options.out}",
    )
    for line in lines:
        Console(soft_wrap=True).print(line, highlight=False, markup=False)
    return 0


def export_source(options: ExportOptions) -> tuple[Manifest, list[str]]:
    """Export a program's file or a run; return the manifest and what else there is to say.

    Raises:
        ExportError: as `lbpnet.export.export` and `lbpnet.network_export.export_network`, or a run for another target
            than ONNX.
        ProgramError: the program cannot be read.
    """
    find_target(options.to)  # a wrong word is told before a file is looked for
    name = identifier(short_name(options.source)) if options.name is None else require_identifier(options.name)
    if not options.source.is_dir():
        return export(load_program(options.source), options.to, options.out, name), []
    if options.to != "onnx":
        raise ExportError(
            f"{options.source}: a folder; {options.to} takes programs: lbpnet freeze {options.source} -o {name}.lbp"
        )
    from ..network_export import export_network

    return export_network(options.source, options.out, name)
