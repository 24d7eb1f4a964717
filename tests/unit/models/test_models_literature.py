"""The paper's networks: what their stages compute, what their head reads, and that all of them learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lbpnet.config import (
    PRESETS,
    ConvolutionalConfig,
    DataConfig,
    HeadConfig,
    LiteratureConfig,
    ModelConfig,
    RunConfig,
)
from lbpnet.errors import ConfigError, LoweringError
from lbpnet.layers import BinaryConv2d, ConvolutionalStack, MixedLbp, RoutedLbp
from lbpnet.lowering import lower
from lbpnet.models import PublishedNet, build_model
from lbpnet.ops import sign, window_bounds

NAMES = [name for name in PRESETS if name.startswith("wacv_")]


def network(model: ModelConfig, channels: int = 1) -> PublishedNet:
    built = build_model(RunConfig(model=model, data=DataConfig(in_channels=channels)))
    assert isinstance(built, PublishedNet)
    return built


def literature(config: LiteratureConfig, channels: int = 1, **head: int | bool) -> PublishedNet:
    classifier = replace(HeadConfig(hidden=6, num_classes=3), **head)
    return network(ModelConfig(family="literature", classification_head=classifier, literature=config), channels)


def images(count: int, channels: int = 1, height: int = 9, width: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(0, 256, (count, channels, height, width), generator=generator).to(torch.uint8)


def test_maps_are_packed_bits_with_the_shifted_relu_joined_to_the_image() -> None:
    """Written out for one kernel on whole numbers, as the paper says it."""
    model = literature(LiteratureConfig(kernels=(2, 3), points=3, window=3, pool=2))
    assert isinstance(model.features, RoutedLbp)
    pixels = images(2)
    maps = model.features(pixels.float() / 255)
    assert maps.shape == (2, 1 + 2 + 3, 9, 7)
    assert torch.equal(maps[:, :1], pixels.float() / 255)
    padded = torch.nn.functional.pad(pixels.int(), (1, 1, 1, 1))
    for kernel in range(2):
        value = torch.zeros(2, 9, 7, dtype=torch.int32)
        for point, (dy, dx) in enumerate(model.features.positions[0][kernel].detach().clamp(-1, 1).round().int()):
            sample = padded[:, 0, 1 + dy : 10 + dy, 1 + dx : 8 + dx]
            value += (sample > pixels[:, 0].int()).int() << point
        assert torch.equal((maps[:, 1 + kernel] * 7).round().int(), value.clamp_min(3))


def test_without_the_relu_maps_are_the_packed_bits_themselves() -> None:
    config = LiteratureConfig(kernels=(2,), points=3, window=3, pool=2)
    raised, plain = (literature(replace(config, code=code)).features for code in ("bit_pack", "binary"))
    assert isinstance(plain, RoutedLbp) and isinstance(raised, RoutedLbp)
    x = images(2).float() / 255
    values = (plain(x)[:, 1:] * 7).round()
    assert values.amin() == 0
    assert torch.equal(values.clamp_min(3), (raised(x)[:, 1:] * 7).round())


def test_the_1x1_stage_packs_without_a_floor_mixes_and_adds() -> None:
    model = literature(LiteratureConfig(kernels=(2, 2), points=3, window=3, projection="conv1x1", pool=2))
    assert isinstance(model.features, MixedLbp)
    pixels = images(2)
    x = pixels.float() / 255
    padded = torch.nn.functional.pad(pixels.int(), (1, 1, 1, 1))
    packed = torch.zeros(2, 2, 9, 7)
    for kernel in range(2):
        for point, (dy, dx) in enumerate(model.features.positions[0][kernel].detach().clamp(-1, 1).round().int()):
            sample = padded[:, 0, 1 + dy : 10 + dy, 1 + dx : 8 + dx]
            packed[:, kernel] += (sample > pixels[:, 0].int()) * 2**point / 7
    mixer = model.features.mixers[0]
    assert isinstance(mixer, torch.nn.Conv2d)
    weights = mixer.weight.detach()[:, :, 0, 0]
    expected = x + torch.relu(torch.einsum("ok,bkhw->bohw", weights, packed))
    first = literature(LiteratureConfig(kernels=(2,), points=3, window=3, projection="conv1x1", pool=2)).features
    assert isinstance(first, MixedLbp)
    first.load_state_dict({name: model.features.state_dict()[name] for name in first.state_dict()})
    assert torch.allclose(first(x), expected, atol=1e-6)
    assert float((packed * 7).amin()) == 0, "no floor: some pixel is below 2^(n-1) - 1"


def test_the_head_reads_the_average_of_every_window() -> None:
    model = literature(LiteratureConfig(kernels=(3,), pool=2), use_bn=False).eval()
    seen: list[torch.Tensor] = []
    model.head.hidden.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pixels = images(2)
    model(pixels)
    maps = model.features(pixels.float() / 255).detach()
    rows, columns = window_bounds(9, 2), window_bounds(7, 2)
    cells = [maps[:, :, top:end, left:right].mean((2, 3)) for top, end in rows for left, right in columns]
    lowest = torch.tensor([0, 7 / 15, 7 / 15, 7 / 15])
    expected = torch.stack([cell - lowest for cell in cells], 2).flatten(1)
    assert torch.allclose(seen[0], expected, atol=1e-5)
    assert float(expected.amin()) > -1e-6


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_every_preset_gets_a_gradient(name: str) -> None:
    config = PRESETS[name]
    size, model = config.data.image_size, build_model(config)
    assert isinstance(model, PublishedNet) and isinstance(size, int)
    output = model(images(2, config.data.in_channels, size, size))
    assert output.shape == (2, config.model.classification_head.num_classes)
    output.square().sum().backward()
    for parameter, value in model.named_parameters():
        assert value.grad is not None and bool(value.grad.any()), parameter


def test_ten_presets_are_there() -> None:
    assert len(NAMES) == 10


def test_the_forward_pass_of_training_and_of_evaluation_is_one_without_batchnorm() -> None:
    model = literature(LiteratureConfig(kernels=(4, 4), pool=2), use_bn=False)
    pixels = images(3)
    assert torch.equal(model.train()(pixels), model.eval()(pixels))


@pytest.mark.parametrize("binary", [False, True])
def test_maps_are_halved_to_the_largest_of_each_block(binary: bool) -> None:
    """9x7 images: 4x3 blocks of the first layer's maps, the odd last row and column left out."""
    halved, whole = (
        ConvolutionalStack(
            1,
            ConvolutionalConfig(channels=(3, 2), pool_at=pool_at, binary=binary),
            generator=torch.Generator().manual_seed(0),
        ).eval()
        for pool_at in ((0,), ())
    )
    x = images(2).float() / 255
    first = (sign if binary else torch.relu)(whole.norms[0](whole.layers[0](x)))
    blocks = first[:, :, :8, :6].unflatten(3, (3, 2)).unflatten(2, (4, 2)).amax((3, 5))
    second = (sign if binary else torch.relu)(whole.norms[1](whole.layers[1](blocks)))
    assert halved(x).shape == (2, 2, 4, 3)
    assert torch.allclose(halved(x), second, atol=1e-6)


