"""How fast the programs of the zoo are, one after the other on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import DataConfig
from ..config.nearest import nearest_hint
from ..data.atomic import write_atomically
from ..data.load import load_dataset
from ..engine import Classifier, load
from ..engine.timing import measure, one_core
from ..errors import ProgramError
from ..processor import processor_name
from ..program.locate import PREFIX, SUFFIX, zoo_names
from ..zoo import CardSpeed, card_text, read_card

_BATCH = 1024


def time_zoo(names: Sequence[str], *, seconds: float, folder: Path) -> list[str]:
    """Measure the speed of programs and write it to their cards; return a line each.

    Raises:
        ProgramError: the zoo has no program of a name; nothing is measured then.
    """
    there, lines = zoo_names(folder), list[str]()
    for name in names:
        if name not in there:
            raise ProgramError(f"{PREFIX}{name}: no such program in the zoo{nearest_hint(name, there, prefix=PREFIX)}")
    for name in names:
        path = folder / f"{name}.json"
        card = read_card(path)
        images = load_dataset(DataConfig(dataset=card.data.name)).test.images
        speed = measure_speed(load(folder / f"{name}{SUFFIX}"), images, seconds)
        write_atomically(path, card_text(asdict(replace(card, speed=speed))).encode())
        lines.append(
            f"{PREFIX}{name}: {speed.p50_us:.1f} µs an image (p99 {speed.p99_us:.1f}), {speed.images_per_second:,} "
            f"images/s in batches of {speed.batch:,}"
        )
    return lines


def measure_speed(classifier: Classifier, images: NDArray[np.uint8], seconds: float) -> CardSpeed:
    """Measure a program on one core: images (B, C, H, W) one a call, then in batches."""
    with one_core():
        one = measure({"engine": classifier.predict}, images[:1], seconds=seconds)["engine"]
        many = measure({"engine": classifier.predict}, images[:_BATCH], seconds=seconds)["engine"]
    shares = one.percentiles()
    return CardSpeed(
        p50_us=round(shares["p50"], 2),
        p99_us=round(shares["p99"], 2),
        images_per_second=round(many.images_per_second),
        batch=many.batch,
        instruction_set=classifier.engine.isa,
        machine=processor_name(),
    )
