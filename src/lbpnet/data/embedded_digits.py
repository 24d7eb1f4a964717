"""The few real MNIST digits that ship with lbpnet, for machines that reach no host."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import ImageSet
from lbpnet.data.idx import parse_idx
from lbpnet.data.mnist import image_set

PACKAGE = "lbpnet.data.embedded"


def read_embedded() -> tuple[ImageSet, ImageSet]:
    """Read 2,500 training and 500 test digits (uint8, N x 1 x 28 x 28), equally many of each class.

    Raises DataError naming the file if the installation is damaged.
    """
    return _read_half("train"), _read_half("t10k")


def _read_half(half: str) -> ImageSet:
    image_name, label_name = f"{half}-images-idx3-ubyte.xz", f"{half}-labels-idx1-ubyte.xz"
    return image_set(_read(image_name), _read(label_name), image_name, label_name, 10)


def _read(name: str) -> NDArray[np.uint8]:
    with files(PACKAGE).joinpath(name).open("rb") as stream:
        return parse_idx(stream, f"{PACKAGE}/{name}", suffix=".xz")
