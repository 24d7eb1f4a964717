"""Fixtures of the report tests: a run folder with everything, and one with the least."""

from __future__ import annotations

from pathlib import Path

import pytest
from reports_fake_run import write_run

from lbpnet import PRESETS


@pytest.fixture
def full_run(tmp_path: Path) -> Path:
    """A validated run of 20 epochs with every optional file."""
    return write_run(tmp_path / "full", PRESETS["paper_mnist_rp"])


@pytest.fixture
def bare_run(tmp_path: Path) -> Path:
    """A run without validation images, of one epoch, without optional files."""
    config = PRESETS["paper_mnist_rp_full60k"]
    return write_run(tmp_path / "bare", config, epochs=1, optional=False)
