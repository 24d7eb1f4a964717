"""Counts of the whole network: operations by brute force, parameters and bytes from the built network."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import torch

from lbpnet.config import (
    PRESETS,
    AliveRatioRegConfig,
    BlocksConfig,
    DataConfig,
    GateMarginConfig,
    HeadConfig,
    LbpConfig,
    ModelConfig,
    RpConfig,
    RunConfig,
    validate,
)
from lbpnet.config.model import FusionType
from lbpnet.cost import Operations, cost_report, network_operations, stored_bytes
from lbpnet.cost.geometry import stage_geometries
from lbpnet.models import build_model

RESIDUAL = [config for config in PRESETS.values() if config.model.family == "residual"]
FUSIONS: tuple[FusionType, ...] = ("rp_paper", "rp_linear", "conv1x1")
MODES: tuple[Literal["bits", "weighted"], ...] = ("bits", "weighted")
READING: tuple[Literal["average", "route"], ...] = ("average", "route")


def tiny(fusion: FusionType, lbp: LbpConfig, *, use_bn: bool = True, channels: int = 2) -> RunConfig:
    blocks = BlocksConfig(2, (3, 2), (0,), fusion, RpConfig(n_bits_per_out=4))
    gated = fusion != "conv1x1"
    return validate(
        RunConfig(
            model=ModelConfig(lbp, blocks, classification_head=HeadConfig(4, 0.0, 3, use_bn)),
            data=DataConfig(image_size=(5, 4), in_channels=channels),
            alive_ratio_reg=AliveRatioRegConfig(enable=gated),
            gate_margin=GateMarginConfig(enable=gated),
        )
    )


def variants() -> Iterator[RunConfig]:
    """Every combination that is possible, on one and on two input channels."""
    for fusion, mode, reading, share, alpha, use_bn, channels in itertools.product(
        FUSIONS, MODES, READING, (True, False), (True, False), (True, False), (1, 2)
    ):
        if fusion == "rp_paper" and mode == "weighted":
            continue
        lbp = LbpConfig(2, 3, mode=mode, channels=reading, share_across_channels=share, learn_alpha=alpha)
        yield tiny(fusion, lbp, use_bn=use_bn, channels=channels)


class BruteForce:
    """Walks through one image, operation by operation."""

    def __init__(self, config: RunConfig) -> None:
        self.config, self.ops = config, Counter[str]()

    def dot(self, length: int) -> None:
        """Multiply each term, then add all."""
        for term in range(length):
            self.ops["multiply"] += 1
            if term:
                self.ops["add"] += 1

    def sample(self) -> None:
        """Interpolate three times, subtract the pivot, compare."""
        for _ in ("upper row", "lower row", "between them"):
            for kind in ("add", "multiply", "add"):
                self.ops[kind] += 1
        self.ops["add"] += 1
        self.ops["compare"] += 1

    def bits(self, channels: int) -> int:
        """Compute the bits of one pixel; return the number of maps."""
        lbp = self.config.model.lbp_layer
        for _ in range(lbp.num_patterns * lbp.num_points):
            if lbp.channels == "route":
                self.sample()
                continue
            for channel in range(channels):
                self.sample()
                if channel:
                    self.ops["add"] += 1
            if channels > 1:
                self.ops["multiply"] += 1
        if lbp.mode == "bits":
            return lbp.num_patterns * lbp.num_points
        for _ in range(lbp.num_patterns):
            self.dot(lbp.num_points)
        return lbp.num_patterns

    def fuse(self, maps: int) -> None:
        """Compute one output of one pixel."""
        blocks = self.config.model.blocks
        if blocks.fusion_type == "conv1x1":
            self.dot(maps)
            return
        terms = blocks.rp_config.n_bits_per_out if blocks.fusion_type == "rp_paper" else maps
        for term in range(terms):
            if term:
                self.ops["add"] += 1
        self.ops["compare"] += 1

    def average(self, values: int) -> None:
        """Add all, multiply once."""
        for value in range(values):
            if value:
                self.ops["add"] += 1
        self.ops["multiply"] += 1

    def stage(self, channels: int, height: int, width: int, out: int, pooled: bool) -> tuple[int, int]:
        """Run one stage; return its output's size."""
        for _ in itertools.product(range(height), range(width)):
            maps = self.bits(channels)
            for _ in range(out):
                self.fuse(maps)
                for kind in ("multiply", "add"):
                    self.ops[kind] += 1
        if pooled:
            height, width = height // 2, width // 2
            for _ in itertools.product(range(height), range(width), range(out + channels)):
                self.average(4)
        for _ in itertools.product(range(height), range(width), range(out)):
            self.ops["multiply"] += 1
            self.dot(channels)
            self.ops["add"] += 1
            self.ops["compare"] += 1
        return height, width

    def head(self, channels: int, pixels: int) -> None:
        """Average, two layers, argmax."""
        head = self.config.model.classification_head
        for _ in range(channels):
            self.average(pixels)
        for _ in range(head.hidden):
            self.dot(channels)
            self.ops["add"] += 1
            if head.use_bn:
                self.ops["multiply"] += 1
                self.ops["add"] += 1
            self.ops["compare"] += 1
        for label in range(head.num_classes):
            self.dot(head.hidden)
            self.ops["add"] += 1
            if label:
                self.ops["compare"] += 1

    def network(self) -> Counter[str]:
        """Run everything."""
        size, channels = self.config.data.image_size, self.config.data.in_channels
        height, width = size if isinstance(size, tuple) else (size, size)
        for _ in itertools.product(range(channels), range(height), range(width)):
            self.ops["multiply"] += 1
        blocks = self.config.model.blocks
        for index, out in enumerate(blocks.channels_per_stage):
            height, width = self.stage(channels, height, width, out, index in blocks.downsample_at)
            channels = out
        self.head(channels, height * width)
        return self.ops


