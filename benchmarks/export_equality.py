"""Verifies exported folders of any target on all test images of MNIST and Fashion-MNIST, score by score.

python benchmarks/export_equality.py FOLDER [FOLDER ...] [--sets mnist fashion_mnist] [--json PATH]

What `lbpnet verify` does with its own images, done with every test image, whatever the program was trained on.
Exits with 1 at the first difference, missing tool or changed file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from lbpnet.config import DataConfig
from lbpnet.data.load import load_dataset
from lbpnet.errors import LbpnetError
from lbpnet.export import Manifest, verify

SETS = ("mnist", "fashion_mnist")


def compare(folder: Path, sets: list[str]) -> dict[str, Any]:
    """Verify a folder on every test image; return how many were compared, how, and in how many seconds."""
    manifest = Manifest.read(folder)
    record: dict[str, Any] = {"folder": folder.name, "target": manifest.target, "lbpnet": manifest.lbpnet, "images": {}}
    start = time.perf_counter()
    for name in sets:
        images = load_dataset(DataConfig(dataset=name)).test.images
        record["lines"] = verify(folder, images)[1:-1]
        record["images"][name] = len(images)
    return record | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    """Verify the folders, print and record what was compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = []
    for folder in options.folders:
        try:
            records.append(compare(folder, options.sets))
        except LbpnetError as error:
            sys.exit(f"{folder}: {error}")
        counts = ", ".join(f"{count:,} of {name}" for name, count in records[-1]["images"].items())
        for line in (f"{folder}: {records[-1]['target']}: {counts} equal the reference", *records[-1]["lines"]):
            Console(soft_wrap=True).print(line, highlight=False, markup=False)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
