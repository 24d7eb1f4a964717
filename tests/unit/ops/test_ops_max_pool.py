"""The largest of 2x2 blocks, in every way, against loops over integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lbpnet.errors import KernelError
from lbpnet.ops import max_pool

SHAPES = [(2, 3, 28, 28), (1, 2, 7, 9), (2, 1, 5, 2), (1, 1, 2, 2), (1, 1, 4, 41)]


def test_every_block_has_its_largest_and_the_first_of_equals_its_gradient(every_way: Any, draw: Any) -> None:
    ran = 0
    for _, (seed, shape) in every_way.times(enumerate(SHAPES)):
        # Few values: many blocks hold their largest more than once.
        leaf = draw(seed).whole(*shape, high=3).requires_grad_()
        out = max_pool(leaf)
        weights = draw(seed + 9).whole(*out.shape, high=7)
        (out * weights).sum().backward()
        values, expected, gradient = leaf.detach().numpy(), np.zeros(out.shape), np.zeros(shape)
        for b, c, y, x in np.ndindex(*out.shape):
            block = values[b, c, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
            row, column = divmod(int(block.argmax()), 2)
            expected[b, c, y, x] = block.max()
            gradient[b, c, 2 * y + row, 2 * x + column] = weights[b, c, y, x]
        assert leaf.grad is not None
        assert np.array_equal(out.detach().numpy(), expected) and np.array_equal(leaf.grad.numpy(), gradient)
        ran += 1
    assert ran == 5 * len(every_way) >= 5


def test_strided_and_empty_batches_are_pooled(every_way: Any, draw: Any) -> None:
    x = draw(0).uniform(2, 4, 6, 3).transpose(1, 3)
    for _ in every_way:
        assert torch.equal(max_pool(x), max_pool(x.contiguous()))
        assert max_pool(x[:0]).shape == (0, 3, 3, 2)


@pytest.mark.parametrize("shape", [(1, 1, 1, 4), (1, 1, 4, 1), (1, 4, 4)])
def test_a_map_without_a_block_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(KernelError, match=r"max_pool: x: expected .* got \("):
        max_pool(torch.zeros(shape))
