"""Choice of the native kernels, at run time, by what was built and what the CPU can do."""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib import import_module
from types import ModuleType

from ..errors import ConfigError

VARIABLE = "LBPNET_KERNELS"


class NoKernelsWarning(UserWarning):
    """The native kernels are not there; everything runs in plain torch, slower."""


@cache
def kernel_module() -> ModuleType | None:
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


def available_instruction_sets() -> tuple[str, ...]:
    """Return the instruction sets built in that this CPU can run, slowest first; empty without kernels."""
    module = kernel_module()
    return () if module is None else tuple(module.instruction_sets())


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
