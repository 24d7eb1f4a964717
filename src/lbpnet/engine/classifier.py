"""A loaded program that classifies images."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..program import Program, check_images, load_program
from .reference import reference_scores


class Runner(Protocol):
    """What runs a program on checked images, (B, C, H, W) uint8."""

    def scores(self, images: NDArray[np.uint8], threads: int = 1) -> NDArray[np.int32]:
        """Return (B, classes) int32."""
        ...

    def predict(self, images: NDArray[np.uint8], threads: int = 1) -> NDArray[np.int64]:
        """Return (B,) int64."""
        ...


class ReferenceRunner:
    """The NumPy definition as a `Runner`; it has one thread, whatever is asked for."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def scores(self, images: NDArray[np.uint8], threads: int = 1) -> NDArray[np.int32]:
        """Return (B, classes) int32."""
        return reference_scores(self.program, images)

    def predict(self, images: NDArray[np.uint8], threads: int = 1) -> NDArray[np.int64]:
        """Return the class with the largest score, the lowest among equals, (B,) int64."""
        return self.scores(images).argmax(1).astype(np.int64)


class Classifier:
    """A program, ready to run, with one `Runner` made when it is loaded.

    Args:
        program: what to run.
        runner: what runs it; None: the native engine, or the NumPy reference where it is not there.
    """

    def __init__(self, program: Program, runner: Runner | None = None) -> None:
        self.program = program
        self.runner: Runner = default_runner(program) if runner is None else runner

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
        return self.runner.scores(check_images(self.program.input, images), threads)

    def predict(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.int64]:
        """Return the index of each image's class, (B,) int64; arguments and errors as `scores`."""
        return self.runner.predict(check_images(self.program.input, images), threads)


def load(path: str | Path) -> Classifier:
    """Load a program's file; works without torch.

    Raises:
        ProgramError: there is none, or it is damaged, of another version or no program.
    """
    return Classifier(load_program(Path(path)))


def default_runner(program: Program) -> Runner:
    """Return the fastest runner of this installation."""
    try:
        native = import_module(".native", __package__)
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.native":
            raise
        return ReferenceRunner(program)
    return native.Engine(program)
