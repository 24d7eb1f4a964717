"""A loaded data set's training and validation images, as a run's configuration asks."""

from __future__ import annotations

from lbpnet.config.data import DataConfig
from lbpnet.data.dataset import Dataset, ImageSet
from lbpnet.data.sources import EMBEDDED, SOURCES
from lbpnet.data.split import split_train


def hold_out(dataset: Dataset, config: DataConfig) -> tuple[ImageSet, ImageSet | None]:
    """Split a data set's training images by `val_size`, `split_seed` and `stratified`.

    Where the embedded digits stand in for a data set that could not be obtained, the same share of them is held
    out. Raises ConfigError naming `data.val_size` if that leaves nothing to train on.
    """
    size = config.val_size
    if dataset.name == EMBEDDED.name != config.dataset:
        size = size * len(dataset.train) // SOURCES[config.dataset].train_size
    return split_train(dataset.train, val_size=size, seed=config.split_seed, stratified=config.stratified)
