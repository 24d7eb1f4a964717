"""Fixtures of the op tests: the instruction sets of this machine, and slow oracles in plain Python."""

from __future__ import annotations

import itertools
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from lbpnet.ops.native import VARIABLE, NoKernelsWarning, available_instruction_sets

T = TypeVar("T")


@pytest.fixture(scope="session")
def instruction_sets() -> tuple[str, ...]:
    """Every instruction set that was built and that this CPU runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoKernelsWarning)
        return available_instruction_sets()


class Ways:
    """Forces plain torch and then every instruction set in turn, each while the loop's body runs."""

    def __init__(self, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        self.names, self.monkeypatch = names, monkeypatch

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        for name in self.names:
            self.monkeypatch.setenv(VARIABLE, name)
            yield name

    def times(self, cases: Iterable[T]) -> Iterator[tuple[str, T]]:
        """Every case in every way. (`itertools.product` would walk through the ways before the first case.)"""
        listed = list(cases)
        for name in self:
            for case in listed:
                assert os.environ[VARIABLE] == name
                yield name, case


@pytest.fixture
def every_way(instruction_sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Plain torch, then the kernels of every instruction set."""
    return Ways(("off", *instruction_sets), monkeypatch)


@pytest.fixture
def every_kernel(instruction_sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Ways:
    """The kernels of every instruction set."""
    if not instruction_sets:
        pytest.skip("the native kernels were not built")
    return Ways(instruction_sets, monkeypatch)


@dataclass
class LoopOracle:
    """`compare` by loops over Python floats; nothing of it comes from the package or from torch."""

    pixels: list[list[list[list[float]]]]
    offsets: list[list[list[float]]]
    alpha: float
    route: list[int] | None
    shape: tuple[int, int, int, int, int] = field(init=False)

    def __post_init__(self) -> None:
        images = self.pixels
        points = len(self.offsets[0])
        self.shape = (len(images), points, len(images[0]), len(images[0][0]), len(images[0][0][0]))

    def sample(self, plane: Sequence[Sequence[float]], y: float, x: float) -> float:
        """Weigh the four pixels around (y, x); outside, the nearest pixel of the border."""
        top, left = math.floor(y), math.floor(x)
        value = 0.0
        for row, row_weight in ((top, top + 1 - y), (top + 1, y - top)):
            for column, column_weight in ((left, left + 1 - x), (left + 1, x - left)):
                inside = plane[min(max(row, 0), len(plane) - 1)][min(max(column, 0), len(plane[0]) - 1)]
                value += row_weight * column_weight * inside
        return value

    def difference(self, image: int, channel: int, point: int, y: int, x: int) -> float:
        """Return sample minus pivot."""
        plane = self.pixels[image][channel]
        dy, dx = self.offsets[channel if len(self.offsets) > 1 else 0][point]
        return self.sample(plane, y + dy, x + dx) - plane[y][x]

    def differences(self, image: int, point: int, y: int, x: int) -> list[float]:
        """Return the differences of the channels that this bit reads."""
        channels = range(self.shape[2]) if self.route is None else [self.route[point]]
        return [self.difference(image, channel, point, y, x) for channel in channels]

    def positions(self) -> Iterator[tuple[int, int, int, int]]:
        """Return every (image, point, y, x) of the output."""
        batch, points, _, height, width = self.shape
        return itertools.product(range(batch), range(points), range(height), range(width))

    def soft(self) -> list[float]:
        """Return the smoothed bits, flat."""
        result = []
        for place in self.positions():
            values = [1 / (1 + math.exp(-d / self.alpha)) for d in self.differences(*place)]
            result.append(sum(values) / len(values))
        return result

    def hard(self) -> list[tuple[float, float]]:
        """Return the strict bits, flat, each with the smallest |d| that decided it."""
        result = []
        for place in self.positions():
            found = self.differences(*place)
            result.append((sum(d > 0 for d in found) / len(found), min(abs(d) for d in found)))
        return result


class Oracles:
    """Makes a `LoopOracle` from tensors."""

    def __call__(self, x: Tensor, offsets: Tensor, alpha: float, route: Tensor | None = None) -> LoopOracle:
        """Convert exactly: Python floats hold every float32."""
        return LoopOracle(x.tolist(), offsets.tolist(), alpha, None if route is None else route.tolist())


@pytest.fixture(scope="session")
def loop_oracle() -> Oracles:
    """The maker of loop oracles."""
    return Oracles()


class Draw:
    """Seeded tensors."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def uniform(self, *shape: int) -> Tensor:
        """0..1."""
        return torch.rand(shape, generator=self.generator)

    def whole(self, *shape: int, low: int = 0, high: int) -> Tensor:
        """Whole numbers low..high, as float32."""
        return torch.randint(low, high + 1, shape, generator=self.generator).float()

    def route(self, count: int, channels: int) -> Tensor:
        """Channels, int32."""
        return torch.randint(0, channels, (count,), generator=self.generator, dtype=torch.int32)

    def rows(self, channels: int, bits: int, count: int) -> Tensor:
        """Distinct indices in each row, int32."""
        return torch.rand(channels, bits, generator=self.generator).argsort(1)[:, :count].to(torch.int32)

    def offsets(self, groups: int, points: int, window: int) -> Tensor:
        """Anywhere in the window."""
        return (self.uniform(groups, points, 2) * 2 - 1) * ((window - 1) // 2)

    def inside_cells(self, groups: int, points: int, window: int) -> Tensor:
        """At least a tenth of a pixel away from every whole pixel."""
        radius = (window - 1) // 2
        cell = self.whole(groups, points, 2, low=-radius, high=radius - 1)
        return cell + 0.1 + 0.8 * self.uniform(groups, points, 2)


@pytest.fixture(scope="session")
def draw() -> type[Draw]:
    """Seeded tensors: `draw(seed)`."""
    return Draw
