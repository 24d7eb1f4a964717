"""Damages program files until something other than a ProgramError escapes from reading one.

A seeded loop of changes that know the format (`tests/file_mutations.py`): the same seed gives the same files on every
machine, without another package. `--coverage` lets Atheris guide it where that is installed (Linux, x86-64):

    python scripts/fuzz_program_file.py --seconds 120 --seed 1
    python scripts/fuzz_program_file.py --seconds 120 --coverage
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))


def loop(seconds: int, seed: int) -> None:
    """Run the seeded loop; write the file that breaks the reader beside the error."""
    from file_mutations import accepted, mutated, seed_files

    draw, files = np.random.default_rng(seed), seed_files()
    ran = valid = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutated(draw, files[draw.integers(len(files))], files)
        try:
            good = accepted(data)
        except Exception:
            Path("broken.lbp").write_bytes(data)
            print(f"file {ran} of seed {seed}: not a ProgramError; the file is broken.lbp", file=sys.stderr)
            raise
        # What is still a program is damaged further: changes add up.
        if good and len(files) < 1000:
            files.append(data)
        ran, valid = ran + 1, valid + good
    print(f"{ran:,} files of seed {seed}, {valid:,} of them programs: only ProgramError escaped")


def coverage(seconds: int, seed: int) -> None:
    """Let Atheris choose the files to go on from, by the branches of the reader that they reach."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["lbpnet.program"]):
        from file_mutations import accepted, mutated, seed_files

    files = seed_files()

    def change(data: bytes, longest: int, step: int) -> bytes:
        """Damage Atheris's file, or one of ours while it has none."""
        base = data if data[:4] == b"LBPN" and len(data) >= 24 else files[step % len(files)]
        return mutated(np.random.default_rng(step), base, files)[:longest]

    options = [sys.argv[0], f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=65536"]
    atheris.Setup(options, accepted_quietly(accepted), custom_mutator=change)
    atheris.Fuzz()


def accepted_quietly(accepted: Callable[[bytes], bool]) -> Callable[[bytes], None]:
    """Return the check as Atheris wants it: its answer dropped."""

    def check(data: bytes) -> None:
        accepted(data)

    return check


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", action="store_true", help="guided by Atheris, which must be installed")
    chosen = parser.parse_args()
    (coverage if chosen.coverage else loop)(chosen.seconds, chosen.seed)


if __name__ == "__main__":
    main()
