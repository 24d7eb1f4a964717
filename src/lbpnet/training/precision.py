"""Numerical precision by what the device computes natively."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def choose_precision(*, amp: bool, device_type: str) -> Precision:
    """Return Fabric's precision: bf16, else fp16 on a GPU; bf16 on a CPU with bf16 instructions; else fp32.

    Args:
        amp: `training.amp`.
        device_type: `cpu`, `cuda`, `mps`, ...
    """
    if not amp:
        return "32-true"
    if device_type == "cuda":
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
    if device_type == "cpu":
        features = torch.cpu.get_capabilities()
        native = features.get("avx512_bf16", False) or features.get("amx_bf16", False) or features.get("bf16", False)
        return "bf16-mixed" if native else "32-true"
    return "32-true"
