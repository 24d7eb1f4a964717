"""Writing a program's export."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..program import Program, save_program
from .folder import write_folder
from .manifest import PROGRAM_FILE, Manifest
from .names import DEFAULT_NAME, require_identifier
from .targets import Backend, find_target


def export(program: Program, target: str, folder: str | Path, name: str | None = None) -> Manifest:
    """Write a self-contained folder that runs a program on a target.

    Beside the target's files it holds the program itself and a manifest of their digests: what `verify` reads.

    Args:
        program: what to export.
        target: a key of `TARGETS`.
        folder: where; made where it is missing, else empty.
        name: of the network in files and symbols, a valid identifier in C, Verilog and JavaScript; default
            `classifier`. `identifier` makes one of any text.

    Returns:
        The manifest that was written.

    Raises:
        ExportError: unknown target, unusable name or folder, or a program beyond a limit of the target; then nothing
            was written.
        MissingToolError: writing for this target needs a tool that is not installed.
    """
    backend = find_target(target).backend()
    name = DEFAULT_NAME if name is None else require_identifier(name)
    backend.check(program)
    return write_folder(Path(folder), partial(_write, backend, program, name), target=target, name=name)


def _write(backend: Backend, program: Program, name: str, folder: Path) -> None:
    save_program(program, folder / PROGRAM_FILE)
    backend.write(program, folder, name)
