"""Ops under autocast: nothing is computed in bf16."""

from __future__ import annotations

import itertools
from typing import Any

import torch

from lbpnet.ops import (
    RoutedStages,
    compare,
    compare_reference,
    mix_channels,
    project_routed,
    project_routed_reference,
    routed_stages,
    threshold,
)


def test_ops_give_the_same_bits_with_and_without_autocast(every_way: Any) -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(2, 3, 14, 14, generator=generator)
    bits = torch.rand(2, 6, 9, 9, generator=generator)
    offsets = torch.rand(1, 6, 2, generator=generator) * 2 - 1
    route = torch.randint(0, 6, (4, 3), generator=generator).int()
    channels = torch.tensor([0, 1, 2, 0, 1, 2], dtype=torch.int32)
    bias, tau = torch.rand(4, generator=generator) - 1.5, torch.tensor(1.0)
    matrix = torch.rand(4, 6, generator=generator)
    stages = RoutedStages((torch.zeros(2, 4, dtype=torch.int32),), 3, "count", 0.3)
    positions = [torch.rand(2, 4, 2, generator=generator)]
    operations = {
        "compare": lambda: compare(x, offsets, tau, window=3, hard=True),
        "compare routed": lambda: compare(x, offsets, tau, window=3, hard=True, route=channels),
        "compare soft": lambda: compare(x, offsets, tau, window=3, hard=False),
        "reference": lambda: compare_reference(x, offsets, tau, window=3, hard=True),
        "project": lambda: project_routed(bits, route, bias, tau, hard=True).maps,
        "project reference": lambda: project_routed_reference(bits, route, bias, tau, hard=False).maps,
        "mix": lambda: mix_channels(bits, matrix),
        "threshold": lambda: threshold(bits[:, :4], bias, tau, hard=False, margin=1.0).shortfall,
        "routed": lambda: routed_stages(x, positions, stages),
    }
    ran = 0
    for _, (name, operation) in every_way.times(itertools.chain(operations.items())):
        plain = operation()
        with torch.autocast("cpu", torch.bfloat16):
            cast = operation()
        assert cast.dtype == torch.float32 and torch.equal(plain, cast), name
        ran += 1
    assert ran == 9 * len(every_way)


def test_margin_gradient_at_the_margin_itself_is_the_same_everywhere(every_way: Any) -> None:
    # Whole counts, and a bias of zero: |z| meets the margin exactly.
    bits = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0]).view(1, 2, 2, 2)
    route = torch.tensor([[0], [1]], dtype=torch.int32)
    ran = 0
    for _ in every_way:
        bias = torch.zeros(2, requires_grad=True)
        project_routed(bits, route, bias, torch.tensor(1.0), hard=True, margin=1.0).shortfall.backward()
        assert bias.grad is not None
        assert bias.grad.tolist() == [0.0, 0.0], "z is 0 (no direction) or 1 (no shortfall)"
        ran += 1
    assert ran == len(every_way)
