"""Exports programs as pages, compares each page with the reference on all test images, and measures it.

python benchmarks/web.py PROGRAM.lbp [PROGRAM.lbp ...] [--json PATH]

Bytes of the page; microseconds an image in Chromium and in Node.js (the page's own clock, best of `REPEATS`
readings of five rounds); all test images of MNIST and Fashion-MNIST, compared with `==`. Needs Chromium and Node.js.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import open_browser

from lbpnet.config import DataConfig
from lbpnet.data.load import load_dataset
from lbpnet.export import export, identifier, verify
from lbpnet.export.web import PAGE_FILE
from lbpnet.export.web.node import run_page
from lbpnet.program import load_program, short_name

SETS = ("mnist", "fashion_mnist")
REPEATS = 20
_MEASURE = (
    "openNetwork(parts.module, parts.program.classes.length).then((n) => (n.predict(lbpnet.pixels), n.microseconds(2)))"
)


def measure(path: Path, folder: Path) -> dict[str, Any]:
    """Export, compare and measure one program."""
    program = load_program(path)
    export(program, "web", folder, identifier(short_name(path)))
    page = folder / PAGE_FILE
    compared = {}
    for name in SETS:
        images = load_dataset(DataConfig(dataset=name)).test.images
        verify(folder, images)
        compared[name] = len(images)
    digits = load_dataset(DataConfig(dataset="mnist")).test.images[:1]
    with open_browser() as browser:
        browser.view(1280, 900)
        browser.open(f"file://{page}", "globalThis.lbpnet?.scores")
        browser.evaluate(f"lbpnet.pixels = Uint8Array.from({digits.reshape(-1).tolist()})")
        chromium = min(float(browser.evaluate(_MEASURE)) for _ in range(REPEATS))
        version = browser.evaluate("navigator.userAgent")
    return {
        "program": short_name(path),
        "page_bytes": page.stat().st_size,
        "module_bytes": (folder / f"{identifier(short_name(path))}.wasm").stat().st_size,
        "chromium_us": round(chromium, 1),
        "node_us": round(min(run_page(page, digits).microseconds for _ in range(REPEATS)), 1),
        "images_equal": compared,
        "browser": version,
    }


def main() -> None:
    """Measure the programs, print and record the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, nargs="+")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = []
    for path in options.programs:
        with tempfile.TemporaryDirectory(prefix="lbpnet-web-") as place:
            records.append(measure(path, Path(place) / "page"))
        Console().print(records[-1], highlight=False)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
