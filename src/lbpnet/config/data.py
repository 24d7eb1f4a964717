"""Data half of a run: which images, how they are split, augmented and fed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class AugmentConfig:
    """Random transformations of training images; every default is off."""

    shift: int = 0
    """Largest whole-pixel shift in each direction, zero filled."""
    rotation: float = 0.0
    """Largest rotation, degrees."""
    scale: float = 0.0
    """Largest relative change of size (0.1: 0.9 to 1.1)."""
    shear: float = 0.0
    """Largest shear, degrees."""
    elastic_alpha: float = 0.0
    """Typical (root mean square) displacement of the elastic distortion, pixels."""
    elastic_sigma: float = 4.0
    """Smoothing of the elastic displacement field, pixels."""


@dataclass(frozen=True)
class DataConfig:
    """Images, split and feeding."""

    dataset: str = "mnist"
    """Name in `lbpnet data ls`, or `npz` / `folder` together with `root`."""
    root: str | None = None
    """An existing folder (or .npz file) to read instead of the cache; nothing is downloaded."""
    image_size: int | tuple[int, int] = 28
    """Rows and columns that the network sees; other images are resized (area-averaging bilinear)."""
    in_channels: int = 1
    """1 = grey, 3 = colour; images are converted where they differ."""
    val_size: int = 0
    """Training images held out for validation; 0 trains on all."""
    split_seed: int = 42
    """Seed of the validation split."""
    stratified: bool = True
    """Hold out the same share of every class."""
    train_limit: int | None = None
    """Use only this many training images (drawn with `split_seed`, stratified like the split);
    None = all."""
    num_workers: int = 4
    """Threads that prepare batches ahead of the training step; 0 prepares them in the step."""
    pin_memory: bool = True
    """Page-locked batches for faster copies to a GPU; without a GPU it is ignored."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Augmentation of training images."""
