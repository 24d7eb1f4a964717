"""Run folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lbpnet.cli.target import run_name
from lbpnet.config import PRESETS
from lbpnet.errors import RunError
from lbpnet.training import RunFolder, free_run_path

CONFIG = PRESETS["mnist_quick"]


def test_new_folder_holds_configuration_and_environment(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", CONFIG, name="mnist_quick")
    assert RunFolder.open(tmp_path / "run").config() == CONFIG
    assert run_name(folder.path) == "mnist_quick"
    environment = json.loads((folder.path / "environment.json").read_text())
    assert environment["packages"]["torch"].startswith("2.")
    assert environment["machine"]["cores"] >= 1


def test_used_folder_is_not_overwritten(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", CONFIG, name="x")
    with pytest.raises(RunError, match=r"already in use.*--resume"):
        RunFolder.create(tmp_path / "run", CONFIG, name="x")


def test_folder_without_configuration_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        RunFolder.open(tmp_path)


def test_free_path_is_numbered_when_in_use(tmp_path: Path) -> None:
    assert free_run_path(tmp_path, "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert free_run_path(tmp_path, "a") == tmp_path / "a-3"


def test_lines_from_the_resumed_epoch_on_and_torn_lines_are_dropped(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", CONFIG, name="x")
    for epoch in range(4):
        folder.append_metrics({"epoch": epoch})
    with folder.metrics_file.open("a") as file:
        file.write('{"epoch": 4, "tr')
    folder.keep_metrics_before(2)
    assert [json.loads(line)["epoch"] for line in folder.metrics_file.read_text().splitlines()] == [0, 1]
