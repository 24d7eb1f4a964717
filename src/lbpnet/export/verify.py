"""The proof that a folder computes what its program means."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..errors import ExportError, ImageError
from ..program import check_images, load_program
from .c.verify_board import verify_board
from .images import default_images
from .manifest import PROGRAM_FILE, Manifest
from .targets import find_target


def verify(
    folder: str | Path, images: NDArray[Any] | None = None, board: str | None = None, small: bool = False
) -> list[str]:
    """Build or simulate an exported folder and compare every image's scores and class with the reference by `==`.

    Works on a checked copy of the folder's files: the folder is not written to, and files added to it play no part.

    Args:
        folder: what `export` wrote.
        images: (B, C, H, W) uint8, or (B, H, W) where C = 1; default: `default_images`.
        board: of `c.boards.BOARDS`: prove exported C on this simulated microcontroller instead of the host.
        small: of a board: built with LBP_SMALL: less flash where a network has many weights.

    Returns:
        Lines that say what was compared and with which tools.

    Raises:
        ExportError: no export, or a file of it is missing or was changed; names it. Or no such board, or no C.
        VerificationError: names the first image that differs.
        MissingToolError: a tool is missing; names it and its package.
        ImageError: the images do not fit the program, or there are none.
    """
    folder = Path(folder)
    manifest = Manifest.read(folder)
    if manifest.source != "program":
        raise ExportError(f"{folder}: holds a network that multiplies; use `lbpnet verify`, or `lbpnet.network_export`")
    if small and board is None:
        raise ExportError("small: expected a board to build for; on the host both builds are compared")
    if board is not None and manifest.target != "c":
        raise ExportError(f"{folder}: holds target {manifest.target}; only target c runs on the board '{board}'")
    if PROGRAM_FILE not in manifest.files:
        raise ExportError(f"{folder}: {PROGRAM_FILE} is not in its manifest; export it again")
    with tempfile.TemporaryDirectory(prefix="lbpnet-verify-") as place:
        copy = Path(place)
        manifest.copy_files(folder, copy)
        program = load_program(copy / PROGRAM_FILE)
        chosen = default_images(program.input) if images is None else check_images(program.input, images)
        if len(chosen) == 0:
            raise ImageError("images: expected at least one, got none")
        if board is None:
            lines = find_target(manifest.target).backend().verify(copy, program, chosen)
        else:
            lines = verify_board(board, copy, program, manifest.name, chosen, small)
    kind = "equal, extreme and random images" if images is None else "images"
    counted = f"{folder}: {len(chosen):,} {kind}: every score and class equals the reference"
    return [f"{manifest.target} export '{manifest.name}', written by lbpnet {manifest.lbpnet}", *lines, counted]
