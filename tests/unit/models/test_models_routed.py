"""The multiplication-free network against an independent program of NumPy integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from lbpnet.config import (
    Code,
    DataConfig,
    FreezeScheduleConfig,
    HeadConfig,
    IntegerHeadConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    validate,
)
from lbpnet.errors import ConfigError
from lbpnet.models import ResidualLbpNet, RoutedLbpNet, build_model, build_routed

CODES: tuple[Code, ...] = ("bit_pack", "binary", "count", "majority")
SIZES = ((8, 8), (9, 7), (13, 22))


def _tile(index: int, side: int, cells: int) -> slice:
    length = -(-side // cells)
    if length * (cells - 1) >= side:
        return slice(index * side // cells, (index + 1) * side // cells)
    return slice(index * length, min(index * length + length, side))


def run_config(size: tuple[int, int] = (9, 7), channels: int = 2, **routed: Any) -> RunConfig:
    network = RoutedConfig(**{"kernels": (5, 6, 4), "head": IntegerHeadConfig(pool=2), **routed})
    return validate(
        RunConfig(
            model=ModelConfig(family="routed", routed=network, classification_head=HeadConfig(num_classes=3)),
            data=DataConfig(image_size=size, in_channels=channels),
            freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=0),
        )
    )


def images(config: RunConfig, count: int = 6, seed: int = 0) -> torch.Tensor:
    """Random pixels of few values, so that ties are many; then black, white and a checkerboard."""
    size = config.data.image_size
    assert isinstance(size, tuple)
    shape = (count, config.data.in_channels, *size)
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(0, 6, shape, generator=generator) * 51
    drawn[::2] = torch.randint(0, 256, drawn[::2].shape, generator=generator)
    drawn[-1], drawn[-2] = 255, 0
    drawn[-3] = (torch.arange(size[0])[:, None] + torch.arange(size[1])) % 2 * 255
    return drawn.to(torch.uint8)


def trained(config: RunConfig, steps: int = 3) -> RoutedLbpNet:
    """A network after a few steps, so that no statistic, bias or position is as it began."""
    model = build_routed(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for step in range(steps):
        batch = images(config, 12, seed=step + 1)
        loss = torch.nn.functional.cross_entropy(model(batch), torch.arange(12) % 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.zero_grad()
    return model


def integer_program(model: RoutedLbpNet, batch: np.ndarray) -> np.ndarray:
    """Scores of uint8 images, pixel by pixel, in int64."""
    routed = model.config.routed
    side = routed.shrink
    height, width = batch.shape[2] // side, batch.shape[3] // side
    blocks = batch[:, :, : height * side, : width * side].astype(np.int64)
    small = blocks.reshape(*batch.shape[:2], height, side, width, side).sum((3, 5)) >> (2 * (side.bit_length() - 1))
    maps = [small[:, c] for c in range(small.shape[1])]
    for stage in model.features.integers():
        maps += [
            integer_kernel(maps, route, positions, routed.code)
            for route, positions in zip(stage.routes.tolist(), stage.positions.tolist(), strict=True)
        ]
    first = batch.shape[1] + sum(routed.kernels[: routed.head.first_stage])
    cells, features = routed.head.pool, []
    for values in maps[first:]:
        for r, c in product(range(cells), range(cells)):
            rows = _tile(r, height, cells)
            columns = _tile(c, width, cells)
            features.append(values[:, rows, columns].sum((1, 2)))
    weights, bias = (tensor.numpy().astype(np.int64) for tensor in model.head_integers())
    return np.stack(features, 1) @ weights.T + bias


def integer_kernel(maps: list[np.ndarray], route: list[int], positions: list[list[int]], code: Code) -> np.ndarray:
    points, border = len(route), 9
    bits = []
    for channel, (dy, dx) in zip(route, positions, strict=True):
        pivot = maps[channel]
        padded = np.pad(pivot, ((0, 0), (border, border), (border, border)))
        height, width = pivot.shape[1:]
        sample = padded[:, border + dy : border + dy + height, border + dx : border + dx + width]
        bits.append((sample > pivot).astype(np.int64))
    if code in ("bit_pack", "binary"):
        value = np.sum([bit << i for i, bit in enumerate(bits)], axis=0)
        if code == "binary":
            return value
        base = 2 ** (points - 1) - 1
        return np.maximum(value, base) - base
    count = np.sum(bits, axis=0)
    return count if code == "count" else (2 * count > points).astype(np.int64)


def cases() -> Iterator[RunConfig]:
    for code, shrink, size in product(CODES, (1, 2, 4), SIZES):
        pool = min(3, min(size) // shrink)
        yield run_config(size, code=code, shrink=shrink, head=IntegerHeadConfig(pool=pool, first_stage=1))
    for points in (1, 2, 5, 8):
        yield run_config(code="bit_pack", points=points)
        yield run_config(code="majority", points=points, window=7)
    for channels, weights in product((1, 3), ("ternary", "2bit", "3bit", "4bit")):
        yield run_config(channels=channels, head=IntegerHeadConfig(pool=2, weights=weights), kernels=(7,))
    for pool in (4, 5, 7):
        yield run_config((28, 28), 1, head=IntegerHeadConfig(pool=pool), kernels=(6, 5, 4))
    yield run_config((9, 7), head=IntegerHeadConfig(pool=7, weights="2bit"))
    yield run_config((9, 7), window=(7, 3, 5))


@pytest.mark.parametrize("kernels", ["off", "auto"])
def test_eval_output_is_the_integer_program(kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBPNET_KERNELS", kernels)
    ran = 0
    for config in cases():
        model = trained(config).eval()
        batch = images(config, seed=99)
        scores = model(batch)
        assert scores.dtype == torch.float32
        assert np.array_equal(scores.detach().numpy(), integer_program(model, batch.numpy())), config.model.routed
        ran += 1
    assert ran == 57


@pytest.mark.parametrize("pool_at", [(), (1,)])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("size", SIZES)
def test_training_pools_the_same_integers(pool_at: tuple[int, ...], code: Code, size: tuple[int, int]) -> None:
    model = trained(run_config(size, code=code, pool_at=pool_at))
    batch = images(run_config(size))
    training = model.pooled(batch)
    torch.testing.assert_close(training, model.eval().pooled(batch), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("code", CODES)
def test_gradients_reach_every_position_tensor_and_latent(code: Code) -> None:
    model = build_routed(run_config(code=code))
    batch = images(run_config(), 12)
    torch.nn.functional.cross_entropy(model(batch), torch.arange(12) % 3).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().max()) > 0, name


def test_logits_are_scores_times_one_positive_number() -> None:
    model = trained(run_config()).eval()
    scores = model(images(run_config())).detach()
    factor = float(model.head.scale().detach())
    assert factor > 0
    assert torch.equal(model.logits(scores).detach(), scores * factor)


def test_the_head_never_reads_the_image_nor_stages_before_the_first() -> None:
    assert build_routed(run_config()).first_map == 2
    late = build_routed(run_config(head=IntegerHeadConfig(pool=2, first_stage=2)))
    assert late.first_map == 2 + 5 + 6
    assert late.head_integers().weights.shape == (3, 4 * 4)


def test_routes_come_from_their_own_seed_and_positions_from_the_runs() -> None:
    base = run_config()
    one = build_routed(base).features.integers()
    other_run = build_routed(replace(base, seed=7)).features.integers()
    other_routes = build_routed(run_config(seed=7)).features.integers()
    for stage in range(3):
        assert torch.equal(one[stage].routes, other_run[stage].routes)
        assert not torch.equal(one[stage].positions, other_run[stage].positions)
        assert not torch.equal(one[stage].routes, other_routes[stage].routes)
        assert torch.equal(one[stage].positions, other_routes[stage].positions)


def test_positions_handed_out_are_whole_pixels_inside_the_window() -> None:
    model = build_routed(run_config())
    with torch.no_grad():
        model.features.positions[0].fill_(9.0)
        model.features.positions[1].fill_(-0.6)
    stages = model.features.integers()
    assert stages[0].positions.dtype == stages[0].routes.dtype == torch.int32
    assert stages[0].positions.unique().tolist() == [2] and stages[1].positions.unique().tolist() == [-1]


@pytest.mark.parametrize("wrong", [torch.zeros(1, 1, 9, 7, dtype=torch.uint8), torch.zeros(1, 2, 9, 7)])
def test_images_of_other_channels_or_types_are_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(ConfigError, match=r"the network takes \(B, 2, H, W\) uint8 images"):
        build_routed(run_config())(wrong)


def test_the_family_chooses_the_network() -> None:
    assert isinstance(build_model(run_config()), RoutedLbpNet)
    assert isinstance(build_model(RunConfig()), ResidualLbpNet)


def test_the_surrogates_width_scales_gradients_and_leaves_the_maps_alone() -> None:
    model, batch = build_routed(run_config()), images(run_config())
    found = []
    for tau in (0.3, 0.05):
        model.set_temperatures(tau, tau)
        model.zero_grad()
        pooled = model.pooled(batch)
        pooled.square().sum().backward()
        gradient = model.features.positions[0].grad
        assert gradient is not None
        found.append((pooled.detach(), gradient.clone()))
    assert torch.equal(found[0][0], found[1][0]) and not torch.equal(found[0][1], found[1][1])


def test_a_network_that_chose_its_channels_is_the_integer_program_of_that_choice() -> None:
    config = run_config(candidates=3)
    model, fixed = trained(config), build_routed(run_config()).features.integers()
    assert all(torch.equal(a.routes, b.routes) for a, b in zip(model.features.integers(), fixed, strict=True))
    generator = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for preferences in model.features.preferences:
            preferences.copy_(torch.rand(preferences.shape, generator=generator))
    assert all(not torch.equal(a.routes, b.routes) for a, b in zip(model.features.integers(), fixed, strict=True))
    batch = images(config, seed=99)
    training = model.pooled(batch).detach()
    torch.testing.assert_close(training, model.eval().pooled(batch).detach(), rtol=1e-5, atol=1e-3)
    assert np.array_equal(model(batch).detach().numpy(), integer_program(model, batch.numpy()))
    model.features.integers()[0].routes.zero_()
    assert int(model.features.route(0).max()) > 0, "routes are handed out as copies"
