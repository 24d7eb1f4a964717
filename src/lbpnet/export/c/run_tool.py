"""Runs compilers, binutils and simulators."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ...errors import VerificationError
from ..tools import find_tool


def run_tool(command: Sequence[str], package: str, folder: Path | None = None, seconds: float = 600) -> str:
    """Run a command in a folder and return what it printed.

    Raises:
        MissingToolError: the program is not installed; the message names the apt package.
        VerificationError: it failed or took longer than the limit; the message holds the end of what it said.
    """
    find_tool(command[0], package)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise VerificationError(f"{Path(command[0]).name}: not done after {seconds:g} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise VerificationError(f"{Path(command[0]).name}: exit status {done.returncode}\n{said}")
    return done.stdout
