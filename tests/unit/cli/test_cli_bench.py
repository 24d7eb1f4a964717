"""`lbpnet bench`: what it records and prints; never how fast."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lbpnet.cli.lenet_peers import lenet_peers, onnx_lenet, torch_lenet
from lbpnet.cli.main import main
from lbpnet.program import Program, blob_bytes, save_program, to_bytes

PEERS = ("torch eager LeNet-5", "ONNX Runtime LeNet-5")


def test_peers_take_uint8_pixels_of_any_shape_and_return_classes() -> None:
    ran = 0
    for shape in ((1, 28, 28), (3, 32, 33), (2, 12, 13)):
        for build in (torch_lenet, onnx_lenet):
            classify = build(shape, 7)
            for batch in (1, 5):
                images = np.random.default_rng(batch).integers(0, 256, (batch, *shape), np.uint8)
                classes = np.asarray(classify(images))
                assert (classes.shape, classes.dtype) == ((batch,), np.int64)
                assert 0 <= classes.min() <= classes.max() < 7
                ran += 1
    assert ran == 12


def test_peers_that_cannot_run_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lenet_peers((1, 11, 28), 10) == dict.fromkeys(PEERS, "takes images of at least 12 x 12 pixels")
    monkeypatch.setattr("lbpnet.cli.lenet_peers.find_spec", lambda name: None)
    missing = lenet_peers((1, 28, 28), 10)
    assert missing["torch eager LeNet-5"] == "needs torch: pip install 'lbpnet[bench]'"
    assert missing["ONNX Runtime LeNet-5"] == "needs onnx and onnxruntime: pip install 'lbpnet[bench]'"


def test_bench_records_every_way_at_every_batch_in_one_run(
    routed_program: Callable[..., Program],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    program = routed_program((1, 13, 12), (2,))
    save_program(program, tmp_path / "x.lbp")
    assert main(["bench", str(tmp_path / "x.lbp"), "--seconds", "0.001", "--json", str(tmp_path / "speed.json")]) == 0
    shown = capsys.readouterr().out
    record = json.loads((tmp_path / "speed.json").read_text())
    assert list(record["ways"]) == ["program", "NumPy reference", *PEERS]
    for name, way in record["ways"].items():
        assert list(way["images_per_second"]) == ["1", "64", "1024"]
        assert min(way["images_per_second"].values()) > 0
        assert way["latency_us"]["p50"] <= way["latency_us"]["p90"] <= way["latency_us"]["p99"]
        assert name in shown
    for name, faster in record["times_faster"].items():
        for batch, ratio in faster.items():
            rates = (record["ways"][way]["images_per_second"][batch] for way in ("program", name))
            assert ratio == pytest.approx(next(rates) / next(rates))
    assert (record["file_bytes"], record["table_bytes"]) == (len(to_bytes(program)), blob_bytes(program))
    assert record["left_out"] == {}


def test_bench_of_small_images_leaves_out_lenet_and_says_so(
    routed_program: Callable[..., Program], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_program(routed_program(), tmp_path / "x.lbp")
    assert main(["bench", str(tmp_path / "x.lbp"), "--seconds", "0.001"]) == 0
    assert "ONNX Runtime LeNet-5 left out: takes images of at least 12 x 12" in capsys.readouterr().out


def test_no_time_to_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "x.lbp", "--seconds", "0"]) == 1
    assert "--seconds: expected > 0" in capsys.readouterr().err
