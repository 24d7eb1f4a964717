"""The proof that a page computes and shows what its program means, and that its module does not multiply."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores, reference_values
from ...errors import VerificationError
from ...program import Program
from ..compare import require_equal_scores
from .instructions import ModuleScan, scan_module
from .node import PageRun, run_page
from .stages import describe

PAGE_FILE = "index.html"
WITH_MAPS = 8


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    """Run the page's own module on images and compare scores and classes with the reference by `==`.

    Also compares what the page says of the program, and the maps it draws of the first `WITH_MAPS` images, and reads
    every instruction of the module.

    Args:
        folder: what `write` wrote.
        program: the one it was written from.
        images: (B, C, H, W) uint8.

    Raises:
        VerificationError: names the first image that differs, or the instructions that multiply, divide or compute in
            floating point.
        MissingToolError: no Node.js.
    """
    run = run_page(folder / PAGE_FILE, images, maps=WITH_MAPS)
    if run.program != describe(program):
        raise VerificationError(f"{folder / PAGE_FILE}: shows another program than {folder / 'program.lbp'}")
    if run.imports:
        raise VerificationError(f"{folder / PAGE_FILE}: expected a module without imports, got {run.imports}")
    _require_module(folder, run)
    scan = _require_clean(folder)
    require_equal_scores("the page's WebAssembly", reference_scores(program, images), run.scores, run.classes)
    compared = require_equal_maps(program, images[:WITH_MAPS], run)
    return [
        f"{len(images):,} images, scores and class: the page's WebAssembly in Node.js {run.version}",
        f"{compared:,} maps that the page shows of {len(images[:WITH_MAPS])} images",
        f"{scan.instructions:,} instructions in {scan.functions} functions of the module: none multiplies, divides or "
        "computes in floating point",
    ]


def _require_module(folder: Path, run: PageRun) -> None:
    """Check that the module beside the page is the page's own."""
    modules = list(folder.glob("*.wasm"))
    if [hashlib.sha256(module.read_bytes()).hexdigest() for module in modules] != [run.sha256]:
        raise VerificationError(f"{folder}: expected one .wasm file, the page's module; got {len(modules)} others")


def _require_clean(folder: Path) -> ModuleScan:
    """Read the instructions of the module beside the page, which is the page's own."""
    scan = scan_module(next(folder.glob("*.wasm")).read_bytes())
    if scan.forbidden:
        raise VerificationError(
            f"{folder}: expected no multiplication, division or floating point in the module, got "
            f"{len(scan.forbidden)}: {'; '.join(scan.forbidden[:5])}"
        )
    return scan


def require_equal_maps(program: Program, images: NDArray[np.uint8], run: PageRun) -> int:
    """Compare the maps of every node with the reference by `==`; return how many.

    Raises:
        VerificationError: names the first image and node that differ.
    """
    values = reference_values(program, images)
    shown = [index for index, kind in enumerate(program.types) if kind.kind == "maps"]
    expected_size = sum(values[index].size for index in shown)
    if run.maps.size != expected_size:
        raise VerificationError(f"the page's maps: expected {expected_size} values, got {run.maps.size}")
    at = compared = 0
    for image in range(len(images)):
        for index in shown:
            expected = values[index][image]
            if not np.array_equal(run.maps[at : at + expected.size], expected.reshape(-1)):
                raise VerificationError(f"the page's maps: image {image}, node {index} differ from the reference")
            at += expected.size
            compared += len(expected)
    return compared
