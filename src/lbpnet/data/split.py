"""Holding images out: exact in size, disjoint, the same for the same seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import ImageSet
from lbpnet.data.order import stable_permutation
from lbpnet.errors import ConfigError

HOLD_OUT = 1


def split_train(images: ImageSet, *, val_size: int, seed: int, stratified: bool) -> tuple[ImageSet, ImageSet | None]:
    """Divide into a training and a validation set of exactly `val_size` images.

    Both keep the order of `images`. 0 returns the set itself and None. `stratified` takes the same
    share of every class, to the image, by largest remainder. Raises ConfigError naming
    `data.val_size` if it is negative or leaves nothing to train on.
    """
    if not 0 <= val_size < len(images):
        raise ConfigError(
            f"data.val_size: expected 0..{len(images) - 1} of {len(images)} training images, got "
            f"{val_size}; hold fewer out"
        )
    if val_size == 0:
        return images, None
    held = draw_subset(images.labels, val_size, key=(HOLD_OUT, seed), stratified=stratified)
    kept = np.ones(len(images), dtype=bool)
    kept[held] = False
    return images.take(np.flatnonzero(kept)), images.take(held)


def draw_subset(labels: NDArray[np.int64], size: int, *, key: tuple[int, ...], stratified: bool) -> NDArray[np.int64]:
    """Draw `size` of the N positions, ascending (int64, size); `key` determines which.

    `stratified` draws the same share of every class. `size` is in 0..N.
    """
    if not stratified:
        return np.sort(stable_permutation(len(labels), *key)[:size])
    classes, counts = np.unique(labels, return_counts=True)
    chosen: list[NDArray[np.int64]] = []
    for label, count, share in zip(classes, counts, _shares(counts, size), strict=True):
        members = np.flatnonzero(labels == label)
        order = stable_permutation(int(count), *key, int(label))
        chosen.append(members[order[:share]])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _shares(counts: NDArray[np.intp], size: int) -> NDArray[np.int64]:
    # Integer arithmetic: the quotas of 60,000 images must not depend on rounding.
    scaled = counts.astype(np.int64) * size
    total = int(counts.sum())
    shares = scaled // total
    largest = np.argsort(-(scaled % total), kind="stable")
    shares[largest[: size - int(shares.sum())]] += 1
    return shares
