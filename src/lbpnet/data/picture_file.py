"""One picture, as the pixels that a network sees."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lbpnet.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")


def read_picture(
    source: Path | IO[bytes], size: tuple[int, int], channels: int, *, name: str = ""
) -> NDArray[np.uint8]:
    """Read a picture of any size and mode as uint8, channels x size (rows, columns); channels 1 or 3.

    It stands as its EXIF orientation says, is resized bilinearly (its aspect is not kept), transparent parts become
    black, 16 bits are cut to 8, colour turns grey as ITU-R BT.601 weighs. Raises DataError naming the picture (`name`
    where it has no path) that cannot be read.
    """
    try:
        with warnings.catch_warnings():
            # Pillow only warns about pictures that would unpack to gigabytes; refuse them.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                picture = _to_mode(ImageOps.exif_transpose(opened), channels)
                resized = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        # Pillow says SyntaxError for a broken PNG.
        why = "none of the kinds that Pillow knows" if isinstance(error, UnidentifiedImageError) else error
        raise DataError(f"{name or source}: cannot be read as a picture ({why}); replace or remove it") from error
    pixels = np.asarray(resized, dtype=np.uint8)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def _to_mode(picture: Image.Image, channels: int) -> Image.Image:
    if picture.mode.startswith("I"):
        # Pillow would clip 16-bit grey at 255; keep its upper eight bits instead.
        upper = np.clip(np.asarray(picture).astype(np.int64) >> 8, 0, 255).astype(np.uint8)
        picture = Image.fromarray(upper)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        black = Image.new("RGBA", seen.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, seen)
    return picture.convert("L" if channels == 1 else "RGB")
