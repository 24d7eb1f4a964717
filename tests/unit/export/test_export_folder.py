"""Export and verification around a target: what is written, what is refused, what tampering does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import fake_backend
import numpy as np
import pytest
from small_program import small_nodes, small_program

from lbpnet import __version__
from lbpnet.errors import ExportError, ImageError, MissingToolError, VerificationError
from lbpnet.export import default_images, export, find_tool, verify
from lbpnet.program import Argmax, Input, Program, load_program, to_bytes

Change = Callable[[Path], object]


def test_a_folder_holds_the_target_s_files_the_program_and_their_digests(fake: Path) -> None:
    manifest = export(small_program(), "fake", "new/deep/out", "digits")
    out = fake / "new" / "deep" / "out"
    assert sorted(manifest.files) == ["README.md", "program.lbp", "src/digits.txt"]
    assert {path.name for path in out.iterdir()} == {"README.md", "program.lbp", "src", "manifest.json"}
    assert to_bytes(load_program(out / "program.lbp")) == to_bytes(small_program())
    record = json.loads((out / "manifest.json").read_text())
    assert (record["lbpnet"], record["target"], record["name"]) == (__version__, "fake", "digits")


def test_two_exports_are_equal_byte_for_byte(fake: Path) -> None:
    assert export(small_program(), "fake", "a") == export(small_program(), "fake", "b")
    assert (fake / "a/manifest.json").read_bytes() == (fake / "b/manifest.json").read_bytes()


def test_verification_counts_its_images_and_leaves_the_folder_alone(fake: Path) -> None:
    export(small_program(), "fake", "out")
    (fake / "out" / "build.log").write_text("what a user built")
    before = sorted(fake.rglob("*"))
    lines = verify("out")
    assert lines[0] == f"fake export 'classifier', written by lbpnet {__version__}"
    assert lines[1] == "fake: ['README.md', 'built.o', 'program.lbp', 'src']"
    assert lines[-1].startswith("out: 33 equal, extreme and random images")
    assert sorted(fake.rglob("*")) == before
    given = np.zeros((5, 2, 8, 6), np.uint8)
    assert verify("out", given)[-1] == "out: 5 images: every score and class equals the reference"


def test_images_that_do_not_fit_are_refused(fake: Path) -> None:
    export(small_program(), "fake", "out")
    for images in (np.zeros((1, 2, 8, 7), np.uint8), np.zeros((0, 2, 8, 6), np.uint8), np.zeros((1, 2, 8, 6))):
        with pytest.raises(ImageError):
            verify("out", images)


def test_a_folder_in_use_is_refused_and_left_alone(fake: Path) -> None:
    (fake / "used").mkdir()
    (fake / "used" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="used: expected an empty folder"):
        export(small_program(), "fake", "used")
    assert [path.name for path in (fake / "used").iterdir()] == ["mine.txt"]
    with pytest.raises(ExportError, match="cannot be made or read"):
        export(small_program(), "fake", "x.lbp/inside")
    with pytest.raises(ExportError, match="cannot be made or read"):
        export(small_program(), "fake", "x.lbp")


def test_what_cannot_be_written_leaves_nothing(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(program: Program, folder: Path, name: str) -> None:
        (folder / "half.txt").write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fake_backend, "write", full)
    (fake / "empty").mkdir()
    for folder in ("empty", "new/folder"):
        with pytest.raises(ExportError, match=f"{folder}: cannot be written .No space left"):
            export(small_program(), "fake", folder)
    assert sorted(path.name for path in fake.rglob("*")) == ["empty", "x.lbp"]


def test_an_unknown_target_names_the_nearest(fake: Path) -> None:
    for wrong, right in (("veri_log", "verilog"), ("onx", "onnx"), ("wep", "web")):
        with pytest.raises(ExportError, match=f"no target '{wrong}'; did you mean '{right}'"):
            export(small_program(), wrong, "out")
    assert not (fake / "out").exists()


def test_a_program_beyond_a_limit_is_refused_before_anything_is_written(fake: Path) -> None:
    nodes = small_nodes()
    head = nodes[-2]
    wide = type(head)(8, np.zeros((4, 12), np.int32), np.zeros(4, np.int32))  # type: ignore[call-arg]
    with pytest.raises(ExportError, match="at most 3 classes, got 4"):
        export(Program((*nodes[:-2], wide, Argmax(9))), "fake", "out")
    assert not (fake / "out").exists()


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def _swap_digest(path: Path) -> None:
    tree = json.loads(path.read_text())
    tree["files"]["README.md"] = "0" * 64
    path.write_text(json.dumps(tree))


CHANGES: list[tuple[str, str, Change]] = [
    ("README.md", "README.md: changed since", _append),
    ("src/classifier.txt", "classifier.txt: changed since", _append),
    ("program.lbp", "program.lbp: changed since", _append),
    ("src/classifier.txt", "classifier.txt: cannot be read", Path.unlink),
    ("manifest.json", "no export, manifest.json cannot be read", Path.unlink),
    ("manifest.json", "manifest.json: changed: its digest", _swap_digest),
    ("manifest.json", "manifest.json: damaged, not JSON", lambda path: path.write_text("{")),
    ("manifest.json", "manifest of format 1", lambda path: path.write_text("[]")),
    ("manifest.json", "expected the keys", lambda path: path.write_text('{"format": 1}')),
]


def test_a_tampered_folder_is_refused_and_the_file_named(fake: Path) -> None:
    ran = 0
    export(small_program(), "fake", "out")
    for file, message, change in CHANGES:
        shutil.copytree("out", "changed")
        change(fake / "changed" / file)
        with pytest.raises(ExportError, match=message):
            verify("changed")
        shutil.rmtree("changed")
        ran += 1
    assert ran == len(CHANGES) == 9


def test_a_manifest_that_points_outside_its_folder_is_refused(fake: Path) -> None:
    export(small_program(), "fake", "out")
    text = (fake / "out/manifest.json").read_text()
    for name in ("../x.lbp", "/etc/passwd", "src/../../x.lbp", "C:x", "manifest.json", ".", ""):
        (fake / "out/manifest.json").write_text(text.replace('"README.md"', json.dumps(name)))
        with pytest.raises(ExportError, match="is no file of the folder"):
            verify("out")


def test_scores_that_differ_name_the_first_image(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", _wrong_offset(Path.write_text))
    export(small_program(), "fake", "out")
    with pytest.raises(VerificationError, match=r"fake: image 0, class 0: .* 33 of 33 images differ"):
        verify("out")


def _wrong_offset(write: Callable[..., int]) -> Callable[..., int]:
    def wrong(path: Path, text: str, **options: str) -> int:
        return write(path, text.replace("offset 0", "offset 1"), **options)

    return wrong


def test_a_missing_tool_is_named_with_its_package() -> None:
    with pytest.raises(MissingToolError, match="'no-such-tool' is not installed; install it: apt-get install gcc-x"):
        find_tool("no-such-tool", "gcc-x")


def test_default_images_have_equal_extreme_and_random_ones_of_any_size() -> None:
    ran = 0
    for shape in ((1, 28, 28), (3, 1, 1), (2, 1, 9), (4, 33, 2)):
        images = default_images(Input(*shape))
        assert (images.dtype, images.shape) == (np.dtype(np.uint8), (33, *shape))
        assert np.array_equal(images, default_images(Input(*shape)))
        assert (images[:6] == images[:6, :1, :1, :1]).all()
        ran += 1
    assert ran == 4
    assert len(np.unique(default_images(Input(1, 28, 28)).reshape(33, -1), axis=0)) == 33
