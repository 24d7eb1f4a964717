"""The paper's feature extractor as a layer."""

from __future__ import annotations

import pytest
import torch

from lbpnet.layers import RoutedLbp


def layer(seed: int = 0, kernels: tuple[int, ...] = (5, 6), in_channels: int = 2, window: int = 5) -> RoutedLbp:
    return RoutedLbp(in_channels, kernels, window=window, generator=torch.Generator().manual_seed(seed))


def test_channels_are_the_inputs_and_every_stages() -> None:
    assert layer().out_channels == 13
    assert layer()(torch.rand(2, 2, 6, 7)).shape == (2, 13, 6, 7)
    assert layer(kernels=(39, 40, 80), in_channels=1).out_channels == 160, "the paper's widths make round numbers"


def test_each_stage_reads_all_channels_before_it() -> None:
    routes = [layer(kernels=(30, 200)).get_buffer(f"route_{stage}") for stage in (0, 1)]
    assert set(routes[0].flatten().tolist()) == {0, 1}
    assert set(routes[1].flatten().tolist()) == set(range(32))


def test_maps_and_positions_are_drawn_by_the_generator() -> None:
    first, again, other = (layer(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["positions.0"], other["positions.0"])
    assert not torch.equal(first["route_1"], other["route_1"])


@pytest.mark.parametrize("window", [3, 5, 7])
def test_positions_start_uniform_in_the_window(window: int) -> None:
    positions = layer(kernels=(400,), window=window).positions[0].detach() / ((window - 1) // 2)
    assert float(positions.abs().max()) <= 1
    assert abs(float(positions.mean())) < 0.05
    assert float(positions.std()) == pytest.approx(3**-0.5, abs=0.03)


def test_positions_that_leave_the_window_are_read_at_its_edge() -> None:
    inside, outside = layer(), layer()
    with torch.no_grad():
        inside.positions[0].fill_(2.0)
        outside.positions[0].fill_(7.0)
    x = torch.rand(1, 2, 6, 6, generator=torch.Generator().manual_seed(3))
    assert torch.equal(inside(x), outside(x))


def test_maps_are_halved_after_the_stages_that_say_so() -> None:
    net = RoutedLbp(2, (5, 6, 7), pool_at=(1, 2), generator=torch.Generator().manual_seed(0))
    x = torch.rand(3, 2, 11, 14, generator=torch.Generator().manual_seed(3))
    assert net(x).shape == (3, 20, 2, 3)
    assert torch.equal(net(x)[:, :2], torch.nn.functional.max_pool2d(x[:, :, :8, :12], 4))


def test_every_position_gets_a_gradient() -> None:
    net = layer()
    x = torch.rand(4, 2, 9, 9, generator=torch.Generator().manual_seed(3))
    weights = torch.rand(13, 1, 1, generator=torch.Generator().manual_seed(4)) - 0.5
    (net(x) * weights).sum().backward()
    for positions in net.positions:
        assert positions.grad is not None and float(positions.grad.abs().max()) > 0
