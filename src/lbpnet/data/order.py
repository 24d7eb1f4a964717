"""Random order that is the same on every machine and with every NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lbpnet.errors import ConfigError


def stable_permutation(count: int, *key: int) -> NDArray[np.int64]:
    """Return 0..count-1 (int64, count) in the order that `key` (integers from 0 up) determines.

    Raises ConfigError for a negative key.
    """
    # NumPy promises the raw words of a bit generator for ever; it does not promise `permutation`.
    words = np.random.PCG64(_sequence(key)).random_raw(count)
    return np.argsort(words, kind="stable").astype(np.int64)


def stable_seed(*key: int) -> int:
    """Hash `key` (integers from 0 up) into a seed of 63 bits; ConfigError for a negative key."""
    return int(_sequence(key).generate_state(1, np.uint64)[0]) >> 1


def _sequence(key: tuple[int, ...]) -> np.random.SeedSequence:
    negative = [part for part in key if part < 0]
    if negative:
        raise ConfigError(f"expected seeds from 0 up, got {negative[0]}; choose another seed")
    # SeedSequence pads short keys with zeros, so (7,) and (7, 0) would collide without a length.
    return np.random.SeedSequence([len(key), *key])
