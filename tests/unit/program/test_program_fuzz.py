"""A short, seeded run of what `scripts/fuzz_program_file.py` does for as long as one likes."""

from __future__ import annotations

import numpy as np
from file_mutations import accepted, mutated, seed_files


def test_damaged_files_are_read_or_refused_with_a_program_error() -> None:
    draw = np.random.default_rng(4)
    files = seed_files()
    assert all(accepted(data) for data in files)
    ran = valid = 0
    for _ in range(2000):
        valid += accepted(mutated(draw, files[draw.integers(len(files))], files))
        ran += 1
    assert ran == 2000
    assert 100 < valid < 1000  # the damage is neither fatal always nor never felt
