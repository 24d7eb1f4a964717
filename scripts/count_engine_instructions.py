"""Counts the engine's instructions an image under callgrind; with --update, writes the record that tests compare with.

    python scripts/count_engine_instructions.py [--update]

Needs valgrind and a C compiler, on x86-64.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from engine_harness import build_harness, compiler_version
from engine_instructions import GOLDEN, ISAS, count_instructions

from lbpnet.text_files import write_text


def main() -> None:
    """Count, print, and write the record if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help=f"write {GOLDEN.name}")
    update = parser.parse_args().update
    with tempfile.TemporaryDirectory() as folder:
        counted = count_instructions(build_harness(Path(folder), ISAS), Path(folder))
    record = json.dumps({"compiler": compiler_version(), "instructions_an_image": counted}, indent=1) + "\n"
    print(record, end="")
    if update:
        write_text(GOLDEN, record)


if __name__ == "__main__":
    main()
