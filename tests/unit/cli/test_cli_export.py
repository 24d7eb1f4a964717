"""`lbpnet export` and `lbpnet verify`: what they print, and each wrong use in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_program import small_program

from lbpnet.cli.main import main
from lbpnet.export import TARGETS
from lbpnet.program import save_program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a program of an awkward name in it."""
    monkeypatch.chdir(tmp_path)
    save_program(small_program(), tmp_path / "1 int; x.lbp")
    return tmp_path


def test_a_wrong_use_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = {
        ("export", "1 int; x.lbp", "--to", "verylog", "-o", "out"): "no target 'verylog'; did you mean 'verilog'?",
        ("export", "missing.lbp", "--to", "onnx", "-o", "out"): "missing.lbp: cannot be read",
        ("export", "1 int; x.lbp", "--to", "onnx", "-o", "out", "--name", "int"): "'int_net' would do",
        ("verify", "."): ".: no export, manifest.json cannot be read",
        ("verify", "nowhere"): "nowhere: no export",
    }
    for argv, message in cases.items():
        assert main(list(argv)) == 1, argv
        error = capsys.readouterr().err
        assert error.startswith("lbpnet: "), argv
        assert message in error, argv
        assert error.count("\n") == 1, argv
    assert [path.name for path in folder.iterdir()] == ["1 int; x.lbp"]


def test_every_target_is_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    shown = capsys.readouterr().out
    assert all(f"{name}: " in shown for name in TARGETS)
