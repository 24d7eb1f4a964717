"""`lbpnet predict`: every kind of input gives the classes of the program's definition."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lbpnet.cli.main import main
from lbpnet.data import write_idx
from lbpnet.data.idx import encode_idx
from lbpnet.engine import reference_scores
from lbpnet.program import Program, save_program, to_bytes

MakeProgram = Callable[..., Program]
Predict = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def program(routed_program: MakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program of 6x5 grey images, saved as x.lbp in the current folder."""
    monkeypatch.chdir(tmp_path)
    made = routed_program()
    save_program(made, tmp_path / "x.lbp")
    return made


@pytest.fixture
def predict(capsys: pytest.CaptureFixture[str]) -> Predict:
    """Run the verb and return its rows."""

    def run(*images: str, program: str = "x.lbp") -> list[dict[str, Any]]:
        assert main(["predict", program, *images, "--json", "--scores"]) == 0
        return json.loads(capsys.readouterr().out)["images"]

    return run


def expected(program: Program, images: np.ndarray) -> list[tuple[str, int, list[int]]]:
    scores = reference_scores(program, images)
    return [(program.classes[index], index, row) for index, row in zip(scores.argmax(1), scores.tolist(), strict=True)]


def answers(rows: list[dict[str, Any]]) -> list[tuple[str, int, list[int]]]:
    return [(row["class"], row["index"], row["scores"]) for row in rows]


def grey(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, 6, 5), dtype=np.uint8)


def test_arrays_of_every_kind_give_the_classes_of_the_definition(program: Program, predict: Predict) -> None:
    images = grey(300)  # more than a batch
    write_idx(Path("plain-idx"), images)
    write_idx(Path("packed.gz"), images)
    write_idx(Path("packed.xz"), images)
    np.savez("alone.npz", images)
    np.savez("last.npz", x_train=grey(2), x_test=images[..., None], y_test=np.zeros(300))
    np.savez("first.npz", x_test=images[:, None], layout="NCHW")
    ran = 0
    for name in ("plain-idx", "packed.gz", "packed.xz", "alone.npz", "last.npz", "first.npz"):
        rows = predict(name)
        assert answers(rows) == expected(program, images)
        assert [row["image"] for row in rows[:2]] == [f"{name}[0]", f"{name}[1]"] and rows[-1][
            "image"
        ] == f"{name}[299]"
        ran += 1
    assert ran == 6


def test_pictures_of_the_right_size_are_taken_as_they_are(program: Program, predict: Predict) -> None:
    images = grey(4)
    Path("inner").mkdir()
    names = ["a.png", "b.bmp", "inner/c.PNG", "inner/d.png"]
    for name, pixels in zip(names, images, strict=True):
        Image.fromarray(pixels).save(name)
    Image.fromarray(images[0]).save("inner/.hidden.png")
    Path("inner/notes.txt").write_text("no picture")
    assert answers(predict(*names)) == expected(program, images)
    rows = predict("inner")
    assert [row["image"] for row in rows] == names[2:]
    assert answers(rows) == expected(program, images[2:])


def test_pictures_are_resized_and_greyed_as_training_pictures_are(program: Program, predict: Predict) -> None:
    colour = np.random.default_rng(4).integers(0, 256, (40, 31, 3), dtype=np.uint8)
    Image.fromarray(colour).save("large.png")
    Image.fromarray(colour).save("large.jpg")
    seen = Image.fromarray(colour).convert("L").resize((5, 6), Image.Resampling.BILINEAR)
    assert answers(predict("large.png")) == expected(program, np.asarray(seen)[None])
    assert len(predict("large.jpg")) == 1


def test_grey_arrays_become_colour_and_colour_grey(
    program: Program, routed_program: MakeProgram, predict: Predict
) -> None:
    colour = routed_program((3, 6, 5))
    save_program(colour, Path("colour.lbp"))
    np.savez("grey.npz", grey(3))
    assert answers(predict("grey.npz", program="colour.lbp")) == expected(colour, np.repeat(grey(3)[:, None], 3, 1))
    equal = np.repeat(grey(3)[..., None], 3, 3)  # equal channels: their weighted mean is themselves
    np.savez("colour.npz", equal)
    assert answers(predict("colour.npz")) == expected(program, grey(3))


