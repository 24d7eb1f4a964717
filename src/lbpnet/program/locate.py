"""Where a program's file is: a path, or `zoo:NAME`."""

from __future__ import annotations

from pathlib import Path

from ..config.nearest import nearest_hint
from ..errors import ProgramError

FOLDER = Path(__file__).parents[1] / "zoo"
PREFIX = "zoo:"
SUFFIX = ".lbp"


def zoo_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the programs that ship with lbpnet, sorted."""
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}")))


def is_program(target: str | Path) -> bool:
    """Return whether a verb's argument names a program: a file `.lbp`, or `zoo:NAME`."""
    return str(target).startswith(PREFIX) or Path(target).suffix == SUFFIX


def program_path(target: str | Path) -> Path:
    """Return the path of a program: `zoo:NAME` is the shipped one, everything else is a path already.

    Raises:
        ProgramError: the zoo has no such program; names the nearest.
    """
    text = str(target)
    if not text.startswith(PREFIX):
        return Path(target)
    name, names = text.removeprefix(PREFIX), zoo_names()
    if name not in names:
        raise ProgramError(f"{text}: no such program in the zoo{nearest_hint(name, names, prefix=PREFIX)}")
    return FOLDER / f"{name}{SUFFIX}"


def short_name(target: str | Path) -> str:
    """Return what to call a program: its name in the zoo, or that of its file."""
    return str(target).removeprefix(PREFIX) if str(target).startswith(PREFIX) else Path(target).stem
