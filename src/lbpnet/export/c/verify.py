"""The proof of a folder of C: built by two compilers and under sanitizers, run on every image."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores
from ...errors import VerificationError
from ...program import Program
from ..compare import require_equal_scores
from ..tools import find_tool

COMPILERS = {"gcc": "gcc", "clang": "clang"}
SCHEDULES = ("rows", "planes")
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror")
SMALL = "-DLBP_SMALL"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    """Compile the example of a folder, run it on images, and compare with the reference.

    Args:
        folder: what `write` wrote; programs are built in it.
        program: what it was written from.
        images: (B, C, H, W) uint8.

    Returns:
        Lines that say what was compared.

    Raises:
        MissingToolError: gcc or clang is missing.
        VerificationError: it does not compile without warnings, or an image differs.
    """
    expected = reference_scores(program, images)
    name = next(path.stem for path in sorted(folder.glob("*.h")) if not path.stem.startswith("lbp_"))
    lines = []
    for schedule in SCHEDULES:
        builds = [("gcc", 32, ("-O2",)), ("clang", 64, ("-O2",)), ("gcc", 8, ("-O1", *SANITIZERS))]
        if schedule == "rows":
            builds.append(("gcc", 32, ("-Os", SMALL, *SANITIZERS)))
        for compiler, bits, options in builds:
            binary = build(folder, name, schedule, compiler, bits, options)
            scores, classes = run(binary, images, program.num_classes)
            what = f"{schedule}, {compiler} {' '.join(options)}, words of {bits} bits"
            require_equal_scores(what, expected, scores, classes)
            lines.append(f"{what}: {len(images):,} images equal")
    return lines


def build(folder: Path, name: str, schedule: str, compiler: str, bits: int, options: tuple[str, ...]) -> Path:
    """Compile the example; return the binary."""
    tool = find_tool(compiler, COMPILERS[compiler])
    binary = folder / f"example_{schedule}_{compiler}_{bits}"
    sources = ["main.c", f"{name}.c", f"lbp_{schedule}.c"]
    macros = [f"-DLBP_WORD_BITS={bits}", f"-DLBP_SCHEDULE_{schedule}"]
    command = [str(tool), *WARNINGS, *options, *macros, "-o", str(binary), *sources]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise VerificationError(f"{schedule}: {compiler} refuses it: {done.stderr.strip():.2000}")
    return binary


def run(binary: Path, images: NDArray[np.uint8], classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the scores and classes that an example prints."""
    done = subprocess.run([str(binary)], input=images.tobytes(), capture_output=True, check=False)
    if done.returncode:
        raise VerificationError(f"{binary.name} ended with {done.returncode}: {done.stderr.decode()[:2000]}")
    table = np.array(done.stdout.split(), np.int64).reshape(-1, classes + 1)
    return table[:, 1:], table[:, 0]
