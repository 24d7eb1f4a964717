"""The targets of an export, and what each must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from ..config import nearest_hint
from ..errors import ExportError
from ..program import Program


class Backend(Protocol):
    """The functions of a target's subpackage."""

    def check(self, program: Program) -> None:
        """Raise the `ExportError` that names the limit of the target which a program exceeds."""
        ...

    def write(self, program: Program, folder: Path, name: str) -> None:
        """Write the files of a self-contained folder, its README among them; `name` is what `identifier` allows."""
        ...

    def verify(self, folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
        """Build or simulate a folder and compare the scores and class of every image with the reference by `==`.

        Args:
            folder: a copy of the exported folder, of its files alone; builds may be written into it.
            program: the one it was written from.
            images: (B, C, H, W) uint8, B >= 1.

        Returns:
            Lines that say what was compared and with which tools.

        Raises:
            VerificationError: names the first image that differs.
            MissingToolError: names the tool and its package.
        """
        ...


@dataclass(frozen=True)
class Target:
    """A target: its subpackage of `lbpnet.export`, imported when it is used, and what it is in words."""

    module: str
    summary: str

    def backend(self) -> Backend:
        """Import the target's functions."""
        return cast(Backend, import_module(f".{self.module}", __package__))


TARGETS = {
    "c": Target("c", "C99 for microcontrollers and hosts"),
    "verilog": Target("verilog", "a streaming core in Verilog-2001"),
    "onnx": Target("onnx", "an ONNX graph of integer operators"),
    "web": Target("web", "WebAssembly and a page that needs no network"),
}


def find_target(name: str) -> Target:
    """Return a target by name.

    Raises:
        ExportError: there is none of this name.
    """
    if name not in TARGETS:
        raise ExportError(f"no target '{name}'{nearest_hint(name, TARGETS)}")
    return TARGETS[name]
