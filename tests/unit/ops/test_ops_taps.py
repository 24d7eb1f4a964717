"""Bilinear weights on whole-pixel taps, with numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lbpnet.ops import bilinear_taps

HAND_MADE: list[tuple[tuple[float, float], int, dict[tuple[int, int], float]]] = [
    ((0.0, 0.0), 3, {(0, 0): 1.0}),
    ((-1.0, 1.0), 3, {(-1, 1): 1.0}),
    ((1.0, 1.0), 3, {(1, 1): 1.0}),
    ((-1.0, -1.0), 3, {(-1, -1): 1.0}),
    ((0.25, 0.0), 3, {(0, 0): 0.75, (1, 0): 0.25}),
    ((0.0, -0.25), 3, {(0, -1): 0.25, (0, 0): 0.75}),
    ((0.25, -0.75), 3, {(0, -1): 0.5625, (0, 0): 0.1875, (1, -1): 0.1875, (1, 0): 0.0625}),
    ((1.0, 0.5), 3, {(1, 0): 0.5, (1, 1): 0.5}),
    ((1.5, -2.0), 5, {(1, -2): 0.5, (2, -2): 0.5}),
    ((2.0, 2.0), 5, {(2, 2): 1.0}),
]


def test_taps_hold_the_weights_worked_out_by_hand() -> None:
    ran = 0
    for offset, window, weights in HAND_MADE:
        radius = (window - 1) // 2
        expected = torch.zeros(window, window)
        for (row, column), weight in weights.items():
            expected[row + radius, column + radius] = weight
        assert torch.equal(bilinear_taps(torch.tensor(offset), window), expected.flatten())
        ran += 1
    assert ran == 10


def test_leading_dimensions_are_kept() -> None:
    assert bilinear_taps(torch.zeros(3, 2, 4, 2), 5).shape == (3, 2, 4, 25)


@pytest.mark.parametrize(
    ("offset", "row_slope", "column_slope"),
    # The slope of sum(weights * plane) is the difference of the two rows (columns) that are mixed.
    [
        ((0.25, 0.5), 0.5 * (7 - 4) + 0.5 * (9 - 6), 0.75 * (6 - 4) + 0.25 * (9 - 7)),
        ((0.0, 0.0), 7 - 4, 6 - 4),  # whole pixels: from the right
        ((1.0, 0.0), 7 - 4, 9 - 7),  # the window's edge: the last cell
    ],
)
def test_the_slope_is_that_of_the_cell_and_from_the_right_at_whole_pixels(
    offset: tuple[float, float], row_slope: float, column_slope: float
) -> None:
    plane = torch.tensor([0.0, 1, 2, 3, 4, 6, 5, 7, 9])
    point = torch.tensor(offset, requires_grad=True)
    (bilinear_taps(point, 3) * plane).sum().backward()
    assert point.grad is not None
    assert point.grad.tolist() == [row_slope, column_slope]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([3, 5, 7]), st.floats(-1, 1), st.floats(-1, 1))
def test_weights_sum_to_one_and_their_centre_is_the_offset(window: int, dy: float, dx: float) -> None:
    radius = (window - 1) // 2
    offset = torch.tensor([dy * radius, dx * radius], dtype=torch.float64)
    weights = bilinear_taps(offset, window).view(window, window)
    assert weights.dtype == torch.float64
    assert bool((weights >= 0).all())
    assert int((weights > 0).sum()) <= 4
    taps = torch.arange(-radius, radius + 1, dtype=torch.float64)
    found = torch.stack([weights.sum(), weights.sum(1) @ taps, weights.sum(0) @ taps])
    torch.testing.assert_close(found, torch.cat([torch.ones(1, dtype=torch.float64), offset]), rtol=0, atol=1e-12)
