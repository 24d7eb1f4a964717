"""The shared-pattern layer: where it samples, how it weighs, what it learns."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from lbpnet.config import LbpConfig
from lbpnet.layers import SharedLbp
from lbpnet.ops import compare


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def layer(in_channels: int, config: LbpConfig, seed: int = 0) -> SharedLbp:
    return SharedLbp(in_channels, config, generator=seeded(seed), route_generator=seeded(seed + 1))


def noise(*shape: int, high: int = 256) -> Tensor:
    return torch.randint(0, high, shape, generator=seeded(9)).float()


def test_offsets_stay_within_the_window_however_far_the_raw_ones_go() -> None:
    ran = 0
    for window, std in itertools.product((3, 5, 7), (0.8, 30.0)):
        lbp = layer(1, LbpConfig(num_patterns=20, window=window, offset_init_std=std))
        radius = (window - 1) / 2
        found = lbp.offsets()
        assert lbp.radius == radius
        assert found.shape == (1, 20, 8, 2)
        assert bool((found.abs() <= radius).all())
        torch.testing.assert_close(found, radius * torch.tanh(lbp.raw_offsets / radius))
        ran += 1
    assert ran == 6


@pytest.mark.parametrize("std", [0.8, 1.2])
def test_raw_offsets_start_normal_with_the_stated_spread(std: float) -> None:
    raw = layer(1, LbpConfig(num_patterns=100, num_points=50, offset_init_std=std)).raw_offsets.detach() / std
    # 10,000 draws: mean and spread are known to about 0.01.
    assert abs(raw.mean().item()) < 0.04
    assert abs(raw.std().item() - 1) < 0.03
    assert abs((raw.abs() < 1).float().mean().item() - math.erf(math.sqrt(0.5))) < 0.02


def test_offsets_are_drawn_by_the_generator() -> None:
    one, same, other = (layer(1, LbpConfig(), seed).raw_offsets for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_unshared_offsets_belong_to_one_channel_each() -> None:
    lbp = layer(3, LbpConfig(share_across_channels=False, channels="route"))
    assert lbp.raw_offsets.shape == (3, 2, 8, 2)
    assert all(not torch.equal(lbp.raw_offsets[a], lbp.raw_offsets[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    x, route = noise(1, 3, 6, 6), lbp.channel_route
    before = lbp(x)
    with torch.no_grad():
        lbp.raw_offsets[1] *= -1
    changed = (lbp(x) != before).any((0, 2, 3))
    assert route is not None
    assert torch.equal(changed, route == 1)


def test_bits_come_pattern_by_pattern_and_stay_binary() -> None:
    lbp = layer(1, LbpConfig(num_patterns=3, num_points=4))
    bits = lbp(noise(2, 1, 5, 6))
    assert lbp.out_channels == 12
    assert bits.shape == (2, 12, 5, 6)
    assert bool(((bits == 0) | (bits == 1)).all())
    alone = layer(1, LbpConfig(num_patterns=1, num_points=4))
    with torch.no_grad():
        alone.raw_offsets.copy_(lbp.raw_offsets[:, 1:2])
    assert torch.equal(alone(noise(2, 1, 5, 6)), bits[:, 4:8])


def test_weighted_maps_are_weighted_sums_of_each_patterns_bits() -> None:
    config = LbpConfig(num_patterns=3, num_points=4, mode="weighted")
    lbp, plain = layer(2, config), layer(2, replace(config, mode="bits"))
    x = noise(2, 2, 5, 6)
    bits = plain(x).view(2, 3, 4, 5, 6)
    assert lbp.out_channels == 3
    assert plain.pattern_weights is None
    assert lbp.pattern_weights is not None
    torch.testing.assert_close(lbp(x), bits.mean(2))
    with torch.no_grad():
        lbp.pattern_weights.copy_(torch.tensor([[1.0, 0, 0, 0], [0, 2, 0, 0], [1, 1, -1, 0.5]]))
    wanted = torch.stack(
        [bits[:, 0, 0], 2 * bits[:, 1, 1], bits[:, 2, 0] + bits[:, 2, 1] - bits[:, 2, 2] + bits[:, 2, 3] / 2], 1
    )
    torch.testing.assert_close(lbp(x), wanted)


def test_a_route_reads_every_channel_about_equally_and_follows_its_generator() -> None:
    ran = 0
    for channels in (1, 2, 3, 5, 16, 39):
        routes = []
        for seed in (0, 0, 1):
            route = layer(channels, LbpConfig(channels="route"), seed).channel_route
            assert route is not None
            assert route.dtype == torch.int32
            counts = torch.bincount(route, minlength=channels)
            assert len(counts) == channels
            assert int(counts.max() - counts.min()) <= 1
            routes.append(route)
        assert torch.equal(routes[0], routes[1])
        assert channels == 1 or not torch.equal(routes[0], routes[2])
        ran += 1
    assert ran == 6
    assert layer(3, LbpConfig(channels="average")).channel_route is None


def test_the_temperature_factor_learns_and_is_absent_where_it_must_not() -> None:
    x = noise(2, 1, 6, 6) / 255
    lbp = layer(1, LbpConfig(alpha_init=0.2))
    assert lbp.log_alpha_factor is not None
    assert lbp.alpha().item() == pytest.approx(0.2)
    with torch.no_grad():
        lbp.log_alpha_factor.fill_(math.log(3))
    assert lbp.alpha().item() == pytest.approx(0.6)
    (lbp(x) * x).sum().backward()
    assert lbp.log_alpha_factor.grad is not None
    assert lbp.log_alpha_factor.grad.item() != 0
    fixed = layer(1, LbpConfig(alpha_init=0.2, learn_alpha=False))
    assert fixed.log_alpha_factor is None
    assert [name for name, _ in fixed.named_parameters()] == ["raw_offsets"]
    assert fixed.alpha().item() == pytest.approx(0.2)


def test_the_layer_is_its_comparison_at_the_effective_offsets_and_temperature() -> None:
    x = noise(2, 3, 6, 7) / 255
    lbp = layer(3, LbpConfig(window=5))
    lbp.base_alpha.fill_(0.7)
    ran = 0
    for hard in (True, False):
        lbp.hard = hard
        wanted = compare(x, lbp.offsets().view(1, 16, 2), torch.tensor(0.7), window=5, hard=hard)
        assert torch.equal(lbp(x), wanted)
        ran += 1
    assert ran == 2
    assert not torch.equal(lbp(x), lbp(x).round())


def test_whole_offsets_read_exactly_one_pixel_each() -> None:
    ran = 0
    for window, channels in itertools.product((3, 5), (1, 3)):
        lbp = layer(channels, LbpConfig(window=window, offset_init_std=1.5, channels="route"))
        lbp.whole_offsets = True
        radius, x = (window - 1) // 2, noise(2, channels, 5, 7, high=4)
        offsets, route = lbp.offsets().view(16, 2), lbp.channel_route
        assert route is not None
        assert torch.equal(offsets, offsets.round())
        bits = lbp(x)
        for point, ((dy, dx), channel) in enumerate(zip(offsets.int().tolist(), route.tolist(), strict=True)):
            assert max(abs(dy), abs(dx)) <= radius
            rows, columns = torch.arange(5).add(dy).clamp(0, 4), torch.arange(7).add(dx).clamp(0, 6)
            plane = x[:, channel]
            assert torch.equal(bits[:, point], (plane[:, rows][:, :, columns] > plane).float())
        assert len({tuple(o) for o in offsets.tolist()}) > 4
        ran += 1
    assert ran == 4
