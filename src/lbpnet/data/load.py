"""From a `DataConfig` to images of the size and channels that the network sees."""

from __future__ import annotations

import warnings
from pathlib import Path

from lbpnet.config.data import DataConfig
from lbpnet.data.channels import convert_channels
from lbpnet.data.dataset import Dataset, ImageSet
from lbpnet.data.image_folder import read_image_folder
from lbpnet.data.npz import read_npz
from lbpnet.data.obtain import obtain
from lbpnet.data.sources import EMBEDDED, FILE_FORMATS, MNIST, DatasetSource, find_source
from lbpnet.data.split import draw_subset
from lbpnet.errors import ChecksumError, ConfigError, DataError, DownloadError

TRAIN_LIMIT = 2


class EmbeddedDigitsWarning(UserWarning):
    """MNIST could not be obtained; the few digits that ship with lbpnet stand in."""


def load_dataset(config: DataConfig, *, allow_download: bool = True, progress: bool = True) -> Dataset:
    """Load the data set that `config` names, limited, converted and resized as it says.

    Looks in `root` if given (nothing else then), else in the cache, then downloads, then asks the
    package managers; where all fail, MNIST falls back to the embedded digits with an
    EmbeddedDigitsWarning. Images are uint8, N x in_channels x image_size. Raises ConfigError naming
    the field, DataError naming the file, DownloadError listing every source with its reason.
    """
    size = image_size(config)
    if config.dataset in FILE_FORMATS:
        loaded = _read_own(config, size)
    else:
        source = find_source(config.dataset)
        if config.root is not None:
            loaded = _assemble(source, _root(config), f"folder {config.root}")
        else:
            loaded = _read_known(source, allow_download=allow_download, progress=progress)
    # Embedded digits that stand in for MNIST are fewer than any limit meant for it.
    train = loaded.train if loaded.name == EMBEDDED.name != config.dataset else _limit(loaded.train, config)
    return Dataset(
        loaded.name,
        _fit(train, size, config.in_channels),
        _fit(loaded.test, size, config.in_channels),
        loaded.classes,
        loaded.source,
        loaded.licence,
    )


def image_size(config: DataConfig) -> tuple[int, int]:
    """Return rows and columns that `config.image_size` means; ConfigError if one is below 1."""
    size = config.image_size
    rows, columns = (size, size) if isinstance(size, int) else size
    if min(rows, columns) < 1:
        raise ConfigError(f"data.image_size: expected sides of at least 1 pixel, got {size}")
    return rows, columns


def _root(config: DataConfig) -> Path:
    if config.root is None:
        raise ConfigError(
            f"data.root: expected a path for data.dataset={config.dataset!r}, got none; give the "
            "folder or the .npz file"
        )
    root = Path(config.root).expanduser()
    if not root.exists():
        seen = "" if root.is_absolute() else f" as seen from {Path.cwd()}"
        raise DataError(f"{root}: does not exist{seen}; check data.root (a run keeps it in its config.json)")
    return root


def _read_own(config: DataConfig, size: tuple[int, int]) -> Dataset:
    root = _root(config)
    if config.dataset == "npz":
        return read_npz(root)
    return read_image_folder(root, image_size=size, channels=config.in_channels, split_seed=config.split_seed)


def _read_known(source: DatasetSource, *, allow_download: bool, progress: bool) -> Dataset:
    if not source.files:
        return _assemble(source, Path(), "embedded digits of lbpnet")
    try:
        folder, origin = obtain(source, allow_download=allow_download, progress=progress)
    except (DownloadError, ChecksumError) as error:
        if source.name != MNIST.name:
            raise
        first_line = str(error).splitlines()[0]
        warnings.warn(
            f"MNIST could not be obtained ({first_line}); using the {EMBEDDED.train_size} training "
            f"and {EMBEDDED.test_size} test digits that ship with lbpnet: accuracies are not "
            "comparable. `lbpnet data fetch mnist` says why",
            EmbeddedDigitsWarning,
            stacklevel=3,
        )
        return _assemble(EMBEDDED, Path(), "embedded digits of lbpnet")
    return _assemble(source, folder, origin)


def _assemble(source: DatasetSource, folder: Path, origin: str) -> Dataset:
    train, test = source.read(folder)
    return Dataset(source.name, train, test, source.classes, origin, source.licence)


def _limit(train: ImageSet, config: DataConfig) -> ImageSet:
    limit = config.train_limit
    if limit is None:
        return train
    if not 1 <= limit <= len(train):
        raise ConfigError(
            f"data.train_limit: expected 1..{len(train)}, the number of training images, got "
            f"{limit}; lower it or leave it out"
        )
    key = (TRAIN_LIMIT, config.split_seed)
    return train.take(draw_subset(train.labels, limit, key=key, stratified=config.stratified))


def _fit(images: ImageSet, size: tuple[int, int], channels: int) -> ImageSet:
    pixels = images.images
    # The fewer channels, the less there is to resize.
    if channels < pixels.shape[1]:
        pixels = convert_channels(pixels, channels)
    if pixels.shape[2:] != size:
        from lbpnet.data.resize import resize_images

        pixels = resize_images(pixels, size)
    return ImageSet(convert_channels(pixels, channels), images.labels)
