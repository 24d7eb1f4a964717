"""What a run folder holds, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..config import Family, RunConfig

FAMILY_PATHS: dict[Family, tuple[str, ...]] = {
    "residual": ("train_path", "hard", "hard_bn_recal", "hard_rounded"),
    "routed": ("integer",),
    "literature": ("forward",),
    "convolutional": ("forward",),
}
"""Keys of the evaluated forward paths of each family, in the order in which they are shown."""

PATHS: tuple[str, ...] = tuple(dict.fromkeys(path for paths in FAMILY_PATHS.values() for path in paths))
"""Keys of all evaluated forward paths."""

_PREFERENCE = ("integer", "forward", "hard_bn_recal", "hard_rounded", "hard", "train_path")


@dataclass(frozen=True)
class EpochRecord:
    """One line of `metrics.jsonl`; accuracies and shares are fractions, `epoch` counts from 0."""

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    monitor: float
    monitor_name: Literal["val_accuracy", "train_accuracy"]
    lr: float
    alpha: tuple[float, ...]
    tau: float
    alive_ratio: float | None
    alive_per_stage: tuple[float | None, ...]
    penalties: Mapping[str, float]
    phase: Literal["soft", "hard"]
    frozen: tuple[str, ...]
    guard: Literal["off", "watching", "softened"]
    grad_norm: float
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class PathResult:
    """Test result of one forward path; `confusion[i][j]` counts images of class i called j."""

    accuracy: float
    loss: float
    n: int
    confusion: NDArray[np.int64]
    per_class: tuple[float | None, ...]


@dataclass(frozen=True)
class Evaluation:
    """`evaluation.json`: the evaluated paths by name, and which weights were evaluated."""

    paths: Mapping[str, PathResult]
    classes: tuple[str, ...]
    checkpoint: str
    weights: str

    @property
    def primary(self) -> str:
        """Name of the path that stands for the run: its only one, or hard with recalibrated BN, where there."""
        return next(name for name in _PREFERENCE if name in self.paths)


@dataclass(frozen=True)
class Misclassified:
    """`misclassified.npz`: images uint8 (M, C, H, W) and, for each, what was said of it."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    index: NDArray[np.int64]


@dataclass(frozen=True)
class RunResults:
    """Everything a report shows of a run; what an interrupted run lacks is None."""

    folder: Path
    config: RunConfig
    epochs: tuple[EpochRecord, ...]
    environment: Mapping[str, Any]
    evaluation: Evaluation | None = None
    offsets: tuple[NDArray[np.float32], ...] | None = field(default=None)
    """Effective offsets (dy, dx) in pixels, one (G, P, N, 2) array a stage; None for other families too."""
    misclassified: Misclassified | None = None
    data: Mapping[str, Any] | None = None
    """`data.json`: which images, how many of each part, their digest."""

    @property
    def best(self) -> EpochRecord:
        """The first epoch with the highest monitored accuracy."""
        return max(self.epochs, key=lambda record: record.monitor)
