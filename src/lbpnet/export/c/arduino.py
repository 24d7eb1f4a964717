"""An Arduino library around exported C: its description, its sources, a sketch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ...program import Program

TEMPLATES = Path(__file__).parent / "template" / "arduino"
"""library.properties and the sketch, with @NAMES@ for what differs between networks."""


def write_arduino_library(program: Program, folder: Path, name: str, sources: Sequence[Path]) -> None:
    """Write a library folder that the Arduino IDE takes as it is.

    Args:
        program: what the sources compute.
        folder: where; made.
        name: of the network, an identifier in C.
        sources: C files and headers, which are copied.
    """
    from ... import __version__

    image = program.input
    values = {
        "NAME": name,
        "VERSION": __version__,
        "CHANNELS": image.channels,
        "HEIGHT": image.height,
        "WIDTH": image.width,
        "IMAGE_BYTES": image.channels * image.height * image.width,
        "CLASSES": program.num_classes,
    }
    example = folder / "examples" / "Digits"
    example.mkdir(parents=True)
    (folder / "src").mkdir()
    for source in sources:
        shutil.copyfile(source, folder / "src" / source.name)
    for template, place in (("library.properties", folder), ("Digits.ino", example)):
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        (place / template).write_text(text, encoding="utf-8")
