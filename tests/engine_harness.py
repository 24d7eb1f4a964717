"""Builds `benchmarks/engine_from_c.c` with the flags of CMakeLists.txt, and runs it: the engine without Python.

Tests, benchmarks and scripts share it. Another machine's code needs a cross-compiler and an emulator (`AARCH64`).
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lbpnet.engine.plan import plan_program
from lbpnet.program import Program

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Target:
    """A compiler, and what runs here what it makes."""

    compiler: str
    runner: tuple[str, ...] = ()
    flags: tuple[str, ...] | None = None
    """Flags in place of an instruction set's own."""


NATIVE = Target("cc")
PLAIN = Target("cc", flags=())
"""An instruction set's lengths in plain C: no instruction of it is used."""
AARCH64 = Target("aarch64-linux-gnu-gcc", ("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"))


@dataclass(frozen=True)
class Harness:
    """A built harness."""

    binary: Path
    target: Target

    def run(self, case: Case, isa: str, *, rounds: int = 1, count: bool = False, before: Sequence[str] = ()) -> Ran:
        """Run all images of a case `rounds` times; with `count` once, without a warm-up.

        Args:
            before: what runs the harness, such as valgrind.

        Returns:
            What the harness printed: `median_ns`, `fastest_ns`, `checksum`; and what `before` said.
        """
        command = [*before, *self.target.runner, str(self.binary), str(case.plan), str(case.images), isa, str(rounds)]
        done = subprocess.run([*command, *(["count"] if count else [])], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)}: {done.stderr or done.stdout}")
        return Ran(json.loads(done.stdout), done.stderr)


@dataclass(frozen=True)
class Ran:
    """One run of the harness."""

    figures: dict[str, Any]
    said: str


@dataclass(frozen=True)
class Case:
    """A plan and images in files."""

    plan: Path
    images: Path


def write_case(folder: Path, name: str, program: Program, images: NDArray[np.uint8], vector: int = 0) -> Case:
    """Write what the harness reads; `vector` as for `plan_program`."""
    case = Case(folder / f"{name}.plan", folder / f"{name}.images")
    plan_program(program, vector).tofile(case.plan)
    images.tofile(case.images)
    return case


def build_harness(folder: Path, isas: Sequence[str], target: Target = NATIVE) -> Harness:
    """Compile the harness into a folder, with the engine for these instruction sets (some seconds each)."""
    common, flags, sources = _cmake_settings()
    linked = [f"-DLBP_WITH_{isa.upper()}" for isa in isas]
    with tempfile.TemporaryDirectory() as objects:
        files = []
        for source in [*sources, *(f"csrc/engine_{isa}.c" for isa in isas), "benchmarks/engine_from_c.c"]:
            files.append(str(Path(objects, f"{Path(source).stem}.o")))
            own = flags.get(Path(source).stem.removeprefix("engine_"), ())
            options = [*common, *(own if target.flags is None else target.flags), *linked, "-Icsrc"]
            _compile([target.compiler, *options, "-c", source, "-o", files[-1]])
        binary = folder / "engine_from_c"
        _compile([target.compiler, *files, "-o", str(binary)])
    return Harness(binary, target)


def compiler_version(target: Target = NATIVE) -> str:
    """Return name and major version, such as `gcc 12`."""
    said = subprocess.run([target.compiler, "--version"], capture_output=True, text=True, check=True).stdout
    major = subprocess.run([target.compiler, "-dumpversion"], capture_output=True, text=True, check=True).stdout
    return f"{'clang' if 'clang' in said.lower() else 'gcc'} {major.strip().partition('.')[0]}"


def checksum(scores: NDArray[np.int32]) -> int:
    """Return the harness's checksum of scores, (B, classes)."""
    total = 0
    for score in scores.reshape(-1).tolist():
        total = (total * 31 + score) % (1 << 32)
    return total


def _cmake_settings() -> tuple[list[str], dict[str, list[str]], list[str]]:
    """Return the kernels' options, each instruction set's, and the engine's other sources, of CMakeLists.txt."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    common = re.findall(r"target_compile_options\(lbp_kernels PRIVATE (-O2 [^)]*)\)", text)
    sources = re.findall(r"csrc/engine_\w+\.c(?!\w)", text.partition("set(KERNELS")[2].partition(")")[0])
    sets = {name: options.split() for name, options in re.findall(r"add_instruction_set\((\w+)([^)]*)\)", text)}
    if len(common) != 1 or not sources or "portable" not in sets:
        raise RuntimeError("CMakeLists.txt: the engine's options or sources are not where this script looks")
    # Release, position independent, GNU C 11: what CMake adds.
    return ["-std=gnu11", "-DNDEBUG", *common[0].split(), "-fPIC", "-fvisibility=hidden"], sets, sources


def _compile(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}:\n{done.stderr}")