def test_standard_input_may_be_a_picture_or_an_array(
    program: Program, predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = grey(3)
    picture, archive = io.BytesIO(), io.BytesIO()
    Image.fromarray(images[0]).save(picture, "PNG")
    np.savez(archive, images)
    inputs = {
        "picture": (picture.getvalue(), images[:1]),
        "npz": (archive.getvalue(), images),
        "idx": (encode_idx(images), images),
        "idx.gz": (gzip.compress(encode_idx(images)), images),
    }
    for name, (data, seen) in inputs.items():
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        assert answers(predict("-")) == expected(program, seen), name


def test_lines_hold_the_image_its_class_and_its_scores(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("x.npz", grey(2))
    assert main(["predict", "x.lbp", "x.npz"]) == 0
    plain = capsys.readouterr().out.splitlines()
    assert main(["predict", "x.lbp", "x.npz", "--scores"]) == 0
    scored = capsys.readouterr().out.splitlines()
    for i, (name, _, scores) in enumerate(expected(program, grey(2))):
        assert plain[i] == f"x.npz[{i}]\t{name}"
        assert scored[i] == "\t".join([plain[i], *map(str, scores)])


def test_bad_images_are_one_line_and_exit_with_1(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("large.npz", np.zeros((2, 7, 5), np.uint8))
    np.savez("float.npz", np.zeros((2, 6, 5), np.float32))
    np.savez("two.npz", a=grey(1), b=grey(1))
    np.savez("five.npz", np.zeros((2, 5, 6, 5), np.uint8))
    write_idx(Path("labels-idx1"), np.zeros(4, np.uint8))
    Path("text.png").write_text("no picture")
    Path("cut.npz").write_bytes(Path("large.npz").read_bytes()[:60])
    Path("cut.gz").write_bytes(gzip.compress(encode_idx(grey(9)))[:40])
    Path("empty").mkdir()
    ran = 0
    for name, message in (
        ("large.npz", "expected images of 6 x 5 pixels, got 7 x 5; arrays are not resized"),
        ("float.npz", "expected uint8, got float32"),
        ("two.npz", "expected an array x_test, or one array alone; got a, b"),
        ("five.npz", "expected 1 or 3 channels"),
        ("labels-idx1", "expected three or four axes"),
        ("text.png", "cannot be read as a picture"),
        ("cut.npz", "damaged, pickled or no .npz file"),
        ("cut.gz", "truncated"),
        ("empty", "expected at least one picture"),
        ("absent.png", "absent.png: cannot be read (No such file"),
    ):
        assert main(["predict", "x.lbp", name]) == 1, name
        streams = capsys.readouterr()
        assert message in streams.err and streams.err.startswith("lbpnet: ") and name in streams.err
        assert (streams.out, streams.err.count("\n")) == ("", 1), name
        ran += 1
    assert ran == 10


def test_files_that_are_no_program_of_this_version_are_one_line_and_exit_with_1(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    data = to_bytes(program)
    files = {
        "cut.lbp": (data[:-3], "cut short or damaged"),
        "header.lbp": (data[:9], "not an lbpnet program"),
        "newer.lbp": (data[:4] + b"\x09\x00" + data[6:], "format 9, a newer one"),
        "older.lbp": (data[:4] + b"\x00\x00" + data[6:], "format 0, an older one"),
        "flipped.lbp": (data[:-1] + bytes([data[-1] ^ 1]), "its checksum does not match"),
        "other.lbp": (b"PK\x03\x04 and so on and so forth ....", "not an lbpnet program"),
    }
    np.savez("x.npz", grey(2))
    ran = 0
    for name, (content, message) in files.items():
        Path(name).write_bytes(content)
        for argv in (["predict", name, "x.npz"], ["show", name], ["cost", name], ["bench", name]):
            assert main(argv) == 1, argv
            streams = capsys.readouterr()
            assert streams.err.startswith(f"lbpnet: {name}: ") and message in streams.err, argv
            assert (streams.out, streams.err.count("\n")) == ("", 1), argv
            ran += 1
    assert ran == 24


def test_no_images_at_all_are_an_error(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "x.lbp"]) == 1
    assert "expected at least one image" in capsys.readouterr().err


def test_show_lists_the_nodes_with_shapes_widths_ranges_and_bytes(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["show", "x.lbp"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split() == ["0", "Input", "1x6x5", "8", "0..255", "0", "30"]
    assert shown[3].split() == ["2", "Encode", "pack", "3", "1", "2x6x5", "3", "0..4", "0", "30"]
    assert shown[-1] == f"file {len(to_bytes(program)):,} bytes, of them " + shown[-1].split(", of them ")[1]
    assert main(["show", "x.lbp", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [row["node"].split()[0] for row in record["nodes"]] == [type(node).__name__ for node in program.nodes]
    # The tables of a file share a stream: alone, each node's take up to two bytes more.
    assert 0 <= sum(row["table_bytes"] for row in record["nodes"]) - record["table_bytes"] <= 2 * len(record["nodes"])


def test_cost_of_a_program_is_printed_with_its_units(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["cost", "x.lbp", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["wacv"]["size_bytes"] == 9 * 3 * 5 / 8 and report["seed"] is None and report["parameters"] is None
    assert main(["cost", "x.lbp"]) == 0
    shown = capsys.readouterr().out
    whole = report["whole"]
    for figure in (*whole["ops"].values(), whole["stored_bytes"], whole["ram_bytes"], whole["gates"]):
        assert f"{figure:,}" in shown
    assert "Never multiplies" in shown and "full adder 5" in shown
