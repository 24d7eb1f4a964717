"""Choice of the Triton kernels: for CUDA tensors, where Triton is installed."""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib import import_module
from types import ModuleType

from torch import Tensor

from .native import VARIABLE, NoKernelsWarning, instruction_set, outside_graphs

# Of torch.device: what Triton compiles for here. AMD's GPUs call themselves CUDA devices too.
DEVICE_TYPE = "cuda"


@cache
def import_gpu_kernels() -> ModuleType | None:
    """Import `lbpnet.ops.gpu`; None, with one warning, where there is no Triton."""
    try:
        return import_module("lbpnet.ops.gpu")
    except ImportError as error:
        warnings.warn(
            f"Triton cannot be imported ({error}): the comparisons run on the GPU in plain torch, slower and with more "
            "memory. Install lbpnet[gpu]",
            NoKernelsWarning,
            stacklevel=2,
        )
        return None


def gpu_kernels(x: Tensor) -> ModuleType | None:
    """Return the Triton kernels if `x` is a CUDA tensor of some elements and they are to be used, else None.

    LBPNET_KERNELS=off turns them off; the name of a CPU's instruction set says nothing about a GPU.

    Raises:
        ConfigError: LBPNET_KERNELS has an unknown value.
    """
    return _wanted_kernels() if x.device.type == DEVICE_TYPE and x.numel() else None


@outside_graphs
def _wanted_kernels() -> ModuleType | None:
    if os.environ.get(VARIABLE, "auto") != "auto" and instruction_set() is None:
        return None
    return import_gpu_kernels()
