"""The comparison of a model in ONNX Runtime with the torch network it was written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from ..errors import VerificationError
from ..export.onnx.model import CLASS, IMAGE
from ..models import LbpNet
from .model import LOGITS

TOLERANCE = 0.01
"""Of a logit, as a share of the image's largest logit or of 1: a comparison of two almost equal numbers may fall the
other way where sums are rounded in another order, and move a logit by more than rounding does."""

_BATCH = 200


@dataclass(frozen=True)
class Difference:
    """How far a model is from its network.

    Attributes:
        images: how many were compared.
        largest: absolute difference of a logit.
        logit: largest absolute logit of the network.
        other_classes: on how many images the class differs.
    """

    images: int
    largest: float
    logit: float
    other_classes: int

    def __str__(self) -> str:
        return (
            f"{self.images:,} images: logits up to {self.logit:.3g} differ by at most {self.largest:.2g} (allowed: "
            f"{TOLERANCE:.0%} of an image's largest); {self.other_classes} of the classes differ"
        )


@torch.no_grad()
def compare(file: Path, network: LbpNet, images: NDArray[np.uint8]) -> Difference:
    """Compare logits and classes of every image.

    Args:
        file: the model.
        network: in eval mode, on the CPU.
        images: (B, C, H, W) uint8, B >= 1.

    Raises:
        VerificationError: the model cannot be run, or a logit differs by more than `TOLERANCE`; names the first image.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    parts = [images[i : i + _BATCH] for i in range(0, len(images), _BATCH)]
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        outputs = [session.run([LOGITS, CLASS], {IMAGE: part}) for part in parts]
    except Exception as error:  # ONNX Runtime's errors have no common base of their own
        version = onnxruntime.__version__
        raise VerificationError(f"{file.name}: ONNX Runtime {version} cannot run it: {error}") from error
    got, classes = (np.concatenate(part) for part in zip(*outputs, strict=True))
    expected = np.concatenate([network(torch.from_numpy(part)).numpy() for part in parts])
    if got.shape != expected.shape or not np.array_equal(got.argmax(1), classes):
        raise VerificationError(f"{file.name}: expected logits {expected.shape} and the class of the largest")
    difference = np.abs(got - expected)
    allowed = TOLERANCE * np.maximum(np.abs(expected).max(1), 1)
    wrong = np.flatnonzero(~(difference.max(1) <= allowed))  # a NaN is wrong
    if len(wrong):
        first = wrong[0]
        raise VerificationError(
            f"{file.name}: image {first}: logits differ by {difference[first].max():.3g}, more than the allowed "
            f"{allowed[first]:.3g}; so do {len(wrong):,} of {len(images):,} images"
        )
    other = int((got.argmax(1) != expected.argmax(1)).sum())
    return Difference(len(images), float(difference.max()), float(np.abs(expected).max()), other)
