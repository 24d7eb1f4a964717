"""The folder of a page: the page, and the C that its module was compiled from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from ...errors import ExportError
from ...program import Program
from .. import c
from .build import compile_module, find_compiler, write_sources
from .page import page_text
from .verify import PAGE_FILE

SOURCE_FOLDER = "source"
MAX_VALUES = 1 << 22
"""Values of all maps that the page draws: more would not follow a pen."""


def check(program: Program) -> None:
    """Check that a page can hold a program.

    Raises:
        ExportError: names the limit.
    """
    values = sum(kind.shape[0] * kind.shape[1] * kind.shape[2] for kind in program.types if kind.kind == "maps")
    if values > MAX_VALUES:
        raise ExportError(
            f"a page draws maps of at most {MAX_VALUES:,} values, this program has {values:,}; export it to C instead"
        )
    c.check(program)


def write(program: Program, folder: Path, name: str) -> None:
    """Write the page, its README and the C of its module.

    Raises:
        MissingToolError: no C compiler for WebAssembly; names the package.
        ExportError: the C does not compile.
    """
    from ... import __version__

    find_compiler()
    sources = folder / SOURCE_FOLDER
    sources.mkdir()
    write_sources(program, sources, name)
    module = compile_module(program, sources, name)
    (folder / PAGE_FILE).write_text(page_text(program, module, name, __version__), encoding="utf-8")
    (folder / f"{name}.wasm").write_bytes(module)
    image = program.input
    readme = Template(files("lbpnet.export.web").joinpath("readme.md").read_text(encoding="utf-8"))
    pixels = image.channels * image.height * image.width
    text = readme.substitute(name=name, version=__version__, pixels=pixels, classes=program.num_classes)
    (folder / "README.md").write_text(text, encoding="utf-8")
