"""`lbpnet data`: what it prints and what it returns."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lbpnet.cli.data import main
from lbpnet.data import SOURCES


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")


def test_help_ends_with_a_worked_example(capsys: pytest.CaptureFixture[str]) -> None:
    ran = 0
    for arguments in ([], ["--help"], ["fetch", "--help"], ["ls", "-h"], ["show", "--help"]):
        assert main(arguments) == 0
        last = capsys.readouterr().out.splitlines()[-2:]
        assert last[0] == "Example:"
        assert "lbpnet data" in last[1]
        ran += 1
    assert ran == 5


def test_ls_names_every_data_set_and_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls"]) == 0
    printed = capsys.readouterr().out
    for name in SOURCES:
        assert name in printed
    assert "built in" in printed
    assert "cache: " in printed


def test_show_counts_classes_draws_images_and_writes_a_sheet(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(["show", "embedded", "--count", "2", "--png", str(sheet)]) == 0
    printed = capsys.readouterr().out
    assert "2,500" in printed
    assert "250" in printed
    assert "█" in printed
    with Image.open(sheet) as picture:
        assert picture.size == (16 * 30 + 2, 10 * 30 + 2)
    assert main(["show", "embedded", "--in-channels", "3", "--image-size", "41"]) == 0
    assert "3 x 41 x 41" in capsys.readouterr().out


def test_fetch_of_what_ships_needs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "embedded"]) == 0
    assert "ships with lbpnet" in capsys.readouterr().out


def test_errors_are_printed_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    ran = 0
    for arguments in (["fetch", "mnsit"], ["fetch"], ["show", "npz"], ["show", "nothing"]):
        assert main(arguments) == 1
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert printed.err.strip()
        ran += 1
    assert ran == 4
    with pytest.raises(SystemExit) as stop:
        main(["no-such-verb"])
    assert stop.value.code == 2
