"""Exported C to a WebAssembly module."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ...errors import ExportError, MissingToolError
from ...program import Program
from .. import c

ENTRY_FILE = "module.c"
RUNTIME_FILE = "lbp_planes.c"
STACK_BYTES = 1 << 16
_FLAGS = (
    "-std=c99",
    "-nostdlib",
    "-ffreestanding",
    "-fvisibility=hidden",
    "-Wl,--no-entry",
    "-Wl,--strip-all",
    f"-Wl,-z,stack-size={STACK_BYTES}",
)


def find_compiler() -> list[str]:
    """Return the command of a C compiler for WebAssembly: ziglang's, or else clang with its linker wasm-ld.

    Raises:
        MissingToolError: there is neither.
    """
    if find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding"]
    clang = shutil.which("clang")
    if clang is not None and shutil.which("wasm-ld") is not None:
        return [clang, "--target=wasm32"]
    raise MissingToolError(
        "a C compiler for WebAssembly is not installed; install it: pip install ziglang, or apt-get install clang lld"
    )


def compile_module(program: Program, sources: Path, name: str, *, level: str = "-O2") -> bytes:
    """Compile the C of a program and `module.c`.

    Args:
        program: what was exported.
        sources: what `write_sources` wrote.
        name: of the network in files and symbols.
        level: of optimisation.

    Returns:
        The module: imports nothing; exports `memory`, `image`, `scores`, `predict` and `repeat`.

    Raises:
        MissingToolError: no compiler.
        ExportError: the compiler refused; says why.
    """
    image = program.input
    defines = {
        "LBP_HEADER": f'"{name}.h"',
        "LBP_PREDICT": f"{name}_predict",
        "LBP_IMAGE_BYTES": image.channels * image.height * image.width,
        "LBP_CLASSES": program.num_classes,
    }
    command = [
        *find_compiler(),
        *_FLAGS,
        level,
        *(f"-D{key}={value}" for key, value in defines.items()),
        "-DLBP_SCHEDULE_planes",
        f"-DLBP_WORD_BITS={32 if image.width <= 32 else 64}",
        ENTRY_FILE,
        f"{name}.c",
        RUNTIME_FILE,
    ]
    with tempfile.TemporaryDirectory(prefix="lbpnet-web-") as place:
        target = Path(place) / "module.wasm"
        done = subprocess.run([*command, "-o", str(target)], cwd=sources, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ExportError(f"the C of '{name}' does not compile to WebAssembly: {done.stderr[-2000:]}")
        return target.read_bytes()


def write_sources(program: Program, sources: Path, name: str) -> None:
    """Write the files of a program's C export that the module is compiled from, and `module.c`."""
    wanted = (f"{name}.c", RUNTIME_FILE, "*.h")
    with tempfile.TemporaryDirectory(prefix="lbpnet-web-") as place:
        c.write(program, Path(place), name)
        for path in (path for pattern in wanted for path in Path(place).glob(pattern)):
            shutil.copyfile(path, sources / path.name)
    (sources / ENTRY_FILE).write_bytes(files("lbpnet.export.web").joinpath(ENTRY_FILE).read_bytes())