def test_operations_equal_a_walk_through_every_pixel() -> None:
    ran = 0
    for config in variants():
        walked = BruteForce(config).network()
        ops = cost_report(config)["whole"]["ops"]
        assert {kind: count for kind, count in ops.items() if count} == dict(walked)
        ran += 1
    assert ran == 160


def test_parts_add_up_and_operations_add_by_kind() -> None:
    report = cost_report(PRESETS["mnist_quick"])["whole"]
    assert list(report["ops"]) == ["compare", "logic", "add", "shift", "multiply", "look_up"]
    for kind, count in report["ops"].items():
        assert count == sum(part[kind] for part in report["ops_by_part"].values())
    assert len(report["ops_by_part"]) == 1 + 3 * 5 + 1
    one = Operations(1, 2, 3, 4, 5, 6)
    assert one + one.times(2) == Operations(3, 6, 9, 12, 15, 18)


def test_the_seeds_network_takes_627200_samples_and_493136_residual_products() -> None:
    config = PRESETS["paper_mnist_rp_full60k"]
    parts = network_operations(config)
    stages = stage_geometries(config)
    assert sum(parts[f"stage {i}: sample"].compare for i in range(3)) == 627_200
    products = 0
    for index, stage in enumerate(stages):
        scaled = stage.channels * stage.out_pixels
        pooled = stage.in_channels * stage.out_pixels if index in (1, 2) else 0
        products += parts[f"stage {index}: residual"].multiply - scaled - pooled
    assert products == 1 * 39 * 784 + 39 * 40 * 196 + 40 * 80 * 49 == 493_136
    assert [(s.in_channels, s.height, s.width, s.out_height) for s in stages] == [
        (1, 28, 28, 28),
        (39, 28, 28, 14),
        (40, 14, 14, 7),
    ]


def test_sizes_are_those_of_the_built_network_odd_ones_too() -> None:
    config = PRESETS["paper_mnist_rp_full60k"]
    ran = 0
    for size in (28, 7, (17, 23), (4, 9)):
        sized = replace(config, data=replace(config.data, image_size=size))
        rows = stage_geometries(sized)
        height, width = (size, size) if isinstance(size, int) else size
        with torch.no_grad():
            _, outputs = build_model(sized).eval().forward_with_stages(torch.zeros(1, 1, height, width))
        found = [tuple(out.maps.shape[1:]) for out in outputs]
        assert found == [(row.channels, row.out_height, row.out_width) for row in rows]
        ran += 1
    assert ran == 4


def configurations() -> Iterator[RunConfig]:
    """Every preset of the residual family, then every variant."""
    yield from RESIDUAL
    yield from variants()


def test_parameters_equal_those_of_the_built_network() -> None:
    ran = 0
    for config in configurations():
        report, model = cost_report(config), build_model(config)
        built = sum(p.numel() for p in model.parameters())
        gates = sum(p.numel() for name, p in model.named_parameters() if name.endswith(".gates"))
        parameters = report["parameters"]
        assert parameters["trainable"] == report["whole"]["parameters"] == built
        assert parameters["gate_biases"] == gates
        assert parameters["alive"] == built - gates
        assert sum(parameters["by_module"].values()) == built
        ran += 1
    assert ran == len(RESIDUAL) + 160 == 165


# Temperatures shape gradients, counters count batches: the hard forward reads none of them.
UNREAD = ("base_alpha", "base_tau", "log_alpha_factor", "num_batches_tracked")


def test_stored_bytes_equal_the_tensors_that_the_hard_path_reads() -> None:
    ran = 0
    for config in configurations():
        tensors = build_model(config).state_dict()
        read = {name: t for name, t in tensors.items() if not name.endswith(UNREAD)}
        assert len(read) < len(tensors)
        assert stored_bytes(config) == sum(t.numel() * t.element_size() for t in read.values())
        ran += 1
    assert ran == 165


def test_unread_tensors_really_change_nothing_in_the_hard_path() -> None:
    model = build_model(tiny("rp_paper", LbpConfig(2, 3))).eval()
    x = torch.rand(3, 2, 5, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, changed = model(x), 0
        for name, tensor in model.state_dict().items():
            if name.endswith(UNREAD):
                tensor.fill_(2)
                changed += 1
        assert changed == 2 * 4 + 1
        assert torch.equal(model(x), before)


def test_the_report_is_json_with_the_agreed_keys() -> None:
    report = cost_report(PRESETS["paper_mnist_rp_full60k"])
    assert json.loads(json.dumps(report)) == report
    assert list(report) == ["seed", "wacv", "whole", "parameters"]
    assert set(report["seed"]) == {"size_bytes", "size_bytes_without_map", "cmp", "add", "mul", "gops"}
    assert report["wacv"] is None
    assert {"parameters", "stored_bytes", "ops"} <= set(report["whole"])
    assert {"compare", "add", "multiply"} <= set(report["whole"]["ops"])
    assert report["whole"]["multiplies"] is True
    assert {"alive", "reconciled_total", "seed_bypass_projection", "seed_pattern_weights"} <= set(report["parameters"])


def test_the_seeds_convention_is_unknown_for_other_fusions() -> None:
    ran = 0
    for fusion in FUSIONS:
        report = cost_report(tiny(fusion, LbpConfig(2, 3)))
        assert (report["seed"] is None) == (fusion != "rp_paper")
        ran += 1
    assert ran == 3
