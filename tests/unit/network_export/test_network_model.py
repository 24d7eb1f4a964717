"""ONNX models of networks that multiply equal the torch network within rounding, whatever its settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from lbpnet.config import PRESETS, BlocksConfig, HeadConfig, LbpConfig, ModelConfig, RpConfig
from lbpnet.errors import VerificationError
from lbpnet.export import default_images
from lbpnet.models.residual_lbpnet import ResidualLbpNet
from lbpnet.network_export.compare import TOLERANCE, Difference, compare
from lbpnet.network_export.model import model_of
from lbpnet.program import Input

SMALL = BlocksConfig(stages=2, channels_per_stage=(5, 6), downsample_at=(1,), rp_config=RpConfig(n_bits_per_out=4))
HEAD = HeadConfig(hidden=8, num_classes=3)
SETTINGS = {
    "shared": ModelConfig(),
    "routed points": ModelConfig(lbp_layer=LbpConfig(window=5, channels="route")),
    "weighted patterns": ModelConfig(
        lbp_layer=LbpConfig(mode="weighted", num_patterns=6), blocks=replace(SMALL, fusion_type="rp_linear")
    ),
    "offsets a channel": ModelConfig(lbp_layer=LbpConfig(share_across_channels=False, num_points=4)),
    "dense projection": ModelConfig(blocks=replace(SMALL, fusion_type="rp_linear")),
    "1x1 convolution": ModelConfig(blocks=replace(SMALL, fusion_type="conv1x1")),
    "no head norm, every stage halves": ModelConfig(
        blocks=replace(SMALL, downsample_at=(0, 1)), classification_head=replace(HEAD, use_bn=False)
    ),
}


def network_of(config: ModelConfig, channels: int) -> ResidualLbpNet:
    """A network with weights and running statistics that no initialisation has."""
    blocks = SMALL if config.blocks == BlocksConfig() else config.blocks
    head = HEAD if config.classification_head == HeadConfig() else config.classification_head
    config = replace(config, blocks=blocks, classification_head=head)
    generator = torch.Generator().manual_seed(0)
    network = ResidualLbpNet(config, channels, generator=generator).eval()
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point() and "base_" not in name:
                noise = torch.rand(tensor.shape, generator=generator)
                tensor.add_(noise if "running_var" in name else noise - 0.5)
    return network


def difference(network: ResidualLbpNet, image: Input, folder: Path) -> Difference:
    model = model_of(network, (image.height, image.width), (), "x")
    onnx.checker.check_model(model, full_check=True)
    (folder / "x.onnx").write_bytes(model.SerializeToString())
    return compare(folder / "x.onnx", network, default_images(image))


def test_every_setting_is_within_the_tolerance(tmp_path: Path) -> None:
    ran = 0
    for config in SETTINGS.values():
        for image in (Input(1, 8, 8), Input(3, 9, 7)):
            assert difference(network_of(config, image.channels), image, tmp_path).images == 33
            ran += 1
    assert ran == 2 * len(SETTINGS) == 14


def test_every_preset_that_multiplies_has_a_model(tmp_path: Path) -> None:
    ran = 0
    for config in PRESETS.values():
        if config.model.family == "residual":
            network = network_of(config.model, config.data.in_channels)
            assert difference(network, Input(1, 12, 12), tmp_path).images == 33
            ran += 1
    assert ran >= 5


def test_whole_offsets_sample_one_pixel_exactly(tmp_path: Path) -> None:
    network = network_of(SETTINGS["shared"], 1)
    for stage in network.residual_stages():
        stage.lbp.whole_offsets = True
    assert difference(network, Input(1, 8, 8), tmp_path).largest < 1e-4


def test_a_model_of_other_weights_fails_and_the_image_is_named(tmp_path: Path) -> None:
    network = network_of(SETTINGS["shared"], 1)
    difference(network, Input(1, 8, 8), tmp_path)
    with torch.no_grad():
        network.head.classify.bias[1] += 1
        logits = network(torch.from_numpy(default_images(Input(1, 8, 8)))).abs().amax(1)
        assert bool((TOLERANCE * logits.clamp(min=1) < 1).any())
    with pytest.raises(VerificationError, match=r"x.onnx: image \d+: logits differ by 1, more than the allowed"):
        compare(tmp_path / "x.onnx", network, default_images(Input(1, 8, 8)))


def test_a_model_that_cannot_be_run_fails(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no model")
    with pytest.raises(VerificationError, match=r"ONNX Runtime .* cannot run it"):
        compare(tmp_path / "x.onnx", network_of(SETTINGS["shared"], 1), np.zeros((1, 1, 8, 8), np.uint8))
