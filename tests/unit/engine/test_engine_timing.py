"""Timing: who is called, how often, and on which core; never how fast."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from lbpnet.engine.timing import Speed, measure, one_core


def test_every_way_meets_the_batch_in_turns_and_at_least_once() -> None:
    seen: list[str] = []
    images = np.zeros((4, 1, 2, 2), np.uint8)

    def way(name: str, cost: float):
        def classify(batch: np.ndarray) -> None:
            assert batch is images
            seen.append(name)
            clock[0] += cost

        return classify

    clock = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lbpnet.engine.timing.time.perf_counter", lambda: clock[0])
        speeds = measure({"quick": way("q", 0.25), "slow": way("s", 8.0)}, images, seconds=2.0)
    assert len(speeds["quick"].seconds) == 8 and len(speeds["slow"].seconds) == 1
    assert seen[:2] == ["q", "s"], "calls that do not count come first"
    assert "".join(seen[2:]) == "qqsqqqqqq"
    assert speeds["quick"].images_per_second == 16.0
    assert speeds["slow"].images_per_second == 0.5


def test_percentiles_are_of_calls_in_microseconds() -> None:
    speed = Speed(1, np.linspace(0, 100e-6, 101))
    assert speed.percentiles() == pytest.approx({"p50": 50.0, "p90": 90.0, "p99": 99.0})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_one_core_is_kept_and_given_back() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(KeyError), one_core() as core:
        assert os.sched_getaffinity(0) == {core} and core in before
        raise KeyError
    assert os.sched_getaffinity(0) == before
