"""The folder of an ONNX export."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from ...program import Program
from .packages import require_package

_FILES = files("lbpnet.export.onnx").joinpath("folder_files")


def write(program: Program, folder: Path, name: str) -> None:
    """Write `NAME.onnx`, an example and a README.

    Raises:
        MissingToolError: onnx is not installed.
    """
    require_package("onnx")
    from .model import model_of

    model = model_of(program, name)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    shape = ", ".join(map(str, program.types[0].shape))
    words = {"name": name, "shape": shape, "classes": str(program.num_classes)}
    fill_template(_FILES.joinpath("README.md"), folder / "README.md", words)
    write_example(folder)


def write_example(folder: Path) -> None:
    """Write the script that classifies with the one model of a folder."""
    (folder / "example.py").write_bytes(_FILES.joinpath("example.py").read_bytes())


def fill_template(template: Traversable, file: Path, words: Mapping[str, str]) -> None:
    """Write a template's text with each `$word` replaced."""
    file.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
