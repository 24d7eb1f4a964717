"""Ablations: runs are made once, continued where they stopped, and every line is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lbpnet.cli.ablate import AblateOptions
from lbpnet.cli.ablation_runs import planned_runs, read_table
from lbpnet.cli.main import main
from lbpnet.reports.ablations_page import ablations_page
from lbpnet.reports.run_lines import read_lines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of two tiny variants, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    base: dict[str, Any] = {
        "model.routed.kernels": [4, 5],
        "model.routed.head.pool": 2,
        "model.classification_head.num_classes": 3,
        "data.dataset": "npz",
        "data.root": str(stripes),
        "data.image_size": 8,
        "data.num_workers": 0,
        "data.val_size": 24,
        "training.epochs": 2,
        "training.batch_size": 16,
        "training.warmup_epochs": 0.5,
    }
    rows = [
        {"name": "ternary", "preset": "routed_mnist", "overrides": base, "seeds": [1, 2, 3]},
        {"name": "3bit", "preset": "routed_mnist", "overrides": base | {"model.routed.head.weights": "3bit"}},
    ]
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"seeds": [7], "rows": rows}))
    return path


def trained(capsys: pytest.CaptureFixture[str]) -> int:
    return capsys.readouterr().out.count("evaluating best.safetensors")


def test_every_run_is_made_once_and_an_interrupted_one_goes_on(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["ablate", "table.json", "--out", "docs/a.md"]
    (tmp_path / "docs").mkdir()
    assert main([*argv, "--dry-run"]) == 0
    assert capsys.readouterr().out.count(": to train") == 4
    assert main(argv) == 0
    assert trained(capsys) == 4
    page, record = Path("docs/a.md").read_text(), Path("docs/ablations_runs.json").read_text()
    lines = read_lines(Path("docs/ablations_runs.json"))
    for line in lines:
        name = "3bit" if any("3bit" in override for override in line.overrides) else "ternary"
        evaluation = json.loads(Path(f"runs/ablations/{name}/{line.seed}/evaluation.json").read_text())
        assert line.test == evaluation["integer"]["accuracy"]
        assert line.file_bytes and line.table_bytes and line.operations and line.gates and line.multiplies is False
    assert len(lines) == 4
    assert page == ablations_page(lines)
    assert page.count("**1 only**") == 1  # of 3bit; ternary has three
    assert "±" in page
    assert main(argv) == 0
    assert trained(capsys) == 0
    assert (Path("docs/a.md").read_text(), Path("docs/ablations_runs.json").read_text()) == (page, record)
    # Killed before it was evaluated, and before its first checkpoint.
    Path("runs/ablations/ternary/2/evaluation.json").unlink()
    for file in Path("runs/ablations/3bit/7").iterdir():
        if file.name != "config.json":
            file.unlink()
    assert main([*argv, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "ternary/2: to continue" in shown and "3bit/7: to restart" in shown
    assert main(argv) == 0
    assert trained(capsys) == 2
    again = read_lines(Path("docs/ablations_runs.json"))
    assert [(line.seed, line.test) for line in again] == [(line.seed, line.test) for line in lines]
    # The lines outlive the folders; runs from elsewhere join, or stand for themselves.
    shutil.move("runs/ablations/3bit/7", "elsewhere")
    shutil.rmtree("runs")
    assert main(["ablate", "--runs", "elsewhere", "--out", "docs/a.md"]) == 0
    assert read_lines(Path("docs/ablations_runs.json")) == again


def test_rows_are_trained_seed_by_seed(table: Path) -> None:
    plan = planned_runs(read_table(table), AblateOptions())
    assert [(run.path.parent.name, run.config.seed) for run in plan] == [
        ("ternary", 1),
        ("3bit", 7),
        ("ternary", 2),
        ("ternary", 3),
    ]
    assert [run.path.parent.name for run in planned_runs(read_table(table), AblateOptions(only=("3bit",)))] == ["3bit"]


def test_wrong_tables_are_told_before_anything_is_trained(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = json.loads(table.read_text())

    def changed(row: int, **values: object) -> str:
        rows = [dict(old) for old in tree["rows"]]
        rows[row] |= values
        return json.dumps({**tree, "rows": rows})

    other = Path("runs/ablations/ternary/1")
    cases = [
        ("{", "not a table of variants"),
        ("[]", "expected an object"),
        ('{"seeds": [1]}', "missing"),
        (changed(1, name="ternary"), "row 'ternary': expected"),
        (changed(1, name="../x"), "row '../x': expected"),
        (changed(1, preset="routed"), "did you mean 'routed_mnist'"),
        (changed(1, overrides={"model.routed.kernel": [3]}), "row 3bit: unknown field 'model.routed.kernel'"),
        (changed(1, overrides={"training.epochs": "2"}), "row 3bit: training.epochs: expected int"),
        (changed(1, override={}), "unknown field"),
    ]
    for text, message in cases:
        table.write_text(text)
        assert main(["ablate", "table.json", "--out", "a.md"]) == 1, text
        assert message in capsys.readouterr().err
        assert not other.exists()
    table.write_text(json.dumps(tree))
    for argv, message in (
        (["ablate"], "expected a table of variants, or --runs"),
        (["ablate", "table.json", "--threads", "0"], "--threads: expected 1 or more"),
        (["ablate", "table.json", "--only", "quaternary"], "--only: no row quaternary"),
    ):
        assert main(argv) == 1
        assert message in capsys.readouterr().err
    other.mkdir(parents=True)
    (other / "config.json").write_text(json.dumps({"seed": 99}))
    assert main(["ablate", "table.json", "--out", "a.md"]) == 1
    assert "holds a run of another configuration" in capsys.readouterr().err
    assert len(cases) == 9


def test_the_document_is_that_of_the_recorded_lines() -> None:
    text = ablations_page(read_lines(ROOT / "docs" / "ablations_runs.json"))
    assert (ROOT / "docs" / "ablations.md").read_text(encoding="utf-8") == text


def test_every_row_of_our_table_is_a_run(tmp_path: Path) -> None:
    table = read_table(ROOT / "benchmarks" / "ablations.json")
    plan = planned_runs(table, AblateOptions(root=tmp_path))
    assert len(plan) == len(table.rows) * len(table.seeds)
    assert len(table.seeds) >= 3
