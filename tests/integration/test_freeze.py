"""From a trained run to a program that classifies: freeze, predict, cost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lbpnet
from lbpnet.cli.main import main
from lbpnet.config import (
    DataConfig,
    DeviceConfig,
    FreezeScheduleConfig,
    HeadConfig,
    IntegerHeadConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    TrainingConfig,
    save_config,
)


@pytest.fixture(scope="module")
def routed_run(stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the multiplication-free family, trained for two epochs."""
    root = tmp_path_factory.mktemp("routed")
    config = RunConfig(
        model=ModelConfig(
            family="routed",
            routed=RoutedConfig((4, 5), head=IntegerHeadConfig(pool=2)),
            classification_head=HeadConfig(num_classes=3),
        ),
        data=DataConfig(dataset="npz", root=str(stripes), image_size=8, num_workers=0),
        training=TrainingConfig(epochs=2, batch_size=16, lr=0.01, warmup_epochs=0.5),
        freeze_schedule=replace(FreezeScheduleConfig(), freeze_offsets_epochs=1),
        device=DeviceConfig(threads=1),
    )
    save_config(config, root / "routed.json")
    assert main(["train", "--config", str(root / "routed.json"), "--out", str(root / "run")]) == 0
    return root / "run"


def test_frozen_program_has_the_accuracy_that_eval_reports(
    routed_run: Path, stripes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "stripes.lbp"
    assert main(["freeze", str(routed_run), "-o", str(program)]) == 0
    printed = capsys.readouterr().out
    assert f"{program.stat().st_size:,} bytes" in printed and "equal to the network on 48 test images" in printed
    labels = np.load(stripes)["y_test"]
    assert main(["predict", str(program), str(stripes), "--json"]) == 0
    found = [row["index"] for row in json.loads(capsys.readouterr().out)["images"]]
    record = json.loads((routed_run / "evaluation.json").read_text())
    assert np.mean(np.array(found) == labels) == pytest.approx(record["integer"]["accuracy"])
    assert lbpnet.load(program).classes == tuple(record["classes"])


def test_a_program_is_never_replaced_silently(
    routed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "x.lbp"
    program.write_bytes(b"mine")
    assert main(["freeze", str(routed_run), "--out", str(program)]) == 1
    assert "already there; name another file, or replace it with --force" in capsys.readouterr().err
    assert program.read_bytes() == b"mine"
    assert main(["freeze", str(routed_run), "--out", str(program), "--force", "--checkpoint", "final"]) == 0
    assert program.read_bytes()[:4] == b"LBPN"


def test_cost_of_a_run_is_that_of_its_program(
    routed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "x.lbp"
    assert main(["freeze", str(routed_run), "-o", str(program)]) == 0
    capsys.readouterr()
    reports = []
    for target in (routed_run, program):
        assert main(["cost", str(target), "--json"]) == 0
        reports.append(json.loads(capsys.readouterr().out))
    whole = reports[0]["whole"]
    assert whole["weights"] == "trained"
    # The run's program carries no names of classes: they are known of the data alone.
    del whole["parameters"], whole["stored_bytes"], reports[1]["whole"]["stored_bytes"]
    assert whole == reports[1]["whole"]
    assert reports[0]["wacv"] == reports[1]["wacv"]
    assert reports[0]["parameters"]["trainable"] > 0


def test_cost_of_a_configuration_says_that_its_weights_are_initial(
    routed_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(routed_run.parent / "routed.json")
    assert main(["cost", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"]["weights"] == "initial"
    assert main(["cost", file]) == 0
    assert "initial weights" in capsys.readouterr().out


def test_a_run_that_multiplies_is_refused_in_one_line_before_data_are_read(
    tiny: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_config(tiny, tmp_path / "tiny.json")
    assert main(["train", "--config", str(tmp_path / "tiny.json"), "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    assert main(["freeze", str(tmp_path / "run"), "-o", str(tmp_path / "x.lbp")]) == 1
    streams = capsys.readouterr()
    assert "this network multiplies" in streams.err and "stages.0.lbp (bilinear samples" in streams.err
    assert streams.err.count("\n") == 1 and not (tmp_path / "x.lbp").exists()
