"""A tiny data set and a tiny run, trained in a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lbpnet.config import (
    BlocksConfig,
    ConvolutionalConfig,
    DataConfig,
    DeviceConfig,
    FreezeScheduleConfig,
    HardFinetuneConfig,
    HeadConfig,
    IntegerHeadConfig,
    LbpConfig,
    LiteratureConfig,
    ModelConfig,
    RoutedConfig,
    RpConfig,
    RunConfig,
    TrainingConfig,
    from_dict,
    to_dict,
)


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 8x8 images: horizontal, vertical and diagonal stripes with noise."""
    random = np.random.default_rng(5)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = np.mgrid[0:8, 0:8]
        labels = np.arange(count) % 3
        phases = random.integers(0, 4, count)
        waves = [((line + p) % 4 < 2) * 150 for line, p in zip(_lines(rows, columns, labels), phases, strict=True)]
        noise = random.integers(0, 80, (count, 8, 8))
        return (np.stack(waves) + noise).astype(np.uint8), labels.astype(np.uint8)

    x_train, y_train = draw(96)
    x_test, y_test = draw(48)
    path = tmp_path_factory.mktemp("data") / "stripes.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


def _lines(rows: np.ndarray, columns: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    kinds = (rows, columns, rows + columns)
    return [kinds[label] for label in labels]


@pytest.fixture(scope="session")
def tiny(stripes: Path) -> RunConfig:
    """Return a run of four short epochs, the last of them hard."""
    return RunConfig(
        model=ModelConfig(
            lbp_layer=LbpConfig(num_points=4, offset_init_std=0.8),
            blocks=BlocksConfig(
                stages=2, channels_per_stage=(5, 6), downsample_at=(1,), rp_config=RpConfig(n_bits_per_out=4)
            ),
            classification_head=HeadConfig(hidden=8, num_classes=3),
        ),
        data=DataConfig(dataset="npz", root=str(stripes), image_size=8, num_workers=0),
        training=TrainingConfig(epochs=4, batch_size=16, lr=0.01, warmup_epochs=0.5),
        freeze_schedule=FreezeScheduleConfig(1, 1, None),
        hard_finetune=HardFinetuneConfig(start_epoch=3, lr_mult=0.5, bn_recal_batches=3),
        # A network this small only loses time to a second thread.
        device=DeviceConfig(threads=1),
    )


@pytest.fixture(scope="session")
def tiny_routed(tiny: RunConfig) -> RunConfig:
    """Return the same run of a multiplication-free network."""
    return RunConfig(
        model=ModelConfig(
            family="routed",
            classification_head=HeadConfig(num_classes=3),
            routed=RoutedConfig(kernels=(5, 6), head=IntegerHeadConfig(pool=2)),
        ),
        data=tiny.data,
        training=tiny.training,
        freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=1),
        device=tiny.device,
    )


@pytest.fixture(scope="session")
def tiny_literature(tiny_routed: RunConfig) -> RunConfig:
    """Return the same run of the paper's network."""
    model = ModelConfig(
        family="literature",
        classification_head=HeadConfig(hidden=8, num_classes=3),
        literature=LiteratureConfig(kernels=(5, 6), pool=2),
    )
    return replace(tiny_routed, model=model)


@pytest.fixture(scope="session")
def tiny_convolutional(tiny: RunConfig) -> RunConfig:
    """Return the same run of a convolutional network."""
    model = ModelConfig(
        family="convolutional",
        classification_head=HeadConfig(hidden=8, num_classes=3),
        convolutional=ConvolutionalConfig(channels=(5, 6), pool=2),
    )
    return RunConfig(model=model, data=tiny.data, training=tiny.training, device=tiny.device)


@pytest.fixture(scope="session")
def change() -> Callable[[RunConfig, dict[str, Any]], RunConfig]:
    """Return a function that sets dotted fields of a configuration."""

    def apply(config: RunConfig, values: dict[str, Any]) -> RunConfig:
        data = to_dict(config)
        for name, value in values.items():
            *path, leaf = name.split(".")
            target = data
            for part in path:
                target = target[part]
            assert leaf in target, name
            target[leaf] = value
        return replace(from_dict(RunConfig, data))

    return apply
