"""A loaded program that classifies images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..program import Program, load_program
from .native import Engine


class Classifier:
    """A program, ready to run, with the names of its classes; many threads may share one.

    Args:
        program: what to run.
        isa: see `Engine`.

    Raises:
        ConfigError: this machine cannot run `isa`.
    """

    def __init__(self, program: Program, isa: str | None = None) -> None:
        self.program = program
        self.engine = Engine(program, isa)

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes: the program's, or else their numbers."""
        return self.program.classes or tuple(str(index) for index in range(self.program.num_classes))

    def scores(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.int32]:
        """Return the integer score of each class.

        Args:
            images: (B, C, H, W) uint8; (B, H, W) where C = 1.
            threads: how many threads a batch may use.

        Returns:
            (B, classes) int32.

        Raises:
            ImageError: wrong dtype or shape.
        """
        return self.engine.scores(images, threads)

    def predict(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.intp]:
        """Return the index of each image's class, (B,): the largest score's, the lowest among equals; as `scores`."""
        return self.engine.predict(images, threads)


def load(path: str | Path) -> Classifier:
    """Load a program's file, or `zoo:NAME`; works without torch.

    Raises:
        ProgramError: there is none, or it is damaged, of another version or no program.
    """
    return Classifier(load_program(path))
