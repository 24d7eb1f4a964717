"""Presets of the paper's networks and of their baselines (WACV 2020, Tables 3 and 4)."""

from __future__ import annotations

from dataclasses import replace

from .data import DataConfig
from .literature import ConvolutionalConfig, LiteratureConfig
from .model import HeadConfig, ModelConfig
from .run import RunConfig
from .training import (
    FreezeScheduleConfig,
    GradientClippingConfig,
    GroupConfig,
    LrMultConfig,
    OptimConfig,
    OptimizerGroupsConfig,
    TrainingConfig,
)

_TABLE_3 = "WACV 2020, Table 3"
_TABLE_4 = "WACV 2020, Table 4"

# The paper says neither optimiser nor epochs. All training images, no augmentation, the last epoch's weights; positions
# move as in the routed presets. Dropout is that of the paper's submission to ICLR 2019.
_MNIST = RunConfig(
    model=ModelConfig(family="literature", classification_head=HeadConfig(hidden=512, dropout_rate=0.5)),
    data=DataConfig(num_workers=1),
    training=TrainingConfig(
        epochs=20, batch_size=64, lr=3e-3, warmup_epochs=2.0, weight_decay=0.01, label_smoothing=0.0, amp=False
    ),
    optim=OptimConfig(lr_mult=LrMultConfig(offsets=1.0)),
    optimizer_groups=OptimizerGroupsConfig(
        lbp_offsets=GroupConfig(1 / 3, 0.0), classification_head=GroupConfig(1.0, 1.0)
    ),
    gradient_clipping=GradientClippingConfig(enabled=False),
    freeze_schedule=FreezeScheduleConfig(freeze_offsets_epochs=0),
)


def _other(config: RunConfig, literature: LiteratureConfig, data: DataConfig, classes: int = 10) -> RunConfig:
    head = replace(config.model.classification_head, num_classes=classes)
    model = replace(config.model, literature=literature, classification_head=head)
    return replace(config, model=model, data=replace(data, num_workers=1))


def _folder(kernels: tuple[int, ...], classes: int, side: int = 28) -> RunConfig:
    """A data set that cannot be fetched: grey images below `data.root`."""
    return _other(_MNIST, LiteratureConfig(kernels), DataConfig(dataset="folder", image_size=side), classes)


def _convolutional(network: ConvolutionalConfig) -> RunConfig:
    # What concerns positions keeps its defaults: there are none.
    default = RunConfig()
    head = _MNIST.model.classification_head
    return replace(
        _MNIST,
        model=ModelConfig(family="convolutional", classification_head=head, convolutional=network),
        optim=default.optim,
        optimizer_groups=OptimizerGroupsConfig(classification_head=GroupConfig(1.0, 1.0)),
        freeze_schedule=default.freeze_schedule,
    )


_SVHN = LiteratureConfig((37, 40, 80, 80, 160, 160, 320, 320), points=8)
_ONE_BY_ONE = LiteratureConfig((40, 40, 40), projection="conv1x1")

LITERATURE_ROWS: tuple[tuple[str, str, str, RunConfig], ...] = (
    ("wacv_mnist", "the paper's network: 39-40-80, MLP head", _TABLE_3, _MNIST),
    (
        "wacv_mnist_1x1",
        "its LBPNet (1x1): 40 comparisons mixed by 40 learned 1x1 filters",
        _TABLE_3,
        _other(_MNIST, _ONE_BY_ONE, DataConfig()),
    ),
    ("wacv_mnist_cnn", "convolutions of the same structure", _TABLE_3, _convolutional(ConvolutionalConfig())),
    (
        "wacv_mnist_bcnn",
        "the same with binary weights and maps",
        "Hubara et al. 2016, at the paper's widths",
        _convolutional(ConvolutionalConfig(binary=True)),
    ),
    (
        "wacv_svhn",
        "eight stages of 8 points on colour digits",
        _TABLE_4,
        _other(_MNIST, _SVHN, DataConfig(dataset="svhn", image_size=32, in_channels=3)),
    ),
    ("wacv_dhcd", "Devanagari characters (data.root)", _TABLE_4, _folder((63, 64, 128, 256), 46, 32)),
    ("wacv_icdar", "ICDAR digits (data.root)", _TABLE_4, _folder((3, 4), 10)),
    ("wacv_chars74k_img", "Chars74K scenes (data.root)", _TABLE_4, _folder((63, 64, 128, 256, 512), 62)),
    ("wacv_chars74k_hnd", "Chars74K handwriting (data.root)", _TABLE_4, _folder((63, 64, 128), 62)),
    ("wacv_chars74k_fnt", "Chars74K fonts (data.root)", _TABLE_4, _folder((63, 64, 128), 62)),
)
"""Name, title, source and configuration of each."""
