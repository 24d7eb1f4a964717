"""`lbpnet.load`: a program that classifies, without torch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lbpnet
from lbpnet.engine import Classifier, Engine, reference_scores
from lbpnet.errors import ImageError, ProgramError
from lbpnet.program import Program, save_program

MakeProgram = Callable[..., Program]


def draw_images(program: Program, count: int) -> np.ndarray:
    shape = (count, program.input.channels, program.input.height, program.input.width)
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def test_loaded_program_gives_the_scores_and_classes_of_its_definition(
    routed_program: MakeProgram, tmp_path: Path
) -> None:
    ran = 0
    for shape in ((1, 6, 5), (3, 7, 7)):
        program = routed_program(shape)
        save_program(program, tmp_path / "x.lbp")
        images = draw_images(program, 33)
        for path in (tmp_path / "x.lbp", str(tmp_path / "x.lbp")):
            classifier = lbpnet.load(path)
            scores, classes = classifier.scores(images), classifier.predict(images)
            assert (scores.dtype, classes.dtype) == (np.int32, np.intp)
            assert np.array_equal(scores, reference_scores(program, images))
            assert np.array_equal(classes, scores.argmax(1))
            assert np.array_equal(classifier.predict(images, threads=2), classes)
            assert classifier.classes == ("a", "b", "c")
            ran += 1
    assert ran == 4


def test_every_instruction_set_can_be_asked_for(routed_program: MakeProgram) -> None:
    program = routed_program()
    images = draw_images(program, 9)
    for isa in Engine.isas():
        classifier = Classifier(program, isa)
        assert np.array_equal(classifier.scores(images), reference_scores(program, images)), isa
        assert np.array_equal(classifier.predict(images), reference_scores(program, images).argmax(1)), isa


def test_classes_without_names_are_numbered(routed_program: MakeProgram) -> None:
    named = routed_program(classes=4)
    assert Classifier(Program(named.nodes)).classes == ("0", "1", "2", "3")


def test_no_images_give_no_classes(routed_program: MakeProgram) -> None:
    classifier = Classifier(routed_program())
    assert classifier.predict(np.zeros((0, 6, 5), np.uint8)).shape == (0,)
    assert classifier.scores(np.zeros((0, 1, 6, 5), np.uint8)).shape == (0, 3)


def test_images_that_do_not_fit_are_refused(routed_program: MakeProgram) -> None:
    classifier = Classifier(routed_program())
    for images in (np.zeros((2, 6, 6), np.uint8), np.zeros((2, 6, 5), np.float32), np.zeros((6, 5), np.uint8)):
        for run in (classifier.scores, classifier.predict):
            with pytest.raises(ImageError, match="images: expected"):
                run(images)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"none\.lbp: cannot be read"):
        lbpnet.load(tmp_path / "none.lbp")


def test_loading_and_classifying_need_no_torch(routed_program: MakeProgram, tmp_path: Path) -> None:
    save_program(routed_program(), tmp_path / "x.lbp")
    script = """
import sys

class Blocked:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Blocked())
import lbpnet, numpy as np
assert "lbpnet.engine" not in sys.modules
print(lbpnet.load(sys.argv[1]).predict(np.zeros((2, 6, 5), np.uint8)).shape)
from lbpnet.cli.main import main
assert main(["show", sys.argv[1]]) == 0
assert main(["cost", sys.argv[1]]) == 0
assert "torch" not in sys.modules
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x.lbp")], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[0] == "(2,)"


def test_the_package_has_no_other_lazy_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        lbpnet.lode  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
