"""Lowering: a routed network in eval mode and its program give equal scores; other networks are refused by name."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from lbpnet.config import (
    PRESETS,
    Code,
    DataConfig,
    HeadConfig,
    HeadWeights,
    IntegerHeadConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    validate,
)
from lbpnet.engine import reference_scores
from lbpnet.errors import LoweringError, ProgramError
from lbpnet.lowering import extreme_images, lower, multiplying_layers, require_equal
from lbpnet.models import LbpNet, build_model
from lbpnet.program import (
    AddWeights,
    Argmax,
    Compare,
    Encode,
    Input,
    Join,
    MaxPool,
    Shrink,
    SumPool,
    from_bytes,
    to_bytes,
)
from lbpnet.program.tables import TableWriter

CODES: tuple[Code, ...] = ("bit_pack", "binary", "count", "majority")
WEIGHTS: tuple[HeadWeights, ...] = ("ternary", "2bit", "3bit", "4bit")


def routed_config(
    routed: RoutedConfig, size: tuple[int, int] = (9, 7), channels: int = 1, classes: int = 3
) -> RunConfig:
    base = RunConfig()
    return validate(
        RunConfig(
            model=ModelConfig(family="routed", routed=routed, classification_head=HeadConfig(num_classes=classes)),
            data=DataConfig(image_size=size, in_channels=channels),
            seed=base.seed,
        )
    )


def trained(config: RunConfig) -> LbpNet:
    """The network after a forward pass in training mode: statistics and choices are no longer the initial ones."""
    model = build_model(config)
    generator = torch.Generator().manual_seed(3)
    size = config.data.image_size
    assert isinstance(size, tuple)
    images = torch.randint(0, 256, (16, config.data.in_channels, *size), generator=generator).to(torch.uint8)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".preferences." in name:
                parameter.copy_(torch.rand(parameter.shape, generator=generator))
    for _ in range(3):
        model.train()(images)
    return model.eval()


def test_every_kind_of_network_equals_its_program() -> None:
    ran = lively = 0
    kinds = itertools.product(CODES, WEIGHTS, (1, 2), (1, 3), (1, 4), (0, 1))
    for code, weights, shrink, channels, points, first_stage in kinds:
        head = IntegerHeadConfig(pool=3, first_stage=first_stage, weights=weights)
        routed = RoutedConfig((3, 4), points=points, window=5, code=code, shrink=shrink, head=head)
        config = routed_config(replace(routed, candidates=1 + ran % 2), channels=channels)
        model = trained(config)
        program = lower(model, (9, 7), ("a", "b", "c"))
        random = np.random.default_rng(ran).integers(0, 256, (8, channels, 9, 7), np.uint8)
        images = np.concatenate([random, extreme_images(program)])
        with torch.no_grad():
            scores = model(torch.from_numpy(images)).numpy()
        assert np.array_equal(reference_scores(program, images), scores), (code, weights, shrink, channels, points)
        lively += len(np.unique(scores)) > 1
        require_equal(model, program, images)
        ran += 1
    assert ran == 4 * 4 * 16
    assert lively >= 235, "few networks of majorities see nothing in images this small"


def test_a_network_that_halves_its_maps_equals_its_program() -> None:
    ran = 0
    for code, channels, pool_at in itertools.product(CODES, (1, 3), ((0,), (1,), (0, 1), (1, 2))):
        routed = RoutedConfig((4, 5, 6), window=5, code=code, pool_at=pool_at, head=IntegerHeadConfig(pool=1))
        model = trained(routed_config(routed, channels=channels))
        program = lower(model, (9, 7))
        assert sum(isinstance(node, MaxPool) for node in program.nodes) == sum(stage + 2 for stage in pool_at)
        images = np.random.default_rng(ran).integers(0, 256, (16, channels, 9, 7), np.uint8)
        require_equal(model, program, np.concatenate([images, extreme_images(program)]))
        ran += 1
    assert ran == 4 * 2 * 4


def test_the_program_survives_its_file() -> None:
    model = trained(routed_config(RoutedConfig((3, 4), head=IntegerHeadConfig(pool=2))))
    program = lower(model, (9, 7), ("a", "b", "c"))
    again = from_bytes(to_bytes(program))
    assert again.classes == ("a", "b", "c")
    require_equal(model, again, extreme_images(program))


def test_nodes_are_those_of_the_network_in_order() -> None:
    head = IntegerHeadConfig(pool=2, first_stage=1)
    model = trained(routed_config(RoutedConfig((3, 4, 2), points=4, shrink=2, code="count", head=head), channels=3))
    program = lower(model, (9, 7))
    kinds = [type(node) for node in program.nodes]
    stage = [Compare, Encode]
    assert kinds == [Input, Shrink, *stage, Join, *stage, Join, *stage, Join, SumPool, AddWeights, Argmax]
    joins = [node.sources for node in program.nodes if isinstance(node, Join)]
    assert joins == [(1, 3), (1, 3, 6), (6, 9)], "a head reads the stages from first_stage on, and never the image"


def test_tables_that_follow_from_the_order_take_no_bytes() -> None:
    program = lower(trained(routed_config(RoutedConfig((3, 4), head=IntegerHeadConfig(pool=2)))), (9, 7))
    writer = TableWriter()
    wiring = bytearray()
    for node in program.nodes:
        if isinstance(node, Encode):
            writer.add(node.bits, wiring)
    assert writer.packed() + writer.coded() == b""


def test_names_that_do_not_fit_the_scores_are_left_out() -> None:
    model = trained(routed_config(RoutedConfig((2,), head=IntegerHeadConfig(pool=2))))
    assert lower(model, (9, 7), ("a", "b")).classes == ()


def test_positions_beyond_the_window_are_clamped_as_in_the_forward_pass() -> None:
    model = trained(routed_config(RoutedConfig((3, 4), window=3, head=IntegerHeadConfig(pool=2))))
    with torch.no_grad():
        for offsets in model.offsets():
            offsets.add_(torch.linspace(-9, 9, offsets.numel()).reshape(offsets.shape))
            offsets.view(-1)[0] = 0.5  # rounds to even
    program = lower(model, (9, 7))
    require_equal(model, program, extreme_images(program))


def test_networks_that_multiply_are_refused_with_their_layers() -> None:
    for name, parts in (
        ("paper_mnist_rp_full60k", ("stages.0.lbp (bilinear samples", "stages.2.norm (BatchNorm)", "head.classify (")),
        ("paper_mnist_1x1", ("stages.1.fusion (1x1 convolution)", "stages.0.residual (convolution with real weights)")),
    ):
        model = build_model(PRESETS[name]).eval()
        with pytest.raises(LoweringError, match=r"this network multiplies.*model\.family 'routed'") as caught:
            lower(model, (28, 28))
        assert all(part in str(caught.value) for part in parts), str(caught.value)
        assert "\n" not in str(caught.value)


def test_every_layer_with_parameters_of_a_multiplying_network_is_named() -> None:
    ran = 0
    for fusion in ("rp_paper", "rp_linear", "conv1x1"):
        base = PRESETS["paper_mnist_1x1"]
        blocks = replace(base.model.blocks, fusion_type=fusion)
        model = build_model(replace(base, model=replace(base.model, blocks=blocks)))
        named = {line.split(" ")[0] for line in multiplying_layers(model)}
        for name, _ in model.named_parameters():
            assert name.rpartition(".")[0] in named, name
            ran += 1
    assert ran > 30


def test_a_program_that_differs_from_its_network_is_refused() -> None:
    config = routed_config(RoutedConfig((2,), head=IntegerHeadConfig(pool=2)))
    model = trained(config)
    program = lower(model, (9, 7))
    changed = replace(program.head, bias=program.head.bias + np.array([0, 1, 0], np.int32))
    other = type(program)((*program.nodes[:-2], changed, program.nodes[-1]))
    with pytest.raises(LoweringError, match="image 0, class 1: the network gives"):
        require_equal(model, other, extreme_images(program))


def test_each_stage_has_the_window_that_it_was_trained_with() -> None:
    model = trained(routed_config(RoutedConfig((3, 4, 5), window=(3, 7, 5), head=IntegerHeadConfig(pool=2))))
    with torch.no_grad():
        for offsets in model.offsets():
            offsets.mul_(3)
    program = lower(model, (9, 7))
    assert [node.window for node in program.nodes if isinstance(node, Compare)] == [3, 7, 5]
    require_equal(model, program, extreme_images(program))


def test_sizes_beyond_a_program_are_named() -> None:
    config = routed_config(RoutedConfig((2,), window=65, head=IntegerHeadConfig(pool=2)))
    with pytest.raises(ProgramError, match=r"window: expected odd, 3 to 63, got 65"):
        lower(trained(config), (9, 7))


@pytest.mark.parametrize(("weights", "low", "high"), [("2bit", -2, 1), ("3bit", -3, 3), ("4bit", -7, 7)])
def test_weights_take_every_value_that_their_name_allows(weights: HeadWeights, low: int, high: int) -> None:
    config = routed_config(RoutedConfig((6, 8), head=IntegerHeadConfig(pool=7, weights=weights)), classes=10)
    table = lower(trained(config), (9, 7)).head.weights
    assert table.shape == (10, 14 * 49) and np.unique(table).tolist() == list(range(low, high + 1))
