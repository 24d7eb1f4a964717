"""The whole network: no dead parameter, any image shape, paths and temperatures with effect."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor

from lbpnet.config import (
    PRESETS,
    BlocksConfig,
    DataConfig,
    HeadConfig,
    LbpConfig,
    ModelConfig,
    RunConfig,
    validate_model,
)
from lbpnet.config.model import FusionType
from lbpnet.errors import ConfigError
from lbpnet.layers import HARD, HARD_ROUNDED, ForwardPath, RoutedProjection
from lbpnet.models import ResidualLbpNet, build_residual
from lbpnet.ops import Projection

SOFT = ForwardPath(hard_bits=False, hard_gates=False)
FULL60K = PRESETS["paper_mnist_rp_full60k"]


def images(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def small(fusion: FusionType = "rp_paper", *, channels: int = 1, lbp: LbpConfig | None = None) -> RunConfig:
    blocks = BlocksConfig(stages=2, channels_per_stage=(5, 6), downsample_at=(0,), fusion_type=fusion)
    model = ModelConfig(lbp or LbpConfig(), blocks, classification_head=HeadConfig(hidden=8, num_classes=4))
    return RunConfig(model=model, data=DataConfig(in_channels=channels, image_size=(17, 23)))


def test_the_seeds_network_has_the_seeds_parameters() -> None:
    model = build_residual(FULL60K)
    assert sum(p.numel() for p in model.parameters()) == 29_196
    assert sum(p.numel() for n, p in model.named_parameters() if n.endswith("gates")) == 159


@pytest.mark.parametrize("path", [HARD, SOFT], ids=["hard", "soft"])
def test_no_parameter_is_dead(path: ForwardPath) -> None:
    model = build_residual(FULL60K)
    model.set_path(path)
    x, labels = images(12, 1, 28, 28), torch.arange(12) % 10
    torch.nn.functional.cross_entropy(model(x), labels).backward()
    checked = 0
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
        checked += 1
        # BatchNorm takes the mean off again: in training this bias has no gradient but rounding.
        if name == "head.hidden.bias":
            continue
        assert bool(parameter.grad.any()), name
        if name.endswith("raw_offsets"):
            assert bool((parameter.grad != 0).all()), name
    assert checked == len(list(model.parameters())) == 27
    model.zero_grad()
    torch.nn.functional.cross_entropy(model.eval()(x), labels).backward()
    bias = model.head.hidden.bias.grad
    assert bias is not None
    assert bias.abs().max().item() > 1e-5


def test_bytes_and_their_share_of_255_are_the_same_image() -> None:
    model = build_residual(small()).eval()
    x = images(3, 1, 17, 23)
    assert torch.equal(model(x), model(x.float() / 255))
    assert not torch.equal(model(x), model(x.float() / 510))


@pytest.mark.parametrize("shape", [(2, 1, 9, 9), (2, 4, 9, 9), (3, 9, 9)])
def test_another_number_of_channels_is_named(shape: tuple[int, ...]) -> None:
    model = build_residual(small(channels=3))
    with pytest.raises(ConfigError, match=r"data\.in_channels: the network takes \(B, 3, H, W\) images, got \("):
        model(torch.zeros(shape))


def test_an_impossible_network_is_refused() -> None:
    config = replace(small().model, lbp_layer=LbpConfig(window=4))
    with pytest.raises(ConfigError, match=r"model\.lbp_layer\.window"):
        ResidualLbpNet(config, 1, generator=torch.Generator())


def test_the_seed_decides_every_initial_weight_and_nothing_else_does() -> None:
    torch.manual_seed(1)
    one = build_residual(small()).state_dict()
    torch.manual_seed(2)
    same, other = build_residual(small()).state_dict(), build_residual(replace(small(), seed=7)).state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    differing = {name for name in one if not torch.equal(one[name], other[name])}
    assert {"stages.0.lbp.raw_offsets", "stages.1.residual.weight", "head.hidden.weight"} <= differing
    # Maps have a seed of their own.
    assert not any(name.endswith("route") for name in differing)


def test_every_fusion_runs_on_grey_colour_and_odd_images() -> None:
    shapes = [(1, 28, 28), (3, 17, 23), (2, 5, 9), (3, 2, 2), (1, 1, 2)]
    ran = 0
    for fusion, (channels, height, width), share, reading, mode in itertools.product(
        get_args(FusionType), shapes, (True, False), ("average", "route"), ("bits", "weighted")
    ):
        if mode == "weighted" and fusion == "rp_paper":
            continue
        lbp = LbpConfig(share_across_channels=share, channels=reading, mode=mode)
        config = small(fusion, channels=channels, lbp=lbp)
        if height < 2:
            blocks = replace(config.model.blocks, downsample_at=())
            config = replace(config, model=replace(config.model, blocks=blocks))
        validate_model(config.model)
        model = build_residual(config)
        logits, stages = model.forward_with_stages(images(3, channels, height, width))
        assert logits.shape == (3, 4)
        assert bool(logits.isfinite().all())
        halved = 2 if height >= 2 else 1
        assert [s.maps.shape for s in stages] == [
            (3, 5, height // halved, width // halved),
            (3, 6, height // halved, width // halved),
        ]
        assert all((s.alive is None) == (fusion == "conv1x1") for s in stages)
        logits.square().sum().backward()
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())
        ran += 1
    assert ran == 5 * 2 * 2 * (1 + 2 + 2)


def inner(model: ResidualLbpNet, x: Tensor) -> list[Tensor]:
    """What every comparison layer and every fusion puts out."""
    seen: list[Tensor] = []
    x = x.float() / 255
    with torch.no_grad():
        for stage in model.residual_stages():
            bits = stage.lbp(x)
            fused = stage.fusion(bits)
            seen += [bits, fused.maps if isinstance(fused, Projection) else fused]
            x = stage(x).maps
    return seen


def test_the_hard_path_is_binary_inside_and_the_soft_one_is_not() -> None:
    model = build_residual(small(channels=3, lbp=LbpConfig(channels="route"))).eval()
    x = images(2, 3, 17, 23)
    ran = 0
    for path, bits, gates in (
        (HARD, True, True),
        (HARD_ROUNDED, True, True),
        (SOFT, False, False),
        (ForwardPath(hard_bits=True, hard_gates=False), True, False),
        (ForwardPath(hard_bits=False, hard_gates=True), False, True),
    ):
        model.set_path(path)
        seen = inner(model, x)
        assert len(seen) == 4
        found = [bool(((t == 0) | (t == 1)).all()) for t in seen]
        assert found == [bits, gates, bits, gates], path
        assert all(0 < t.mean() < 1 for t in seen)
        ran += 1
    assert ran == 5


def test_every_path_computes_something_else() -> None:
    model = build_residual(small()).eval()
    x = images(4, 1, 17, 23)
    results = []
    for path in (HARD, HARD_ROUNDED, SOFT, ForwardPath(True, False), ForwardPath(False, True)):
        model.set_path(path)
        results.append(model(x).detach())
    pairs = list(itertools.combinations(results, 2))
    assert len(pairs) == 10
    assert not any(torch.equal(a, b) for a, b in pairs)
    model.set_path(HARD)
    assert torch.equal(model(x), results[0])
    assert torch.equal(build_residual(small()).eval()(x), results[0])


@pytest.mark.parametrize("fusion", ["rp_paper", "rp_linear"])
def test_temperatures_change_the_soft_forward_and_never_the_hard_one(fusion: FusionType) -> None:
    model = build_residual(small(fusion)).eval()
    x = images(4, 1, 17, 23)

    def at(path: ForwardPath, alpha: float, tau: float) -> Tensor:
        model.set_path(path)
        model.set_temperatures(alpha, tau)
        return model(x).detach()

    assert torch.equal(at(HARD, 1.5, 3.0), at(HARD, 0.1, 0.9))
    base = at(SOFT, 1.5, 3.0)
    assert torch.equal(base, at(SOFT, 1.5, 3.0))
    assert not torch.equal(base, at(SOFT, 0.1, 3.0))
    assert not torch.equal(base, at(SOFT, 1.5, 0.9))
    for stage in model.residual_stages():
        assert stage.lbp.alpha().item() == pytest.approx(1.5)


def test_temperatures_shape_the_hard_forwards_gradient() -> None:
    grads = []
    for alpha, tau in ((1.5, 3.0), (0.3, 3.0), (1.5, 0.9)):
        model = build_residual(small())
        model.set_temperatures(alpha, tau)
        model(images(4, 1, 17, 23)).square().sum().backward()
        grads.append(model.residual_stages()[0].lbp.raw_offsets.grad)
    assert all(g is not None for g in grads)
    assert len({tuple(g.flatten().tolist()) for g in grads if g is not None}) == 3


def test_the_margin_of_the_regulariser_reaches_every_gate() -> None:
    config = small()
    wide = build_residual(replace(config, gate_margin=replace(config.gate_margin, margin=4.0)))
    narrow = build_residual(config)
    shortfalls = []
    for model in (wide, narrow):
        assert all(isinstance(s.fusion, RoutedProjection) for s in model.residual_stages())
        _, stages = model.eval().forward_with_stages(images(2, 1, 17, 23))
        shortfalls.append([s.shortfall.item() for s in stages if s.shortfall is not None])
    assert len(shortfalls[0]) == len(shortfalls[1]) == 2
    assert all(w > n for w, n in zip(*shortfalls, strict=True))


# Dynamo itself looks at the gradients of intermediate tensors.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
def test_a_compiled_network_computes_the_same_with_and_without_autocast() -> None:
    torch.compiler.reset()
    model = build_residual(small()).train()
    x = images(4, 1, 17, 23)
    wanted = model(x)
    wanted.square().sum().backward()
    gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    compiled = torch.compile(model, backend="aot_eager")
    found = compiled(x)
    found.square().sum().backward()
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    assert len(gradients) == len(list(model.parameters()))
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert bool(compiled(x).isfinite().all())
