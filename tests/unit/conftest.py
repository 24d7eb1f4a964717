"""Small tensors everywhere in the unit tests."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from lbpnet.ops.native import NoKernelsWarning, kernel_module
from lbpnet.program import AddWeights, Argmax, Compare, Encode, Input, Join, Node, Program, SumPool


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors: torch's threads would only wait for each other. A machine without kernels has warned already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoKernelsWarning)
        kernel_module()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def routed_program() -> Callable[..., Program]:
    """Return a function that draws a program: routed stages of packed bits, a 2x2 grid of sums, ternary weights."""

    def draw(
        shape: tuple[int, int, int] = (1, 6, 5), kernels: tuple[int, ...] = (2, 3), classes: int = 3, seed: int = 0
    ) -> Program:
        random, points, window = np.random.default_rng(seed), 3, 5
        nodes: list[Node] = [Input(*shape)]
        maps: list[int] = []
        channels = shape[0]
        for count in kernels:
            source = 0
            if maps:
                nodes.append(Join((0, *maps)))
                source = len(nodes) - 1
            route = random.integers(0, channels, count * points).astype(np.int32)
            tap = random.integers(0, window * window, count * points).astype(np.int32)
            nodes.append(Compare(source, window, route, tap))
            bits = np.arange(count * points, dtype=np.int32).reshape(count, points)
            nodes.append(Encode(len(nodes) - 1, "pack", bits, 3, np.zeros(0, np.int32)))
            maps.append(len(nodes) - 1)
            channels += count
        nodes.append(Join(tuple(maps)))
        rows, columns = (np.array([[0, side // 2], [side // 2, side]], np.int32) for side in shape[1:])
        nodes.append(SumPool(len(nodes) - 1, rows, columns))
        weights = random.integers(-1, 2, (classes, 4 * sum(kernels))).astype(np.int32)
        nodes.append(AddWeights(len(nodes) - 1, weights, random.integers(-9, 9, classes).astype(np.int32)))
        nodes.append(Argmax(len(nodes) - 1))
        return Program(tuple(nodes), tuple("abcdefghij"[:classes]))

    return draw
