"""The paper's presets train, evaluate and report on synthetic images of their shape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lbpnet.cli.main import main
from lbpnet.config import PRESETS, DeviceConfig, RunConfig, save_config
from lbpnet.reports import read_run, results_page
from lbpnet.training import train_run

NAMES = [name for name in PRESETS if name.startswith("wacv_")]


def synthetic(folder: Path, config: RunConfig) -> RunConfig:
    """The preset on a few random images of its shape and classes, for two steps."""
    random, classes = np.random.default_rng(1), config.model.classification_head.num_classes
    size, channels = config.data.image_size, config.data.in_channels
    assert isinstance(size, int)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        shape = (count, size, size) if channels == 1 else (count, size, size, channels)
        return random.integers(0, 256, shape, np.uint8), (np.arange(count) % classes).astype(np.uint8)

    x_train, y_train = draw(max(classes, 12))
    x_test, y_test = draw(classes)
    path = folder / "synthetic.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return replace(
        config,
        data=replace(config.data, dataset="npz", root=str(path), num_workers=0),
        training=replace(config.training, epochs=1, batch_size=len(x_train) // 2, warmup_epochs=0.5),
        device=DeviceConfig(threads=1),
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_trains_on_synthetic_images_of_its_shape(name: str, tmp_path: Path) -> None:
    config = synthetic(tmp_path, PRESETS[name])
    run = train_run(config, tmp_path / "run", name=name).path
    record = json.loads((run / "evaluation.json").read_text())
    classes = config.model.classification_head.num_classes
    assert record["forward"]["n"] == len(record["classes"]) == classes
    assert {"integer", "hard", "hard_bn_recal"} & set(record) == set()
    results = read_run(run)
    assert results.evaluation is not None and results.evaluation.primary == "forward"
    assert results.epochs[0].alpha == () and results.offsets is None


def test_ten_presets_were_trained() -> None:
    assert len(NAMES) == 10


@pytest.mark.parametrize("fixture", ["tiny_literature", "tiny_convolutional"])
def test_a_network_learns_and_every_verb_reads_its_run(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config: RunConfig = request.getfixturevalue(fixture)
    config = replace(config, training=replace(config.training, epochs=20))
    save_config(config, tmp_path / "tiny.json")
    run = str(tmp_path / "run")
    assert main(["train", "--config", str(tmp_path / "tiny.json"), "--out", run]) == 0
    assert "(forward pass)" in capsys.readouterr().out
    assert read_run(run).epochs[-1].train_accuracy > 0.9
    for verb, words in (
        ("eval", "forward pass"),
        ("show", f"model.{config.model.family}.pool"),
        ("cost", "This network multiplies: "),
    ):
        assert main([verb, run]) == 0
        assert words in capsys.readouterr().out, verb
    for lang, words in (("en", "this network multiplies"), ("zh", "会做乘法")):
        assert main(["explain", run, "--lang", lang]) == 0
        assert words in capsys.readouterr().out
    assert main(["results", run, "--out", str(tmp_path / "results.md")]) == 0
    assert "forward pass" in (tmp_path / "results.md").read_text()
    capsys.readouterr()
    assert main(["freeze", run, "-o", str(tmp_path / "x.lbp")]) == 1
    message = capsys.readouterr().err
    assert "this network multiplies" in message and "head.hidden (fully connected with real weights)" in message
    assert not (tmp_path / "x.lbp").exists()


def test_results_of_both_families_share_one_column(
    tiny_literature: RunConfig, tiny_convolutional: RunConfig, tmp_path: Path
) -> None:
    runs = [
        (name, read_run(train_run(config, tmp_path / name, name=name).path))
        for name, config in (("a", tiny_literature), ("b", tiny_convolutional))
    ]
    header, _, first, second = results_page(runs).split("| run |")[1].splitlines()[:4]
    assert header == " epochs | seed | forward pass |"
    assert first.startswith("| `a` |") and second.startswith("| `b` |")
