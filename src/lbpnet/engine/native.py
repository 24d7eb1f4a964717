"""The fastest way to run a program: the native engine where it was built, the NumPy reference otherwise."""

from __future__ import annotations

import os
import sys
import warnings
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, ImageError, ProgramError
from ..program import Program, check_images
from .plan import plan_program
from .reference import reference_scores

VARIABLE = "LBPNET_KERNELS"
_SLICED_BYTES = 4 << 20
"""Images as lanes win where their planes fit the second-level cache, or nearly."""


class NoEngineWarning(UserWarning):
    """The native engine is not there; programs run in NumPy, a thousand times slower."""


class Engine:
    """A loaded program that classifies images; one may be called from many threads at once.

    Args:
        program: what to run.
        isa: `portable`, `avx2`, `avx512` or `neon`; `reference` for NumPy; None for the fastest, or what the
            environment variable LBPNET_KERNELS names (`off`: NumPy).

    Raises:
        ConfigError: the instruction set was not built, or this CPU lacks it.
    """

    def __init__(self, program: Program, isa: str | None = None) -> None:
        self.program = program
        self.isa = choose_isa() if isa is None else isa
        self._native: Any = None
        self._module: Any = None
        self._direct = 0
        if self.isa == "reference":
            return
        module = import_kernels()
        if module is None or self.isa not in module.instruction_sets():
            raise ConfigError(f"isa: expected one of {', '.join(self.isas())}, got '{self.isa}'")
        self._module = module
        self._native = self._load(plan_program(program))
        self._slice = 8 * int(module.engine_vector(self.isa))
        # Batches that take no slice.
        self._direct = sys.maxsize if self._native.beside else self._slice // 2

    @staticmethod
    def isas() -> tuple[str, ...]:
        """Return what this machine can run, slowest first."""
        module = import_kernels()
        return ("reference",) if module is None else ("reference", *module.instruction_sets())

    @property
    def scratch_bytes(self) -> int | None:
        """Return the working memory of one caller who classifies images one by one; None for the reference."""
        return None if self._native is None else int(self._native.scratch_bytes)

    def scores(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.int32]:
        """Return the scores of images.

        Args:
            images: (B, C, H, W) uint8, or (B, H, W) for one channel.
            threads: that a batch is split over.

        Returns:
            (B, classes) int32.

        Raises:
            ImageError: wrong dtype or shape, or no thread.
        """
        images = check_images(self.program.input, images)
        if threads < 1:
            raise ImageError(f"threads: expected at least 1, got {threads}")
        if self._native is None:
            return reference_scores(self.program, images)
        out = np.empty((len(images), self._native.classes), np.int32)
        # A slice that is less than half full costs more than its images one by one.
        sliced = (len(images) + self._slice // 2) // self._slice
        first = 0
        if sliced and not self._native.beside and self._sliced is not None:
            first = min(sliced * self._slice, len(images))
            self._sliced.scores(images[:first], out[:first], threads)
        if first < len(images):
            self._native.scores(images[first:], out[first:], threads)
        return out

    @cached_property
    def _sliced(self) -> Any:
        """The engine with images as lanes, made for the first large batch; None where its planes fit no cache."""
        vector = self._slice // 8
        try:
            plan = plan_program(self.program, vector)
        except ProgramError:  # so large a plan fits no cache either
            return None
        return self._load(plan) if int(plan[6]) <= _SLICED_BYTES else None

    def _load(self, plan: NDArray[np.int32]) -> Any:
        try:
            return self._module.Engine(plan, self.isa)
        except ValueError as error:
            raise ProgramError(f"the native engine refuses the program: {error}") from error

    def predict(self, images: NDArray[Any], threads: int = 1) -> NDArray[np.intp]:
        """Return the classes of images, (B,): the largest score, the lowest index among equals."""
        if threads > 0 and type(images) is np.ndarray and images.ndim and len(images) < self._direct:
            classes = np.empty(len(images), np.int64)
            if self._native.predict(images, classes, threads):
                return classes
        return self.scores(images, threads).argmax(1)


def choose_isa() -> str:
    """Return the instruction set that LBPNET_KERNELS names, or the fastest; `reference` where there is none."""
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted == "off":
        return "reference"
    if wanted != "auto":
        return wanted
    module = import_kernels()
    if module is None:
        _warn_once()
        return "reference"
    return str(module.instruction_sets()[-1])


@cache
def import_kernels() -> ModuleType | None:
    """Return the compiled kernels, None where they were not built."""
    try:
        module = import_module("lbpnet._kernels")
    except ImportError:
        return None
    return module


@cache
def _warn_once() -> None:
    warnings.warn(
        "lbpnet was installed without its native engine: programs run in NumPy, slower by far. Reinstall with a C "
        "and C++ compiler at hand",
        NoEngineWarning,
        stacklevel=3,
    )
