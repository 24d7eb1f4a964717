"""Misclassified test images with what they are, what they were called, and how confidently."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .html_text import paragraph
from .run_results import Misclassified

_SHOWN = 60


def misclassified_images(wrong: Misclassified, classes: tuple[str, ...] | None) -> str:
    """Return the images, most confident mistake first; without names, classes are numbers."""
    total = len(wrong.images)
    if total == 0:
        return paragraph("The folder lists no misclassified image.")
    order = np.argsort(-wrong.confidence, kind="stable")[:_SHOWN]
    cells = "\n".join(_cell(wrong, int(i), classes) for i in order)
    note = (
        f"{len(order)} of {total:,} listed, most confident mistake first: true class → predicted "
        "class, and the confidence in it."
    )
    return paragraph(note, "note") + f'\n<div class="digits">\n{cells}\n</div>'


def _cell(wrong: Misclassified, i: int, classes: tuple[str, ...] | None) -> str:
    true = _name(int(wrong.labels[i]), classes)
    called = _name(int(wrong.predicted[i]), classes)
    index, confidence = int(wrong.index[i]), float(wrong.confidence[i])
    source = base64.b64encode(_png(wrong.images[i])).decode("ascii")
    alt = escape(f"test image {index}: {true}, called {called}")
    return (
        f'<figure title="test image {index}">'
        f'<img src="data:image/png;base64,{source}" alt="{alt}">'
        f"<figcaption><b>{escape(true)}</b> → <em>{escape(called)}</em> "
        f"<small>{confidence:.0%}</small></figcaption></figure>"
    )


def _name(number: int, classes: tuple[str, ...] | None) -> str:
    return str(number) if classes is None else classes[number]


def _png(image: NDArray[np.uint8]) -> bytes:
    pixels = image[0] if image.shape[0] == 1 else np.moveaxis(image, 0, -1)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG")
    return buffer.getvalue()
