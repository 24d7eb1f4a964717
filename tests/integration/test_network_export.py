"""From a trained run that multiplies to ONNX: what is written, said, verified and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lbpnet.cli.main import main
from lbpnet.config import RunConfig
from lbpnet.errors import ExportError
from lbpnet.export import Manifest, verify
from lbpnet.training import train_run


@pytest.fixture(scope="module")
def run(tiny: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run of the seed's family."""
    return train_run(tiny, tmp_path_factory.mktemp("multiplies") / "run", name="tiny").path


def test_a_run_that_multiplies_is_exported_and_verified_within_a_tolerance(
    run: Path, stripes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    capsys.readouterr()
    assert main(["export", str(run), "--to", "onnx", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "this network multiplies: BatchNorm; bilinear samples" in printed
    assert "81 images: logits up to" in printed
    manifest = Manifest.read(out)
    assert (manifest.source, manifest.name) == ("network", "run")
    assert {"run.onnx", "example.py", "README.md", "network/config.json"} < set(manifest.files)
    readme = (out / "README.md").read_text()
    assert "This network multiplies: " in readme
    assert "81 images: logits up to" in readme
    for images, count in (([], 33), (["--images", str(stripes)], 48)):
        assert main(["verify", str(out), *images]) == 0
        printed = capsys.readouterr().out
        assert "compared with the torch network within a tolerance, not bit for bit" in printed
        assert f"out: {count} images: logits up to" in printed


def test_a_run_is_refused_where_it_has_no_place(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["export", str(run), "--to", "c", "-o", str(out)]) == 1
    assert "a folder; c takes programs: lbpnet freeze" in capsys.readouterr().err
    assert main(["export", str(tmp_path), "--to", "onnx", "-o", str(out)]) == 1
    assert not out.exists()
    assert main(["export", str(run), "--to", "onnx", "-o", str(out)]) == 0
    with pytest.raises(ExportError, match="holds a network that multiplies"):
        verify(out)
    assert main(["verify", str(out), "--board", "cortex-m0"]) == 1
    assert "it runs on no board" in capsys.readouterr().err
    checkpoint = next((out / "network").glob("*.safetensors"))
    data = checkpoint.read_bytes()
    checkpoint.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert main(["verify", str(out)]) == 1
    assert f"{checkpoint.name}: changed since it was exported" in capsys.readouterr().err


def test_a_run_that_never_multiplies_is_sent_to_freeze(
    tiny_routed: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = train_run(tiny_routed, tmp_path / "routed", name="tiny").path
    capsys.readouterr()
    assert main(["export", str(path), "--to", "onnx", "-o", str(tmp_path / "out")]) == 1
    assert "this network never multiplies, so it is exported exactly: lbpnet freeze" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
