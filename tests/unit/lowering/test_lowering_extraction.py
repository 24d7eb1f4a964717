"""What the native engine gives a head is what the layers would have given it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from test_lowering import CODES, routed_config

from lbpnet.config import (
    PRESETS,
    DataConfig,
    HeadConfig,
    IntegerHeadConfig,
    LiteratureConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
)
from lbpnet.engine import Engine
from lbpnet.lowering import native_features
from lbpnet.models import PublishedNet, RoutedLbpNet, build_model

pytestmark = pytest.mark.skipif(len(Engine.isas()) == 1, reason="the native engine was not built")


def drawn(channels: int, size: tuple[int, int]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (6, channels, *size), generator=generator, dtype=torch.uint8)
    images[0], images[1] = 0, 255
    return images * (torch.rand(6, 1, *size, generator=generator) > 0.4)


def test_features_of_a_routed_network_are_the_integers_of_its_eval_mode() -> None:
    ran = 0
    for code, shrink, pool_at, first_stage, channels in itertools.product(CODES, (1, 2), ((), (0,)), (0, 1), (1, 3)):
        routed = RoutedConfig(
            kernels=(4, 5),
            points=3,
            code=code,
            shrink=shrink,
            pool_at=pool_at,
            head=IntegerHeadConfig(pool=2, first_stage=first_stage),
        )
        size = (17, 14)
        model = build_model(routed_config(routed, size, channels)).eval()
        assert isinstance(model, RoutedLbpNet)
        features, images = native_features(model, size), drawn(channels, size)
        assert features is not None
        assert torch.equal(features(images), model.pooled(images))
        ran += 1
    assert ran == 64


@pytest.mark.parametrize("preset", ["routed_mnist", "routed_mnist_fast", "routed_mnist_hidden"])
def test_features_of_usual_shapes_are_those_of_eval_mode(preset: str) -> None:
    # The engine has code of its own for these shapes, which need not finish the sums.
    model, images = build_model(PRESETS[preset]).eval(), drawn(1, (28, 28))
    features = native_features(model, (28, 28))
    assert features is not None
    assert isinstance(model, RoutedLbpNet)
    assert torch.equal(features(images), model.pooled(images))


def test_features_of_the_papers_network_are_what_its_head_reads() -> None:
    model = build_model(PRESETS["wacv_mnist"]).eval()
    images = drawn(1, (28, 28))
    expected = model(images)
    model.extract = native_features(model, (28, 28))
    assert model.extract is not None
    assert torch.allclose(model(images), expected, atol=1e-5)


def test_gradients_of_a_head_are_those_behind_the_layers() -> None:
    config = routed_config(RoutedConfig(kernels=(4, 5), head=IntegerHeadConfig(pool=2)), (12, 12))
    gradients = []
    for native in (False, True):
        model = build_model(config).train()
        model.extract = native_features(model, (12, 12)) if native else None
        torch.nn.functional.cross_entropy(model(drawn(1, (12, 12))), torch.tensor([0, 1, 2, 0, 1, 2])).backward()
        assert isinstance(model, RoutedLbpNet)
        assert model.head.latent.grad is not None
        gradients.append(model.head.latent.grad)
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("projection", ["conv1x1", None])
def test_other_networks_have_no_native_features(projection: str | None) -> None:
    if projection is None:
        model = build_model(RunConfig())
    else:
        literature = LiteratureConfig(kernels=(4, 4), projection="conv1x1")
        head = HeadConfig(hidden=6, num_classes=3)
        model = build_model(
            replace(
                RunConfig(model=ModelConfig(family="literature", classification_head=head, literature=literature)),
                data=DataConfig(),
            )
        )
        assert isinstance(model, PublishedNet)
    assert native_features(model, (28, 28)) is None


def test_sums_beyond_fifteen_bits_are_left_to_the_layers() -> None:
    routed = RoutedConfig(kernels=(4, 4), points=8, code="binary", head=IntegerHeadConfig(pool=1))
    assert native_features(build_model(routed_config(routed, (28, 28))), (28, 28)) is None
