"""`lbpnet verify`: the proof that an exported folder equals its program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from numpy.typing import NDArray
from rich.console import Console

from ..data.unlabelled import read_unlabelled
from ..errors import ExportError, ImageError
from ..export import Manifest, verify
from ..export.manifest import PROGRAM_FILE
from ..program import Input, load_program


@dataclass(frozen=True)
class VerifyOptions:
    """Build or simulate an exported folder and compare it with the NumPy reference, score by score.

    A network that multiplies is compared with torch, within a tolerance.

    A missing tool or a changed file is a failure. Without --images the images are all-equal, extreme and random ones,
    always the same.

    Example: lbpnet verify digits_c

    Example: lbpnet verify digits_c --images t10k-images-idx3-ubyte.gz

    Example: lbpnet verify digits_c --board cortex-m0 --small
    """

    folder: tyro.conf.Positional[Path]
    """What `lbpnet export` wrote."""
    images: tuple[Path, ...] = ()
    """What to compare on: as `lbpnet predict` takes them."""
    board: Literal["cortex-m0", "cortex-m3", "atmega328p", "rv32i"] | None = None
    """Of exported C: run it on this simulated microcontroller, and say what it costs there."""
    small: bool = False
    """Build it for the board with LBP_SMALL: slower, and less flash where a network has many weights."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(VerifyOptions, args=argv, prog="lbpnet verify")
    manifest = Manifest.read(options.folder)  # no export: told before images are read
    lines = _verify_network(options) if manifest.source == "network" else _verify_program(options)
    for line in lines:
        Console(soft_wrap=True).print(line, highlight=False, markup=False)
    return 0


def _verify_program(options: VerifyOptions) -> list[str]:
    images = None
    if options.images:
        images = _read(load_program(options.folder / PROGRAM_FILE).input, options.images)
    return verify(options.folder, images, options.board, options.small)


def _verify_network(options: VerifyOptions) -> list[str]:
    if options.board is not None:
        raise ExportError(f"{options.folder}: holds a network that multiplies; it runs on no board")
    from ..network_export import image_shape, verify_network

    images = _read(image_shape(options.folder), options.images) if options.images else None
    return verify_network(options.folder, images)


def _read(expected: Input, paths: tuple[Path, ...]) -> NDArray[np.uint8]:
    shape = (expected.channels, expected.height, expected.width)
    batches = [batch for path in paths for _, batch in read_unlabelled(path, shape)]
    if not batches:
        raise ImageError("--images: expected at least one image, got none")
    return np.concatenate(batches)
