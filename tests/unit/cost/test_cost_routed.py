"""Counts of routed networks: the paper's figures, parameters of the built network, nothing claimed beyond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lbpnet.config import PRESETS, IntegerHeadConfig, RoutedConfig, RunConfig
from lbpnet.cost import cost_report
from lbpnet.models import build_model

PRESET_NAMES = ("routed_mnist", "routed_mnist_fast", "routed_fashion")


def small(pool: int = 4, first_stage: int = 0) -> RunConfig:
    base = PRESETS["routed_mnist"]
    routed = RoutedConfig(kernels=(3, 5), points=2, head=IntegerHeadConfig(pool, first_stage))
    return replace(base, model=replace(base.model, routed=routed))


@pytest.mark.parametrize("config", [*(PRESETS[name] for name in PRESET_NAMES), small(), small(pool=3, first_stage=1)])
def test_parameters_are_those_of_the_built_network(config: RunConfig) -> None:
    counted = cost_report(config)["parameters"]
    built = build_model(config)
    assert counted["trainable"] == sum(p.numel() for p in built.parameters()) == sum(counted["by_module"].values())


def test_the_papers_convention_is_defined_and_the_others_are_not() -> None:
    report = cost_report(PRESETS["routed_mnist"])
    # 36 bit a kernel of 159; 32 x 32 x 4 comparisons a kernel.
    assert report["wacv"] == {"size_bytes": 715.5, "comparisons": 651_264, "gops": pytest.approx(0.000651264)}
    assert report["seed"] is None and report["whole"] is None