def test_binary_layers_hold_signs_alone() -> None:
    config = ConvolutionalConfig(channels=(4, 3), binary=True, pool=2)
    model = network(ModelConfig(family="convolutional", convolutional=config))
    assert isinstance(model.features, ConvolutionalStack)
    x = images(3).float() / 255
    for layer, norm in zip(model.features.layers, model.features.norms, strict=True):
        assert isinstance(layer, BinaryConv2d)
        convolved = torch.nn.functional.conv2d(x, torch.where(layer.weight >= 0, 1.0, -1.0), padding=1)
        assert torch.equal(layer(x), convolved)
        x = sign(norm(convolved))
        assert set(x.unique().tolist()) == {-1.0, 1.0}
    assert model.offsets() == []


def test_sign_passes_gradients_within_one() -> None:
    x = torch.tensor([-2.0, -1.0, -0.5, 0.0, 1.0, 1.5], requires_grad=True)
    y = sign(x)
    assert y.tolist() == [-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]
    y.backward(torch.arange(1.0, 7.0))
    assert x.grad is not None and x.grad.tolist() == [0.0, 2.0, 3.0, 4.0, 5.0, 0.0]


@pytest.mark.parametrize("name", NAMES)
def test_freezing_names_the_layers_that_multiply(name: str) -> None:
    config = PRESETS[name]
    with pytest.raises(LoweringError, match=r"this network multiplies") as caught:
        lower(build_model(config).eval(), (28, 28))
    named = ["head.hidden (fully connected", "head.norm (BatchNorm)", "head.classify (fully connected"]
    named += {
        "wacv_mnist_1x1": ["features.mixers.0 (convolution"],
        "wacv_mnist_cnn": ["features.layers.2 (convolution", "features.norms.0 (BatchNorm)"],
        "wacv_mnist_bcnn": ["features.norms.2 (BatchNorm)"],
    }.get(name, [])
    assert all(part in str(caught.value) for part in named), str(caught.value)
    assert str(caught.value).count(" (") == (
        3 + {"wacv_mnist_1x1": 3, "wacv_mnist_cnn": 6, "wacv_mnist_bcnn": 3}.get(name, 0)
    )


def test_other_images_are_refused() -> None:
    model = literature(LiteratureConfig(kernels=(2,), pool=2))
    for wrong in (images(2, 3), images(2).float()):
        with pytest.raises(ConfigError, match=r"the network takes \(B, 1, H, W\) uint8 images"):
            model(wrong)
