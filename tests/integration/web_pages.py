"""Programs as pages for the browser's tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from browser import Page
from numpy.typing import NDArray

from lbpnet.engine import reference_scores
from lbpnet.export import export
from lbpnet.export.web import PAGE_FILE
from lbpnet.program import Program

NAMES = (
    '</script><script>throw "x"</script>',
    "<b>&amp;",
    "\"quoted'",
    "`${1}`",
    "long " * 12,
    "数",
    "7",
    "",
    "é",
    "a\\b",
)
"""Names of ten classes that a page must show as they are."""


NIB = 28 / 11
"""Width of the pen in pixels of a 28 x 28 image."""


@dataclass(frozen=True)
class Shown:
    """What a page shows: the image that it gave the network, and its text."""

    pixels: NDArray[np.uint8]
    answer: str
    names: list[str]
    scores: list[int]


def write_page(program: Program, folder: Path, classes: tuple[str, ...] = ()) -> Path:
    """Export a program, its classes renamed; return the page."""
    export(replace(program, classes=classes), "web", folder)
    return folder / PAGE_FILE


def open_page(page: Page, file: Path) -> None:
    page.open(f"file://{file}", "globalThis.lbpnet?.scores")


def read_page(page: Page, program: Program) -> Shown:
    """Read what the page shows once it has drawn what it got so far."""
    page.frames()
    found: dict[str, Any] = page.evaluate(
        """({
          pixels: [...lbpnet.pixels],
          answer: document.getElementById("answer").textContent,
          rows: [...document.querySelectorAll("#scores li")].map((row) =>
            [row.querySelector("b").textContent, row.querySelector("data").textContent]),
        })"""
    )
    image = program.input
    pixels = np.array(found["pixels"], np.uint8).reshape(image.channels, image.height, image.width)
    scores = [int(score.replace(",", "").replace("\u2212", "-")) for _, score in found["rows"]]
    return Shown(pixels, found["answer"], [name for name, _ in found["rows"]], scores)


def require_reference(page: Page, program: Program, classes: tuple[str, ...]) -> Shown:
    """Check that the page shows the reference's class and scores of the very image that it gave the network."""
    shown = read_page(page, program)
    expected = reference_scores(program, shown.pixels[None])[0]
    assert shown.names == list(classes)
    assert shown.scores == expected.tolist()
    assert shown.answer == classes[int(expected.argmax())]
    return shown


def pad_box(page: Page) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the pad, CSS pixels."""
    box = page.evaluate(
        '(({x, y, width, height}) => [x, y, width, height])(document.getElementById("pad").getBoundingClientRect())'
    )
    return box[0], box[1], box[2], box[3]


def strokes(page: Page, image: NDArray[np.uint8]) -> list[list[tuple[float, float]]]:
    """Return the strokes that draw an image (H, W) on the pad: runs of bright pixels, as narrow as the pen allows."""
    left, top, width, height = pad_box(page)
    rows, columns = image.shape
    found: list[list[tuple[float, float]]] = []
    for y in range(rows):
        bright = np.flatnonzero(np.diff(np.pad(image[y] > 127, 1).astype(int)))
        at = top + (y + 0.5) * height / rows
        for start, end in bright.reshape(-1, 2).tolist():
            inset = min(NIB / 2, (end - start) / 2)
            found.append([(left + x * width / columns, at) for x in (start + inset, end - inset)])
    return found
