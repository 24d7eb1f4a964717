"""Read the arrays of a run folder: learned offsets and misclassified images."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..config import ModelConfig
from ..errors import RunError
from .run_results import Misclassified

_KEYS = ("images", "labels", "predicted", "confidence", "index")


def read_offsets(file: Path, model: ModelConfig) -> tuple[NDArray[np.float32], ...]:
    """Return the effective offsets r*tanh(raw/r), r = (window-1)/2 pixels, as (dy, dx).

    Returns:
        One float32 array (G, P, N, 2) a stage, in pixels.

    Raises:
        RunError: damaged, a stage's offsets are missing, or have another shape or type.
    """
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise RunError(f"{file}: not a readable safetensors file ({error})") from error
    lbp = model.lbp_layer
    radius = (lbp.window - 1) / 2
    tail = (lbp.num_patterns, lbp.num_points, 2)
    stages = []
    for stage in range(model.blocks.stages):
        name = f"stages.{stage}.lbp.raw_offsets"
        if name not in tensors:
            raise RunError(f"{file}: tensor '{name}' is missing")
        raw = tensors[name]
        if raw.ndim != 4 or raw.shape[1:] != tail or raw.dtype != np.float32:
            raise RunError(
                f"{file}: tensor '{name}': expected float32 (G, {tail[0]}, {tail[1]}, 2), got {raw.dtype} {raw.shape}"
            )
        stages.append((radius * np.tanh(raw / radius)).astype(np.float32))
    return tuple(stages)


def read_misclassified(file: Path, classes: int) -> Misclassified:
    """Return the misclassified test images.

    Raises:
        RunError: damaged, an array is missing, or has the wrong type, shape or class numbers.
    """
    arrays = _arrays(file)
    images = arrays["images"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise RunError(f"{file}: images: expected uint8 (M, 1 or 3, H, W), got {images.dtype} {images.shape}")
    for name in _KEYS[1:]:
        kinds = "f" if name == "confidence" else "iu"
        if arrays[name].shape != (len(images),) or arrays[name].dtype.kind not in kinds:
            raise RunError(
                f"{file}: {name}: expected {len(images)} values, one an image, "
                f"got {arrays[name].dtype} {arrays[name].shape}"
            )
    for name in ("labels", "predicted"):
        if np.any((arrays[name] < 0) | (arrays[name] >= classes)):
            raise RunError(f"{file}: {name}: expected class numbers from 0 to {classes - 1}")
    return Misclassified(
        images=images,
        labels=arrays["labels"].astype(np.int64),
        predicted=arrays["predicted"].astype(np.int64),
        confidence=arrays["confidence"].astype(np.float64),
        index=arrays["index"].astype(np.int64),
    )


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here: NumPy leaves a file that it opened itself open where the archive is damaged.
        with file.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise RunError(f"{file}: expected an .npz archive, got a single array")
            with archive:
                return {name: archive[name] for name in _KEYS}
    except KeyError as error:
        raise RunError(f"{file}: an array of {', '.join(_KEYS)} is missing ({error})") from error
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RunError(f"{file}: not a readable .npz file ({error})") from error
