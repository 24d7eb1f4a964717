"""`lbpnet predict`: the class of each image."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ..data.unlabelled import Batch, decode_unlabelled, read_unlabelled
from ..engine import Classifier, load
from ..errors import DataError
from .json_output import print_json

_STDIN = "-"


@dataclass(frozen=True)
class PredictOptions:
    """Classify images with a program; needs no torch.

    IMAGES are PNG, JPEG or BMP files (resized to the program's input), .npz or IDX files (raw, .gz, .xz; of the
    program's size), folders of pictures, or - for standard input. Grey and colour are converted.

    Example: lbpnet predict digits.lbp seven.png pictures/ --scores

    Example: lbpnet predict zoo:mnist-9k seven.png

    Example: lbpnet predict digits.lbp - < t10k-images-idx3-ubyte.gz
    """

    program: tyro.conf.Positional[Path]
    """Program (.lbp) that `lbpnet freeze` wrote, or zoo:NAME (`lbpnet zoo ls`)."""
    images: tyro.conf.Positional[tuple[str, ...]]
    """What to classify."""
    scores: bool = False
    """Also print the integer score of each class."""
    json: Annotated[bool, tyro.conf.arg(help="Print JSON.")] = False


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(PredictOptions, args=argv, prog="lbpnet predict")
    if not options.images:
        raise DataError("expected at least one image, got none; `lbpnet predict --help` says what it may be")
    classifier = load(options.program)
    rows = _classify(classifier, options.images, scores=options.scores)
    if options.json:
        print_json({"images": list(rows)})
        return 0
    for row in rows:
        columns = [row["image"], row["class"], *map(str, row.get("scores", ()))]
        sys.stdout.write("\t".join(columns) + "\n")
    return 0


def _classify(classifier: Classifier, images: tuple[str, ...], *, scores: bool) -> Iterator[dict[str, Any]]:
    first = classifier.program.input
    shape = (first.channels, first.height, first.width)
    for name in images:
        for names, batch in _read(name, shape):
            values = classifier.scores(batch)
            for image, index, row in zip(names, values.argmax(1).tolist(), values.tolist(), strict=True):
                found = {"image": image, "class": classifier.classes[index], "index": index}
                yield found | ({"scores": row} if scores else {})


def _read(name: str, shape: tuple[int, int, int]) -> Iterator[Batch]:
    if name == _STDIN:
        return decode_unlabelled(sys.stdin.buffer.read(), "standard input", shape)
    return read_unlabelled(Path(name), shape)
