"""The command line as a user runs it: train, interrupt, resume, evaluate, explain, report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lbpnet.cli.main import main
from lbpnet.config import RunConfig, save_config


@pytest.fixture
def config_file(tiny: RunConfig, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    save_config(tiny, path)
    return path


@pytest.fixture(scope="module")
def run(tiny: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli")
    save_config(tiny, root / "tiny.json")
    assert main(["train", "--config", str(root / "tiny.json"), "--out", str(root / "run")]) == 0
    return root / "run"


def test_training_ends_by_saying_what_was_reached_and_where_the_files_are(
    config_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--config", str(config_file), "--out", str(tmp_path / "run"), "--training.epochs", "4"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert sum(line.lstrip().startswith("epoch") for line in lines) == 4
    record = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    accuracy = f"{100 * record['hard_bn_recal']['accuracy']:.2f} %"
    assert f"test accuracy {accuracy} of 48 images" in "\n".join(lines[-5:])
    assert str(tmp_path / "run" / "report.html") in lines[-2]
    for name in ("report.html", "explained.md", "final.safetensors"):
        assert (tmp_path / "run" / name).stat().st_size > 0


def test_eval_prints_the_four_paths_as_json(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["eval", str(run), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    for name in ("train_path", "hard", "hard_bn_recal", "hard_rounded"):
        assert 0 <= record[name]["accuracy"] <= 1 and record[name]["n"] == 48 and record[name]["loss"] > 0


def test_eval_prints_a_table_with_every_class(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["eval", str(run), "--checkpoint", "best"]) == 0
    text = capsys.readouterr().out
    assert "hard path + BN recalibration" in text and "training path" in text
    assert "true" in text


def test_explain_of_a_run_carries_its_result_in_both_languages(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accuracy = f"{100 * json.loads((run / 'evaluation.json').read_text())['hard_bn_recal']['accuracy']:.2f}"
    for lang in ("zh", "en"):
        capsys.readouterr()
        assert main(["explain", str(run), "--lang", lang]) == 0
        assert accuracy in capsys.readouterr().out


def test_report_and_cost_of_a_run_work_without_training_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / "final.safetensors").read_bytes()
    assert main(["report", str(run), "--lang", "zh"]) == 0
    capsys.readouterr()
    assert main(["cost", str(run), "--json"]) == 0
    cost = json.loads(capsys.readouterr().out)
    assert cost["whole"]["parameters"] == cost["parameters"]["trainable"]
    assert (run / "final.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "mnist_quik"], "did you mean 'mnist_quick'"),
        (["train"], "name a preset"),
        (["train", "mnist_quick", "--training.epochs", "0"], "training.epochs: expected >= 1"),
        (["train", "--config", "no.json"], "configuration file not found"),
        (["train", "--resume"], "--resume: expected a path"),
        (["train", "--resume", "nowhere"], "not a run folder"),
        (["train", "--resume", "x", "--seed", "1"], "drop --seed 1"),
        (["train", "mnist_quick", "--data.dataset", "mnits"], "mnist"),
        (["eval", "nowhere"], "not a run folder"),
        (["report", "nowhere"], "nowhere"),
        (["cost", "nowhere"], "neither a preset nor a run folder"),
        (["explain", "paper_mnist_rp_ful60k"], "did you mean 'paper_mnist_rp_full60k'"),
    ],
)
def test_bad_input_is_answered_in_one_line_before_any_work(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    streams = capsys.readouterr()
    assert message in streams.err and "Traceback" not in streams.err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_a_checkpoint_and_resume_ends_with_the_same_bytes(
    tiny: RunConfig, config_file: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "lbpnet", "train", "--config", str(config_file), "--training.epochs", "60"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    subprocess.run([*command, "--out", str(whole)], check=True, capture_output=True)
    process = subprocess.Popen([*command, "--out", str(parts)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (parts / "metrics.jsonl").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert f"continue with: lbpnet train --resume {parts}" in errors
    assert not (parts / "final.safetensors").exists()
    subprocess.run([sys.executable, "-m", "lbpnet", "train", "--resume", str(parts)], check=True, capture_output=True)
    for name in ("final.safetensors", "best.safetensors", "evaluation.json"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name


def test_two_processes_train_one_network(config_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lbpnet", "train", "--config", str(config_file)]
    devices = ["--device.accelerator", "cpu", "--device.devices", "2", "--device.strategy", "ddp"]
    done = subprocess.run(
        [*command, *devices, "--out", str(tmp_path / "run")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    assert json.loads((tmp_path / "run" / "evaluation.json").read_text())["hard"]["n"] == 48
    assert done.stdout.count("epoch   4/4") == done.stdout.count("run folder") == 1, "one process speaks"


def test_signal_to_one_of_two_processes_stops_both_and_the_run_resumes(config_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "lbpnet", "train", "--config", str(config_file), "--training.epochs", "400"]
    devices = ["--device.accelerator", "cpu", "--device.devices", "2", "--device.strategy", "ddp", "--out", str(run)]
    process = subprocess.Popen([*command, *devices], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 100
    while not (run / "metrics.jsonl").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "continue with: lbpnet train --resume" in errors
    assert (run / "last.safetensors").exists() and not (run / "final.safetensors").exists()
