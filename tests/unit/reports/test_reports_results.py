"""The results document: figures of the run folders, nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from lbpnet.reports import read_run, results_page


def test_summary_and_section_carry_the_runs_own_figures(full_run: Path) -> None:
    results = read_run(full_run)
    text = results_page([("paper_mnist_rp", results)])
    record = json.loads((full_run / "evaluation.json").read_text())
    for path in ("train_path", "hard", "hard_bn_recal", "hard_rounded"):
        assert f"{100 * record[path]['accuracy']:.2f} %" in text
    rows = [line for line in text.splitlines() if re.match(r"\| \d+ \| (main|hard fine-tuning) \|", line)]
    assert len(rows) == len(results.epochs) == 20
    for record_, row in zip(results.epochs, rows, strict=True):
        assert f"{100 * record_.train_accuracy:.2f} %" in row
    assert text.count("    line [") == 2, "training and validation accuracy"
    assert "51000 training, 9000 validation, 10000 test images; monitored: val accuracy" in text


def test_unevaluated_run_shows_unknown_and_one_curve(bare_run: Path) -> None:
    text = results_page([("paper_mnist_rp_full60k", read_run(bare_run))])
    assert "| ? | ? | ? | ? |" in text
    assert text.count("    line [") == 1
    assert "- schedule: as written" in text


def test_command_is_shown_without_the_folder_that_it_wrote_to(full_run: Path) -> None:
    results = read_run(full_run)
    for out in ("--out /somewhere/k8", "--out=/somewhere/k8"):
        command = f"lbpnet train tiny {out} --training.epochs 5"
        moved = replace(results, environment={**results.environment, "command": command})
        assert "- command: `lbpnet train tiny --training.epochs 5`" in results_page([("tiny", moved)])


def test_document_is_the_same_every_time(full_run: Path) -> None:
    runs = [("a", read_run(full_run))]
    assert results_page(runs) == results_page(runs)
