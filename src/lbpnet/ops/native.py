"""Choice of the native kernels, at run time, by what was built and what the CPU can do."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

import torch
from torch import Tensor

from ..errors import ConfigError

P = ParamSpec("P")
R = TypeVar("R")

VARIABLE = "LBPNET_KERNELS"


class NoKernelsWarning(UserWarning):
    """The native kernels are not there; everything runs in plain torch, slower."""


@cache
def import_kernels() -> ModuleType | None:
    """Import the compiled kernels; None, with one warning, where they were not built."""
    try:
        return import_module("lbpnet._kernels")
    except ImportError as error:
        warnings.warn(
            f"lbpnet was installed without its native kernels ({error}): training runs in plain torch, several "
            "times slower. Reinstall with a C and C++ compiler at hand",
            NoKernelsWarning,
            stacklevel=2,
        )
        return None


def outside_graphs(function: Callable[P, R]) -> Callable[P, R]:
    """Keep torch.compile from tracing into `function`: the choice of kernels, and everything native."""
    return cast("Callable[P, R]", torch.compiler.disable(function))


@outside_graphs
def kernel_module() -> ModuleType | None:
    """Return the compiled kernels, or None (see `import_kernels`)."""
    return import_kernels()


@outside_graphs
def apply_native(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    """Call `function.apply`, outside of any compiled graph."""
    return function.apply(*arguments)


def available_instruction_sets() -> tuple[str, ...]:
    """Return the instruction sets built in that this CPU can run, slowest first; empty without kernels."""
    module = kernel_module()
    return () if module is None else tuple(module.instruction_sets())


def kernels_for(x: Tensor) -> ModuleType | None:
    """Return the kernels that do not depend on the instruction set, or None where `x` is not for them."""
    native = x.device.type == "cpu" and x.dtype == torch.float32 and instruction_set() is not None
    return kernel_module() if native else None


@outside_graphs
def instruction_set() -> str | None:
    """Return the instruction set in use, or None for plain torch.

    The environment variable LBPNET_KERNELS names one (`portable`, `avx2`, `avx512`, `neon`), or `off`; unset or
    `auto`: the fastest that the CPU can run.

    Raises:
        ConfigError: it names one that was not built or that this CPU lacks.
    """
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted == "off":
        return None
    names = available_instruction_sets()
    if wanted == "auto":
        return names[-1] if names else None
    if wanted not in names:
        raise ConfigError(
            f"{VARIABLE}: expected auto, off or one of {', '.join(names) or '(none built)'}, got '{wanted}'"
        )
    return wanted
