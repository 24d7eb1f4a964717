"""A stage and the head, worked out by hand on one 2x2 image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lbpnet.config import BlocksConfig, HeadConfig, LbpConfig, ModelConfig, RpConfig
from lbpnet.layers import MlpHead, ResidualStage, StageOutput


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Bits to the right: [[1, 0], [1, 0]]; below: [[1, 1], [0, 0]]. Counts [[2, 1], [1, 0]].
IMAGE = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).view(1, 1, 2, 2)


def stage(*, pooled: bool, gated: bool = True) -> ResidualStage:
    """Samples right and below; BatchNorm takes 0.25 off; the residual is -x/2, the scale 2."""
    config = ModelConfig(
        LbpConfig(num_patterns=1, num_points=2),
        BlocksConfig(
            stages=1,
            channels_per_stage=(1,),
            downsample_at=(0,) if pooled else (),
            fusion_type="rp_paper" if gated else "conv1x1",
            rp_config=RpConfig(n_bits_per_out=2),
        ),
    )
    built = ResidualStage(1, 1, 0, config, margin=1.0, generator=seeded(0)).eval()
    built.lbp.whole_offsets = True
    with torch.no_grad():
        built.lbp.raw_offsets.copy_(torch.tensor([[0.0, 9.0], [9.0, 0.0]]).view(1, 1, 2, 2))
        built.norm.eps = 0.0
        assert built.norm.running_mean is not None and built.norm.running_var is not None
        built.norm.running_mean.fill_(0.25)
        built.norm.running_var.fill_(4.0)
        built.norm.weight.fill_(2.0)
        built.norm.bias.fill_(0.0)
        built.res_scale.fill_(2.0)
        built.residual.weight.fill_(-0.5)
    return built


def run(built: ResidualStage) -> StageOutput:
    with torch.no_grad():
        return built(IMAGE)


def test_a_stage_scales_normalised_maps_and_adds_the_residual() -> None:
    # theta 1, gate 0.3: z = [[1.3, 0.3], [0.3, -0.7]], maps [[1, 1], [1, 0]], normalised less 0.25.
    result = run(stage(pooled=False))
    assert result.maps.flatten().tolist() == [1.5, 1.0, 0.5, 0.0]
    assert result.alive is not None and result.shortfall is not None
    assert result.alive.item() == 0.75
    assert result.shortfall.item() == pytest.approx((0 + 0.7 + 0.7 + 0.3) / 4)


def test_pooling_comes_after_normalisation_and_before_the_sum_and_relu() -> None:
    # Means 0.5 and 1.5: relu(2 * 0.5 - 1.5 / 2). Pooling after the sum would give 0.75, a relu before it 0.375.
    result = run(stage(pooled=True))
    assert result.maps.shape == (1, 1, 1, 1)
    assert result.maps.item() == 0.25
    assert result.alive is not None
    assert result.alive.item() == 0.75


def test_a_stage_without_gates_reports_none() -> None:
    built = stage(pooled=False, gated=False)
    with torch.no_grad():
        built.fusion.get_parameter("weight").copy_(torch.tensor([1.0, 2.0]).view(1, 2, 1, 1))
    # Mixed [[3, 2], [1, 0]] less 0.25, twice, less x/2.
    result = run(built)
    assert result.maps.flatten().tolist() == [5.5, 3.0, 0.5, 0.0]
    assert result.alive is None and result.shortfall is None


def head(config: HeadConfig, seed: int = 0) -> MlpHead:
    return MlpHead(2, config, generator=seeded(seed))


def averages(*values: float) -> Tensor:
    """One image whose two channels average to `values`, unevenly."""
    return torch.stack([torch.tensor([v - 1, v + 1, v, v, v - 3, v + 3]).view(2, 3) for v in values]).unsqueeze(0)


def test_the_head_averages_mixes_normalises_clips_and_mixes_again() -> None:
    built = head(HeadConfig(hidden=3, num_classes=2)).eval()
    with torch.no_grad():
        built.hidden.weight.copy_(torch.tensor([[1.0, 0], [0, 1], [1, -1]]))
        built.hidden.bias.copy_(torch.tensor([0.0, 1.0, 0.0]))
        norm = built.norm
        assert isinstance(norm, nn.BatchNorm1d)
        norm.eps = 0.0
        norm.weight.fill_(2.0)
        norm.bias.fill_(1.0)
        built.classify.weight.copy_(torch.tensor([[1.0, 10, 100], [-1, 0, 0]]))
        built.classify.bias.copy_(torch.tensor([0.5, 0.0]))
        # (1, 2): hidden (1, 3, -1), normalised (3, 7, -1), clipped (3, 7, 0).
        assert built(averages(1.0, 2.0)).tolist() == [[73.5, -3.0]]


def test_the_heads_shape_is_images_by_classes() -> None:
    assert head(HeadConfig(hidden=5, num_classes=7))(torch.rand(4, 2, 3, 3, generator=seeded(0))).shape == (4, 7)


def test_without_bn_the_head_has_neither_its_parameters_nor_its_statistics() -> None:
    built = head(HeadConfig(hidden=3, use_bn=False))
    assert sorted(built.state_dict()) == ["classify.bias", "classify.weight", "hidden.bias", "hidden.weight"]
    with torch.no_grad():
        x = averages(1.0, 2.0)
        wanted = built.classify(torch.relu(built.hidden(torch.tensor([[1.0, 2.0]]))))
        torch.testing.assert_close(built(x), wanted)


def test_dropout_acts_in_training_only() -> None:
    built = head(HeadConfig(hidden=64, dropout_rate=0.5, use_bn=False))
    plain = head(HeadConfig(hidden=64, use_bn=False))
    x = torch.rand(3, 2, 4, 4, generator=seeded(1))
    with torch.no_grad():
        assert torch.equal(built.eval()(x), plain(x))
        torch.manual_seed(0)
        assert not torch.equal(built.train()(x), plain(x))
    seen: list[Tensor] = []
    built.classify.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        built(torch.rand(200, 2, 4, 4, generator=seeded(1)))
        built.eval()(torch.rand(200, 2, 4, 4, generator=seeded(1)))
    dropped = [(t == 0).float().mean().item() for t in seen]
    assert abs(dropped[0] - (0.5 + 0.5 * dropped[1])) < 0.03


def test_the_heads_weights_are_drawn_by_the_generator() -> None:
    one, same, other = (head(HeadConfig(), seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    drawn = ["hidden.weight", "hidden.bias", "classify.weight", "classify.bias"]
    assert not any(torch.equal(one[name], other[name]) for name in drawn)
