"""The folder of an ONNX export."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from ...program import Program
from .packages import require_package


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
    for file in (entry for entry in files("lbpnet.export.onnx").joinpath("folder_files").iterdir() if entry.is_file()):
        text = file.read_text(encoding="utf-8")
        (folder / file.name).write_text(Template(text).substitute(words), encoding="utf-8")
