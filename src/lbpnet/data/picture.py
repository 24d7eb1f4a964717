"""Images in a terminal, and on a contact sheet."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.text import Text

from lbpnet.data.atomic import write_atomically
from lbpnet.data.dataset import ImageSet

WIDEST = 32
SHADES = " ░▒▓█"
SHEET_COLUMNS = 16


def print_images(console: Console, images: ImageSet, classes: tuple[str, ...]) -> None:
    """Print images side by side with their class above, two rows of pixels to a line of text.

    In colour half blocks show every pixel; without colour, shades show the mean of two.
    """
    pictures = [_fit(picture) for picture in images.images]
    width = pictures[0].shape[1]
    beside = max(1, (console.width + 1) // (width + 1))
    for start in range(0, len(pictures), beside):
        row = pictures[start : start + beside]
        names = [classes[label][:width].ljust(width) for label in images.labels[start:][: len(row)]]
        console.print(Text(" ".join(names)), style="bold", no_wrap=True, overflow="crop")
        for line in range(0, row[0].shape[0], 2):
            text = Text(no_wrap=True, overflow="crop")
            for picture in row:
                text.append_text(_line(picture, line, coloured=console.color_system is not None))
                text.append(" ")
            console.print(text)


def _fit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn C x H x W into H x W x 3 of at most WIDEST columns and an even number of rows."""
    colour = np.repeat(picture, 3, axis=0) if len(picture) == 1 else picture
    image = Image.fromarray(np.ascontiguousarray(colour.transpose(1, 2, 0)))
    if image.width > WIDEST:
        rows = max(1, round(image.height * WIDEST / image.width))
        image = image.resize((WIDEST, rows), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return np.pad(pixels, ((0, len(pixels) % 2), (0, 0), (0, 0)))


def _line(picture: NDArray[np.uint8], line: int, *, coloured: bool) -> Text:
    upper, lower = picture[line], picture[line + 1]
    if not coloured:
        mean = (upper.mean(axis=1) + lower.mean(axis=1)) / 2
        return Text("".join(SHADES[int(value * len(SHADES)) // 256] for value in mean))
    text = Text()
    for (r, g, b), (s, h, c) in zip(upper.tolist(), lower.tolist(), strict=True):
        text.append("▀", style=f"rgb({r},{g},{b}) on rgb({s},{h},{c})")
    return text


def contact_sheet(images: ImageSet, classes: int, path: Path) -> None:
    """Write a PNG with a row for each class, its first images from left to right.

    Raises DataError if the file cannot be written.
    """
    channels, rows, columns = images.shape
    gap = 2
    across = SHEET_COLUMNS * (columns + gap) + gap
    sheet = np.full((classes * (rows + gap) + gap, across, channels), 64, dtype=np.uint8)
    for label in range(classes):
        members = np.flatnonzero(images.labels == label)[:SHEET_COLUMNS]
        top = gap + label * (rows + gap)
        for place, position in enumerate(members):
            left = gap + place * (columns + gap)
            picture = images.images[position].transpose(1, 2, 0)
            sheet[top : top + rows, left : left + columns] = picture
    encoded = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet).save(encoded, format="PNG")
    write_atomically(path, encoded.getvalue())
