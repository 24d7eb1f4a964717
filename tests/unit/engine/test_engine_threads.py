"""The engine's waiting threads: any number of callers, any number of threads each, in a forked process too."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from random_programs import random_images
from routed_programs import routed_program

from lbpnet.engine import Engine
from lbpnet.engine.reference import reference_scores
from lbpnet.program import save_program

ISAS = tuple(isa for isa in Engine.isas() if isa != "reference")
pytestmark = pytest.mark.skipif(not ISAS, reason="the native engine was not built")


def test_callers_at_once_on_any_number_of_threads_each_get_their_scores() -> None:
    engine = Engine(routed_program(0, kernels=(4, 5)))
    images = random_images(np.random.default_rng(0), engine.program.input, 67)
    expected = reference_scores(engine.program, images)

    def call(number: int) -> bool:
        count = 1 + number * 13 % len(images)
        return np.array_equal(engine.scores(images[:count], 1 + number % 7), expected[:count])

    with ThreadPoolExecutor(6) as pool:
        same = list(pool.map(call, range(300)))
    assert len(same) == 300 and all(same)


FORK = """
import os, sys
import numpy as np
from lbpnet.engine import Engine
from lbpnet.program import load_program

engine = Engine(load_program(sys.argv[1]))
one = engine.program.input
images = np.arange(64 * one.height * one.width, dtype=np.uint8).reshape(64, 1, one.height, one.width)
expected = engine.scores(images, threads=3)
for _ in range(20):
    child = os.fork()
    if not child:
        os._exit(int(not np.array_equal(engine.scores(images, threads=3), expected)))
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(engine.scores(images, threads=3), expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_classifies_on_several_threads(tmp_path: Path) -> None:
    save_program(routed_program(0, kernels=(4, 5)), tmp_path / "net.lbp")
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path / "net.lbp")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
