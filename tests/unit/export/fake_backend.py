"""A target that is a file of scores: shows what the frame around targets does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.engine import reference_scores
from lbpnet.errors import ExportError
from lbpnet.export import require_equal_scores
from lbpnet.program import Program

LARGEST_CLASSES = 3


def check(program: Program) -> None:
    if program.num_classes > LARGEST_CLASSES:
        raise ExportError(f"fake: expected at most {LARGEST_CLASSES} classes, got {program.num_classes}")


def write(program: Program, folder: Path, name: str) -> None:
    (folder / "src").mkdir()
    (folder / "src" / f"{name}.txt").write_text("offset 0\n")
    (folder / "README.md").write_text(f"{name}\n")


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    (folder / "built.o").write_text("a build")
    (source,) = (folder / "src").iterdir()
    scores = reference_scores(program, images)
    wrong = scores + int(source.read_text().split()[1])
    require_equal_scores("fake", scores, wrong, wrong.argmax(1))
    return [f"fake: {sorted(path.name for path in folder.iterdir())}"]
