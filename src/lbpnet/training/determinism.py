"""Global torch settings of a run."""

from __future__ import annotations

import os

import numpy as np
import torch

from ..config import RunConfig


def apply_determinism(config: RunConfig) -> None:
    """Set deterministic algorithms, cuDNN's autotuner and the thread count as configured."""
    if config.deterministic:
        # cuBLAS reads it when it starts; without it torch refuses deterministic matrix products on CUDA.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(config.deterministic)
    # Every tensor here is written before it is read; filling each with NaN first costs a tenth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    torch.backends.cudnn.deterministic = config.deterministic
    torch.backends.cudnn.benchmark = config.benchmark
    if config.device.threads is not None:
        torch.set_num_threads(config.device.threads)


def step_seed(*key: int) -> int:
    """Hash integers (seed, epoch, step, ...) into one 63-bit seed."""
    low, high = np.random.SeedSequence(list(key)).generate_state(2, np.uint32)
    return (int(high) << 32 | int(low)) & (2**63 - 1)
