"""Sums over a grid of windows and reduced images, against loops over integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lbpnet.errors import KernelError
from lbpnet.ops import shrink_image, sum_grid, window_bounds

SHAPES = [
    ((2, 3, 28, 28), 4),
    ((1, 2, 7, 9), 4),
    ((2, 1, 5, 3), 3),
    ((1, 1, 6, 8), 1),
    ((1, 2, 14, 14), 4),
    ((1, 1, 3, 150), 2),
]


def test_windows_cover_a_side_and_share_a_pixel_where_they_do_not_divide_it() -> None:
    assert window_bounds(28, 4) == [(0, 7), (7, 14), (14, 21), (21, 28)]
    assert window_bounds(14, 4) == [(0, 4), (4, 8), (8, 12), (12, 14)]
    assert window_bounds(9, 4) == [(0, 2), (2, 4), (4, 6), (6, 9)]
    assert window_bounds(5, 5) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_every_window_has_its_exact_sum_and_gives_its_gradient_to_each_pixel(every_way: Any, draw: Any) -> None:
    ran = 0
    for _, (seed, (shape, cells)) in every_way.times(enumerate(SHAPES)):
        leaf = draw(seed).whole(*shape, high=15).requires_grad_()
        out = sum_grid(leaf, cells)
        weights = draw(seed + 9).whole(*out.shape, high=7)
        (out * weights).sum().backward()
        expected = np.zeros(out.shape, dtype=np.int64)
        gradient = np.zeros(shape, dtype=np.int64)
        values, shares = leaf.detach().numpy().astype(np.int64), weights.numpy().astype(np.int64)
        for r, (top, bottom) in enumerate(window_bounds(shape[2], cells)):
            for c, (left, right) in enumerate(window_bounds(shape[3], cells)):
                expected[..., r, c] = values[:, :, top:bottom, left:right].sum((2, 3))
                gradient[:, :, top:bottom, left:right] += shares[..., r, c][..., None, None]
        assert np.array_equal(out.detach().round().numpy(), expected)
        torch.testing.assert_close(out.detach(), torch.from_numpy(expected).float(), rtol=1e-6, atol=0)
        assert leaf.grad is not None
        torch.testing.assert_close(leaf.grad, torch.from_numpy(gradient).float(), rtol=1e-6, atol=0)
        ran += 1
    assert ran == 6 * len(every_way) >= 6


def test_strided_and_empty_batches_are_summed(every_way: Any, draw: Any) -> None:
    x = draw(0).uniform(2, 4, 6, 3).transpose(1, 3)
    for _ in every_way:
        torch.testing.assert_close(sum_grid(x, 2), sum_grid(x.contiguous(), 2))
        assert sum_grid(x[:0], 2).shape == (0, 3, 2, 2)


@pytest.mark.parametrize(("shape", "cells"), [((1, 1, 3, 4), 4), ((1, 1, 4, 3), 4), ((1, 4, 4), 2), ((1, 1, 4, 4), 0)])
def test_a_window_of_no_pixel_is_an_error(shape: tuple[int, ...], cells: int) -> None:
    with pytest.raises(KernelError, match=r"sum_grid: x: expected .* got \("):
        sum_grid(torch.zeros(shape), cells)


@pytest.mark.parametrize("side", [1, 2, 4])
@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (1, 3, 9, 7), (1, 2, 4, 5)])
def test_a_reduced_image_is_the_average_of_its_blocks_rounded_down(side: int, shape: tuple[int, ...]) -> None:
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(side))
    out = shrink_image(images, side)
    assert out.dtype == torch.uint8 and out.shape == (*shape[:2], shape[2] // side, shape[3] // side)
    for row in range(out.shape[2]):
        for column in range(out.shape[3]):
            block = images[:, :, row * side : (row + 1) * side, column * side : (column + 1) * side].int()
            assert torch.equal(out[:, :, row, column].int(), block.sum((2, 3)) // side**2)


def test_white_stays_white() -> None:
    white = torch.full((1, 1, 8, 8), 255, dtype=torch.uint8)
    assert shrink_image(white, 4).tolist() == [[[[255, 255], [255, 255]]]]


@pytest.mark.parametrize(
    ("images", "side", "names"),
    [
        (torch.zeros(1, 1, 4, 4), 2, "images"),
        (torch.zeros(1, 4, 4, dtype=torch.uint8), 2, "images"),
        (torch.zeros(1, 1, 4, 1, dtype=torch.uint8), 2, "images"),
        (torch.zeros(1, 1, 4, 4, dtype=torch.uint8), 3, "side"),
    ],
)
def test_what_cannot_be_reduced_is_an_error(images: torch.Tensor, side: int, names: str) -> None:
    with pytest.raises(KernelError, match=f"shrink_image: {names}: expected"):
        shrink_image(images, side)
