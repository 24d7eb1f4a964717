"""The fake target, and a program beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import fake_backend
import pytest
from small_program import small_program

from lbpnet.export import TARGETS, Target
from lbpnet.program import save_program


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The target `fake`, and x.lbp in the current folder, which is returned."""
    monkeypatch.setitem(TARGETS, "fake", Target("fake", "a test"))
    monkeypatch.setitem(sys.modules, "lbpnet.export.fake", fake_backend)
    monkeypatch.chdir(tmp_path)
    save_program(small_program(), tmp_path / "x.lbp")
    return tmp_path
