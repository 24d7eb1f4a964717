"""Averages over a grid of windows, in every way, against loops over Python floats."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lbpnet.errors import KernelError
from lbpnet.ops import pool_grid

SHAPES = [((2, 3, 28, 28), 4), ((1, 2, 7, 9), 4), ((2, 1, 5, 3), 3), ((1, 1, 6, 8), 1), ((1, 2, 4, 4), 4)]


def test_every_window_has_its_mean_and_shares_its_gradient(every_way: Any, draw: Any) -> None:
    ran = 0
    for _, (seed, (shape, cells)) in every_way.times(enumerate(SHAPES)):
        # Small whole numbers: sums are exact.
        leaf = draw(seed).whole(*shape, high=15).requires_grad_()
        out = pool_grid(leaf, cells)
        weights = draw(seed + 9).whole(*out.shape, high=7)
        (out * weights).sum().backward()
        assert out.shape == (*shape[:2], cells, cells) and leaf.grad is not None
        for r in range(cells):
            for c in range(cells):
                rows = [y for y in range(shape[2]) if y * cells // shape[2] == r]
                columns = [x for x in range(shape[3]) if x * cells // shape[3] == c]
                window = leaf.detach()[:, :, rows][..., columns]
                torch.testing.assert_close(out[..., r, c], window.mean((2, 3)), rtol=1e-6, atol=0)
                share = (weights[..., r, c] / (len(rows) * len(columns)))[..., None, None]
                torch.testing.assert_close(
                    leaf.grad[:, :, rows][..., columns], share.expand_as(window), rtol=1e-6, atol=0
                )
        ran += 1
    assert ran == 5 * len(every_way) >= 5


def test_strided_and_empty_batches_are_pooled(every_way: Any, draw: Any) -> None:
    x = draw(0).uniform(2, 4, 6, 3).transpose(1, 3)
    for _ in every_way:
        torch.testing.assert_close(pool_grid(x, 2), pool_grid(x.contiguous(), 2))
        assert pool_grid(x[:0], 2).shape == (0, 3, 2, 2)


@pytest.mark.parametrize(("shape", "cells"), [((1, 1, 3, 4), 4), ((1, 1, 4, 3), 4), ((1, 4, 4), 2), ((1, 1, 4, 4), 0)])
def test_a_window_of_no_pixel_is_an_error(every_way: Any, shape: tuple[int, ...], cells: int) -> None:
    for _ in every_way:
        with pytest.raises(KernelError, match=r"pool_grid: x: expected .* got \("):
            pool_grid(torch.zeros(shape), cells)
