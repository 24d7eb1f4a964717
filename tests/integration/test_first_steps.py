"""What newcomers run into: stopped starts, pictures that are missing, wrong arguments, narrow terminals."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lbpnet.cli.main import VERBS, main
from lbpnet.config import RunConfig, save_config
from lbpnet.training import RunFolder, train_run


def test_a_run_that_was_stopped_before_its_first_step_starts_anew(
    tiny_routed: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunFolder.create(tmp_path / "run", tiny_routed, name="tiny")
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert "nothing was trained yet; from the start" in capsys.readouterr().out
    whole = train_run(tiny_routed, tmp_path / "whole", name="tiny")
    digests = [
        hashlib.sha256((path / "final.safetensors").read_bytes()).hexdigest() for path in (tmp_path / "run", whole.path)
    ]
    assert digests[0] == digests[1]
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert "all 4 epochs were trained before" in capsys.readouterr().out


def test_of_epochs_of_equal_accuracy_the_last_is_the_best(tiny_routed: RunConfig, tmp_path: Path) -> None:
    held_out = replace(tiny_routed, data=replace(tiny_routed.data, val_size=24))
    still = replace(held_out, training=replace(held_out.training, lr=1e-12))
    folder = train_run(still, tmp_path / "run", name="tiny")
    accuracies = [json.loads(line)["val_accuracy"] for line in folder.metrics_file.read_text().splitlines()]
    assert accuracies[2] == accuracies[3] == max(accuracies)
    assert json.loads(folder.evaluation_file.read_text())["epoch"] == 3


def test_a_class_without_test_images_is_said(
    tiny_routed: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = np.random.default_rng(0)
    for half, classes in (("train", "abc"), ("test", "ab")):
        for name in classes:
            (tmp_path / half / name).mkdir(parents=True)
            for number in range(8):
                picture = Image.fromarray(draw.integers(0, 256, (8, 8)).astype(np.uint8))
                picture.save(tmp_path / half / name / f"{number}.png")
    data = replace(tiny_routed.data, dataset="folder", root=str(tmp_path))
    save_config(replace(tiny_routed, data=data), tmp_path / "config.json")
    assert main(["train", "--config", str(tmp_path / "config.json"), "--out", str(tmp_path / "run")]) == 0
    assert "no test images of c: test accuracy is that of the other classes" in capsys.readouterr().out


def test_the_cost_of_a_run_is_that_of_the_file_that_freeze_writes(
    tiny_routed: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train_run(tiny_routed, tmp_path / "run", name="tiny")
    assert main(["freeze", str(tmp_path / "run"), "-o", str(tmp_path / "tiny.lbp")]) == 0
    capsys.readouterr()
    assert main(["cost", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"]["stored_bytes"] == (tmp_path / "tiny.lbp").stat().st_size


def test_a_run_folder_is_no_program_and_says_what_makes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("predict", "bench"):
        assert main([verb, str(tmp_path), *(["seven.png"] if verb == "predict" else [])]) == 1
        assert f"got a folder; of a run, `lbpnet freeze {tmp_path} -o NAME.lbp`" in capsys.readouterr().err


def test_what_is_no_picture_is_said_without_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, said in ((b"", "is empty; expected a picture"), (b"\x93NUMPY", "none of the kinds")):
        (tmp_path / "picture").write_bytes(content)
        assert main(["predict", "zoo:mnist-1k", str(tmp_path / "picture")]) == 1
        error = capsys.readouterr().err
        assert said in error and "object at" not in error


def test_the_explained_preset_has_the_figures_of_its_initial_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "routed_mnist_fast"]) == 0
    out = capsys.readouterr().out
    assert "? bytes" not in out
    assert "(of initial weights; training changes them)" in out


def test_the_list_of_the_zoo_is_whole_on_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["zoo", "ls"]) == 0
    out = capsys.readouterr().out
    assert "fashion_mnist" in out and "…" not in out


@pytest.mark.parametrize("verb", VERBS)
def test_each_example_of_a_help_page_has_lines_of_its_own(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main([verb, "--help"])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 0
    assert not re.search(r"lbpnet .*Example:", capsys.readouterr().out)


def test_the_example_is_built_anew_for_another_schedule_and_refuses_half_an_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, digests = tmp_path / "out", []
    assert main(["export", "zoo:mnist-1k", "--to", "c", "-o", str(folder)]) == 0
    for options in ([], ["SCHEDULE=planes"], ["SCHEDULE=planes"], []):
        said = subprocess.run(["make", *options], cwd=folder, capture_output=True, text=True, check=True).stdout
        digests.append(hashlib.sha256((folder / "example").read_bytes()).hexdigest())
    assert digests[0] == digests[3] != digests[1] == digests[2] and said
    half = subprocess.run([folder / "example"], input=bytes(800), capture_output=True, check=False)
    assert half.returncode == 1 and half.stdout.count(b"\n") == 1
    assert half.stderr == b"the last image has 16 bytes of 784\n"
