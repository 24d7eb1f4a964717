"""Exported C in this process: networks compiled to a shared library, called through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lbpnet.export.c import write
from lbpnet.export.c.verify import SCHEDULES as SCHEDULES
from lbpnet.export.c.verify import SMALL, WARNINGS
from lbpnet.program import Program

WORDS = (8, 16, 32, 64)


class Library:
    """Networks of one shared library, built for one of them or, with LBP_GENERAL, for all."""

    def __init__(
        self, folder: Path, programs: dict[str, Program], schedule: str, bits: int, compiler: str, small: bool = False
    ) -> None:
        general = len(programs) > 1
        for name, program in programs.items():
            write(program, folder, name)
        if general:  # what the runtime is built for must not be read
            (folder / "lbp_network.h").write_text("#error for one network\n", encoding="ascii")
        macros = [
            f"-DLBP_WORD_BITS={bits}",
            f"-DLBP_SCHEDULE_{schedule}",
            *["-DLBP_GENERAL"] * general,
            *[SMALL] * small,
        ]
        sources = [*(f"{name}.c" for name in programs), f"lbp_{schedule}.c"]
        built = folder / "networks.so"
        command = [compiler, *WARNINGS, *macros, "-O1", "-shared", "-fPIC", "-o", str(built), *sources]
        subprocess.run(command, cwd=folder, check=True)
        self._library = ctypes.CDLL(str(built))
        self._programs = programs

    def scores(self, name: str, images: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the scores and classes of images; `scores` is filled with other numbers before."""
        predict = self._library[f"{name}_predict"]
        scores = np.full((len(images), self._programs[name].num_classes), -77, np.int32)
        classes = [
            predict(image.ctypes.data_as(ctypes.c_void_p), row.ctypes.data_as(ctypes.c_void_p))
            for image, row in zip(np.ascontiguousarray(images), scores, strict=True)
        ]
        return scores, np.array(classes, np.int64)


def clean(folder: Path) -> Path:
    """Return the folder, new and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
