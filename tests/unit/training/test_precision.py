"""Precision by device."""

from __future__ import annotations

import pytest
import torch

from lbpnet.training.precision import choose_precision


@pytest.mark.parametrize(
    ("amp", "device", "features", "bf16_gpu", "expected"),
    [
        (False, "cpu", {"avx512_bf16": True}, True, "32-true"),
        (True, "cpu", {"avx512_bf16": True}, True, "bf16-mixed"),
        (True, "cpu", {"amx_bf16": True}, True, "bf16-mixed"),
        (True, "cpu", {"avx2": True}, True, "32-true"),
        (True, "cuda", {}, True, "bf16-mixed"),
        (True, "cuda", {}, False, "16-mixed"),
        (True, "mps", {}, False, "32-true"),
    ],
)
def test_mixed_precision_only_where_the_device_computes_it_natively(
    monkeypatch: pytest.MonkeyPatch,
    amp: bool,
    device: str,
    features: dict[str, bool],
    bf16_gpu: bool,
    expected: str,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16_gpu)
    assert choose_precision(amp=amp, device_type=device) == expected
