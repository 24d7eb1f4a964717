"""Draw the digits that ship in src/lbpnet/data/embedded from the full MNIST, byte for byte.

Usage: python scripts/make_embedded_digits.py [FOLDER]

Needs MNIST in the cache or a way to fetch it. FOLDER is where the four files go; without it they
replace those of the repository. The images and labels depend on nothing but MNIST and SEED; the
packed bytes also on the xz library (liblzma 5.4 made those in the repository).
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.data.dataset import ImageSet
from lbpnet.data.idx import write_idx
from lbpnet.data.obtain import obtain
from lbpnet.data.sources import MNIST

SEED = 20260101
PER_CLASS = {"train": 250, "t10k": 50}
DESTINATION = Path(__file__).resolve().parents[1] / "src" / "lbpnet" / "data" / "embedded"


def draw(labels: NDArray[np.int64], half: str) -> NDArray[np.int64]:
    """Choose PER_CLASS positions of every class, in turn 0, 1, … 9, 0, 1, … (int64)."""

    def rank(position: int) -> bytes:
        # A digest orders the same on every machine, for ever; random generators promise less.
        return hashlib.sha256(f"{SEED}:{half}:{position}".encode()).digest()

    columns = [sorted(np.flatnonzero(labels == digit).tolist(), key=rank)[: PER_CLASS[half]] for digit in range(10)]
    return np.array(columns, dtype=np.int64).T.reshape(-1)


def write_half(images: ImageSet, half: str, folder: Path) -> int:
    """Write the drawn images and labels of one half; return the bytes that they take."""
    chosen = images.take(draw(images.labels, half))
    paths = [folder / f"{half}-images-idx3-ubyte.xz", folder / f"{half}-labels-idx1-ubyte.xz"]
    write_idx(paths[0], chosen.images[:, 0])
    write_idx(paths[1], chosen.labels.astype(np.uint8))
    return sum(path.stat().st_size for path in paths)


def main() -> None:
    """Write the four files and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DESTINATION
    source, origin = obtain(MNIST)
    train, test = MNIST.read(source)
    total = write_half(train, "train", folder) + write_half(test, "t10k", folder)
    sys.stdout.write(f"{total} bytes in {folder}, drawn from {origin}\n")


if __name__ == "__main__":
    main()
