"""The ONNX target: what its folder holds, what it cannot hold, and models that are not what they claim."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from small_program import shrink_nodes, small_program, table

from lbpnet.engine import reference_scores
from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import default_images, export, verify
from lbpnet.export.onnx import limits, packages
from lbpnet.export.onnx import verify as verify_model
from lbpnet.export.onnx.model import OPSET
from lbpnet.export.onnx.scores import summed_features
from lbpnet.program import AddWeights, Argmax, Input, Program, SumPool


def program_of(weights: object, bias: object) -> Program:
    """Sums of one window of an 8x8 image, weighed."""
    pool = SumPool(0, table([0, 8]), table([0, 8]))
    return Program((Input(1, 8, 8), pool, AddWeights(1, table(weights)[0], table(bias)[0]), Argmax(2)))


def test_a_folder_holds_a_valid_model_of_the_current_opset_that_runs_alone(tmp_path: Path) -> None:
    manifest = export(small_program(), "onnx", tmp_path / "out", "digits")
    assert sorted(manifest.files) == ["README.md", "digits.onnx", "example.py", "program.lbp"]
    model = onnx.load(tmp_path / "out/digits.onnx")
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    assert onnx.defs.onnx_opset_version() == OPSET
    batch = model.graph.input[0].type.tensor_type.shape.dim[0]
    assert batch.dim_param == "batch"
    images = default_images(small_program().input)
    np.save(tmp_path / "images.npy", images)
    command = [sys.executable, str(tmp_path / "out/example.py"), str(tmp_path / "images.npy")]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, env={"PYTHONUTF8": "1"}).stdout
    names, rows = zip(*(line.split("\t") for line in printed.splitlines()), strict=True)
    scores = reference_scores(small_program(), images)
    assert [[int(score) for score in row.split(" ")] for row in rows] == scores.tolist()
    assert list(names) == [small_program().classes[index] for index in scores.argmax(1)]


def test_two_exports_are_equal_byte_for_byte(tmp_path: Path) -> None:
    assert export(small_program(), "onnx", tmp_path / "a") == export(small_program(), "onnx", tmp_path / "b")


def test_weights_of_every_kind_give_the_reference_s_scores(tmp_path: Path) -> None:
    cases = {
        "zero": ([[0], [0]], [5, 5]),
        "largest": ([[127], [-127]], [-(1 << 30), 1 << 30]),
        "one sign": ([[3], [1]], [0, 0]),
        "equal scores": ([[1], [1]], [7, 7]),
        "five bits": ([[21], [-10]], [0, -1]),
        "scores near the ends of int32": (
            [[127], [-126]],
            [(1 << 31) - 1 - 127 * 255 * 64, 1 - (1 << 31) + 126 * 255 * 64],
        ),
    }
    for name, (weights, bias) in cases.items():
        export(program_of(weights, bias), "onnx", tmp_path / name)
        assert verify(tmp_path / name)[-1].endswith("every score and class equals the reference")
    shrunk = Program(tuple(shrink_nodes()))
    export(shrunk, "onnx", tmp_path / "shrink")
    assert "33 equal, extreme" in verify(tmp_path / "shrink")[-1]


def test_a_dead_node_is_left_out(tmp_path: Path) -> None:
    pool = SumPool(0, table([0, 2]), table([0, 2]))
    head = AddWeights(1, table([1], [-1]), table(0, 0))
    program = Program((Input(1, 2, 2), pool, head, head, Argmax(3)))
    export(program, "onnx", tmp_path / "out")
    assert "33 equal, extreme" in verify(tmp_path / "out")[-1]


def test_index_tables_beyond_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = sum(a.size + b.size for a, b in summed_features(small_program().head.weights))
    monkeypatch.setattr(limits, "MAX_INDICES", entries - 1)
    with pytest.raises(ExportError, match=f"at most {entries - 1} indices in the head's tables, got {entries}"):
        export(small_program(), "onnx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(small_program(), "onnx", tmp_path / "there")
    for missing in ("onnx", "onnxruntime"):
        monkeypatch.setattr(packages, "find_spec", lambda name, missing=missing: None if name == missing else name)
        with pytest.raises(
            MissingToolError, match=f"'{missing}' is not installed; install it: pip install 'lbpnet.onnx"
        ):
            verify(tmp_path / "there")
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match="'onnx' is not installed"):
        export(small_program(), "onnx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def model_of(*nodes: onnx.NodeProto, kind: int = TensorProto.INT32) -> bytes:
    """A model of `nodes` from the image to `scores` and `class`, of constants 0."""
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 2, 8, 6])
    zeros = [helper.make_tensor("zeros", kind, [1, 3], [0, 0, 0])]
    outputs = [
        helper.make_tensor_value_info("scores", kind, None),
        helper.make_tensor_value_info("class", TensorProto.INT64, None),
    ]
    last = helper.make_node("ArgMax", ["scores"], ["class"], axis=1, keepdims=0)
    graph = helper.make_graph([*nodes, last], "forged", [image], outputs, zeros)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)]).SerializeToString()


def test_a_model_that_is_not_what_it_claims_fails(tmp_path: Path) -> None:
    add = helper.make_node("Add", ["zeros", "zeros"], ["scores"])
    multiply = helper.make_node("Mul", ["zeros", "zeros"], ["scores"])
    unknown = helper.make_node("NoSuchOperator", ["zeros"], ["scores"])
    cases = {
        "expected scores .33, 3. and classes .33,., got .4, 3.": model_of(add),
        "operators that do not multiply, got .'Mul'": model_of(multiply),
        "scores: expected integers or bits, got TensorProto.FLOAT": model_of(add, kind=TensorProto.FLOAT),
        "not a valid ONNX model": model_of(unknown),
        "not a valid ONNX model: ": b"no model",
    }
    for message, data in cases.items():
        (tmp_path / "digits.onnx").write_bytes(data)
        with pytest.raises(VerificationError, match=message):
            verify_model(tmp_path, small_program(), default_images(small_program().input))
    (tmp_path / "digits.onnx").unlink()
    with pytest.raises(VerificationError, match="expected one model, got"):
        verify_model(tmp_path, small_program(), default_images(small_program().input))


def test_a_model_of_another_program_fails_at_its_first_image(tmp_path: Path) -> None:
    small, other = small_program(), small_program()
    other.head.bias[1] += 1
    export(small, "onnx", tmp_path / "out")
    with pytest.raises(VerificationError, match=r"ONNX Runtime .*: image 0, class 1: expected the score"):
        verify_model(tmp_path / "out", other, default_images(small.input))
