"""The check that an exported model is the network in its folder, within a float tolerance."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.load import image_size
from ..errors import ExportError, ImageError
from ..export.images import default_images
from ..export.manifest import Manifest
from ..export.onnx.packages import require_package
from ..program import Input, check_images
from ..training import RunFolder, load_run_model
from ..training.evaluate_run import default_checkpoint

NETWORK_FOLDER = "network"


def image_shape(folder: str | Path) -> Input:
    """Return the images that an exported network takes."""
    config = RunFolder.open(Path(folder) / NETWORK_FOLDER).config()
    return Input(config.data.in_channels, *image_size(config.data))


def verify_network(folder: str | Path, images: NDArray[Any] | None = None) -> list[str]:
    """Compare an exported model in ONNX Runtime with the torch network, within `compare.TOLERANCE`.

    Args:
        folder: what `export_network` wrote.
        images: (B, C, H, W) uint8, or (B, H, W) where C = 1; default: `default_images`.

    Returns:
        Lines that say what was compared, and how close it is.

    Raises:
        ExportError: no export of a network, or a file of it is missing or was changed; names it.
        VerificationError: names the first image beyond the tolerance.
        MissingToolError: onnx or onnxruntime is not installed.
        ImageError: the images do not fit the network, or there are none.
    """
    folder = Path(folder)
    manifest = Manifest.read(folder)
    if manifest.source != "network":
        raise ExportError(f"{folder}: holds an integer program; `lbpnet.export.verify` proves it")
    for package in ("onnx", "onnxruntime"):
        require_package(package)
    from .compare import compare

    with tempfile.TemporaryDirectory(prefix="lbpnet-verify-") as place:
        copy = Path(place)
        manifest.copy_files(folder, copy)
        run = RunFolder.open(copy / NETWORK_FOLDER)
        network, _ = load_run_model(run, default_checkpoint(run.config()))
        expected = image_shape(copy)
        chosen = default_images(expected) if images is None else check_images(expected, images)
        if len(chosen) == 0:
            raise ImageError("images: expected at least one, got none")
        difference = compare(copy / f"{manifest.name}.onnx", network, chosen)
    return [
        f"{manifest.target} export '{manifest.name}', written by lbpnet {manifest.lbpnet}",
        "this network multiplies: compared with the torch network within a tolerance, not bit for bit",
        f"{folder}: {difference}",
    ]
