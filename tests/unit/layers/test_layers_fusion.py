"""Fusions: what is drawn, what counts, with numbers worked out by hand."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from lbpnet.config import BlocksConfig, LbpConfig, ModelConfig, RpConfig, RunConfig
from lbpnet.layers import Conv1x1, LinearProjection, RoutedProjection
from lbpnet.models import build_residual


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def routed(
    bits: int = 16, channels: int = 40, config: RpConfig | None = None, *, gate: float = 0.0, seed: int = 0
) -> RoutedProjection:
    chosen = config or RpConfig()
    return RoutedProjection(bits, channels, chosen, gate_logits_init=gate, margin=1.0, generator=seeded(seed))


def column(*bits: float) -> Tensor:
    """One pixel."""
    return torch.tensor(bits, dtype=torch.float32).view(1, -1, 1, 1)


def test_every_row_of_the_map_holds_k_distinct_bits() -> None:
    ran = 0
    for k in (1, 4, 8, 16):
        route = routed(config=RpConfig(n_bits_per_out=k)).route
        assert route.shape == (40, k)
        assert route.dtype == torch.int32
        assert all(len(set(row)) == k and set(row) <= set(range(16)) for row in route.tolist())
        ran += 1
    assert ran == 4


def test_the_map_follows_its_generator_and_reaches_every_bit() -> None:
    one, same, other = (routed(seed=seed).route for seed in (42, 42, 43))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert set(one.flatten().tolist()) == set(range(16))
    assert len({tuple(row) for row in one.tolist()}) > 30


def stage_maps(seed: int, fusion: str = "rp_paper") -> list[Tensor]:
    config = ModelConfig(
        LbpConfig(channels="route"),
        BlocksConfig(
            channels_per_stage=(16, 16, 16),
            downsample_at=(),
            fusion_type="rp_paper" if fusion == "rp_paper" else "rp_linear",
            rp_config=RpConfig(seed=seed),
        ),
    )
    maps = []
    for stage in build_residual(RunConfig(model=config)).residual_stages():
        assert isinstance(stage.fusion, RoutedProjection | LinearProjection)
        maps.append(stage.fusion.route if isinstance(stage.fusion, RoutedProjection) else stage.fusion.signs)
    return maps


@pytest.mark.parametrize("fusion", ["rp_paper", "rp_linear"])
def test_every_stage_draws_a_map_of_its_own_from_the_configured_seed(fusion: str) -> None:
    # The seed project drew the same map in every stage.
    first, again, other = stage_maps(42, fusion), stage_maps(42, fusion), stage_maps(43, fusion)
    assert len(first) == 3
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    everything = [*first, *other]
    pairs = list(itertools.combinations(everything, 2))
    assert len(pairs) == 15
    assert not any(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(("k", "theta"), [(1, 1), (2, 1), (4, 2), (5, 3), (7, 4), (8, 4)])
def test_the_threshold_is_half_of_k_rounded_up(k: int, theta: int) -> None:
    fusion = routed(8, 1, RpConfig(n_bits_per_out=k))
    assert fusion.theta == theta
    chosen = fusion.route[0].tolist()
    for count in range(k + 1):
        bits = [1.0 if i in chosen[:count] else 0.0 for i in range(8)]
        assert fusion(column(*bits)).maps.item() == (count >= theta)


def test_an_explicit_threshold_is_honoured() -> None:
    ran = 0
    for threshold, count in itertools.product((0.0, 1.0, 2.5, 4.0), range(5)):
        fusion = routed(4, 1, RpConfig(n_bits_per_out=4, threshold=threshold))
        bits = [float(i < count) for i in range(4)]
        assert fusion(column(*bits)).maps.item() == (count >= threshold)
        ran += 1
    assert ran == 20


def test_the_gate_bias_moves_the_threshold_of_its_channel_alone() -> None:
    fusion = routed(4, 3, RpConfig(n_bits_per_out=4), gate=0.3)
    assert fusion.gates.tolist() == pytest.approx([0.3] * 3)
    with torch.no_grad():
        fusion.gates.copy_(torch.tensor([0.0, 1.0, -1.0]))
    # theta = 2, one bit of four: z = -1, 0, -2.
    result = fusion(column(0, 1, 0, 0))
    assert result.maps.flatten().tolist() == [0, 1, 0]
    assert result.alive.item() == pytest.approx(1 / 3)
    assert result.shortfall.item() == pytest.approx(1 / 3)


def test_tau_shapes_the_soft_forward_only() -> None:
    fusion = routed(4, 1, RpConfig(n_bits_per_out=4, tau=2.0))
    assert fusion.base_tau.item() == 2.0
    assert fusion(column(1, 1, 1, 0)).maps.item() == 1
    fusion.hard = False
    assert fusion(column(1, 1, 1, 0)).maps.item() == pytest.approx(1 / (1 + math.exp(-1 / 2)))


def test_the_dense_projection_adds_signed_bits_over_the_root_of_their_number() -> None:
    config = RpConfig(tau=1.0)
    fusion = LinearProjection(4, 3, config, gate_logits_init=0.25, margin=1.0, generator=seeded(0))
    fusion.signs.copy_(torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [-1, -1, -1, 1]], dtype=torch.int8))
    bits = column(1, 0, 1, 1)
    # Sums 3, 1, -1; halved, plus 0.25: 1.75, 0.75, -0.25.
    result = fusion(bits)
    assert result.maps.flatten().tolist() == [1, 1, 0]
    assert result.shortfall.item() == pytest.approx((0 + 0.25 + 0.75) / 3)
    fusion.hard = False
    wanted = [1 / (1 + math.exp(-z)) for z in (1.75, 0.75, -0.25)]
    assert fusion(bits).maps.flatten().tolist() == pytest.approx(wanted)
    fusion.hard, fusion.theta = True, 1.0
    assert fusion(bits).maps.flatten().tolist() == [1, 0, 0]


def test_the_dense_projection_draws_both_signs_alike_and_takes_its_threshold() -> None:
    config = RpConfig(threshold=0.5)
    fusion = LinearProjection(64, 64, config, gate_logits_init=0.0, margin=1.0, generator=seeded(0))
    assert fusion.theta == 0.5
    assert LinearProjection(4, 1, RpConfig(), gate_logits_init=0.0, margin=1.0, generator=seeded(0)).theta == 0
    assert fusion.signs.dtype == torch.int8
    assert set(fusion.signs.flatten().tolist()) == {-1, 1}
    # 4,096 fair coins: a mean within five standard errors.
    assert abs(fusion.signs.float().mean().item()) < 5 / 64


def test_the_1x1_convolution_mixes_bits_by_learned_weights_without_a_gate() -> None:
    fusion = Conv1x1(3, 2, generator=seeded(0))
    same, other = Conv1x1(3, 2, generator=seeded(0)), Conv1x1(3, 2, generator=seeded(1))
    assert torch.equal(fusion.weight, same.weight)
    assert not torch.equal(fusion.weight, other.weight)
    assert [name for name, _ in fusion.named_parameters()] == ["weight"]
    with torch.no_grad():
        fusion.weight.copy_(torch.tensor([[1.0, 2, 3], [-1, 0.5, 0]]).view(2, 3, 1, 1))
    assert fusion(column(1, 0, 1)).flatten().tolist() == [4, -1]
