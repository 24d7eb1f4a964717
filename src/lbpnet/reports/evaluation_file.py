"""Read `evaluation.json`: test results of the forward paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RunError
from .json_reading import Fields, parse_object, read_text
from .run_results import PATHS, Evaluation, PathResult


def read_evaluation(file: Path) -> Evaluation:
    """Return the evaluated paths.

    Raises:
        RunError: missing, damaged, without any path, or counts that contradict each other.
    """
    data = parse_object(read_text(file), str(file))
    fields = Fields(data, str(file))
    classes = fields.words("classes")
    paths = {
        name: _path(Fields(fields.mapping(name), f"{file}: {name}"), len(classes), f"{file}: {name}")
        for name in PATHS
        if name in data
    }
    if not paths:
        raise RunError(f"{file}: holds none of the paths {', '.join(PATHS)}")
    return Evaluation(
        paths=paths,
        classes=classes,
        checkpoint=fields.word("checkpoint", ("final", "best")),
        weights=fields.word("weights", ("raw", "ema")),
    )


def _path(fields: Fields, classes: int, where: str) -> PathResult:
    n = fields.integer("n")
    confusion = _confusion(fields.items("confusion"), classes, where)
    if int(confusion.sum()) != n:
        raise RunError(f"{where}: confusion counts {int(confusion.sum())} images, n says {n}")
    per_class = fields.optional_numbers("per_class")
    if len(per_class) != classes:
        raise RunError(f"{where}: expected {classes} per_class values, got {len(per_class)}")
    return PathResult(
        accuracy=fields.fraction("accuracy"),
        loss=fields.number("loss"),
        n=n,
        confusion=confusion,
        per_class=per_class,
    )


def _confusion(rows: list[Any], classes: int, where: str) -> NDArray[np.int64]:
    square = len(rows) == classes and all(isinstance(r, list) and len(r) == classes for r in rows)
    if not square:
        raise RunError(f"{where}: confusion: expected {classes} rows of {classes} counts")
    counts = [cell for row in rows for cell in row]
    if not all(isinstance(c, int) and not isinstance(c, bool) and c >= 0 for c in counts):
        raise RunError(f"{where}: confusion: expected whole numbers >= 0")
    return np.array(rows, dtype=np.int64).reshape(classes, classes)
