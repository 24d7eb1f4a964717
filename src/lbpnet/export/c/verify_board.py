"""The proof of exported C on a simulated microcontroller, and what it costs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores
from ...errors import VerificationError
from ...program import Program
from ..compare import require_equal_scores
from .boards import Board, find_board
from .disassembly import Scan, scan
from .firmware import Firmware, build_firmware
from .simulate import simulate
from .verify import SMALL

_SECONDS = 6 * 3600


@dataclass(frozen=True)
class BoardCost:
    """What a network costs on a board; every image's scores and class equalled the reference.

    Attributes:
        board: which.
        firmware: what was built, with its flash and static RAM.
        scan: of the whole firmware's disassembly; nothing forbidden was in it.
        images: how many were compared.
        mean, most: instructions or cycles an image.
        stack: bytes, of the whole firmware.
    """

    board: Board
    firmware: Firmware
    scan: Scan
    images: int
    mean: float
    most: float
    stack: int

    @property
    def ram(self) -> int:
        """Bytes of variables and stack, with the image and the scores."""
        return self.firmware.static_ram + self.stack

    @property
    def milliseconds(self) -> float:
        """Time of an image at the board's clock, under its assumption of cycles an instruction."""
        return self.mean * self.board.cycles_per_instruction / (self.board.megahertz * 1000)

    def lines(self) -> list[str]:
        """Say it for people."""
        board, firmware = self.board, self.firmware
        assumed = "" if board.unit == "cycles" else f", if an instruction takes {board.cycles_per_instruction} cycles"
        return [
            f"{board.title}: {self.images:,} images: every score and class equals the reference",
            f"{board.title}: {firmware.flash:,} bytes of flash, {firmware.network_flash:,} of them the network's; "
            f"{firmware.static_ram:,} + {self.stack:,} bytes of RAM, variables + stack",
            f"{board.title}: {self.mean:,.0f} {board.unit} an image, {self.most:,.0f} at most: "
            f"{self.milliseconds:.1f} ms at {board.megahertz} MHz{assumed}",
            f"{board.title}: {self.scan.instructions:,} instructions in {self.scan.symbols} functions, none "
            "multiplies, divides or computes in floating point",
        ]


def network_sources(folder: Path, name: str) -> list[Path]:
    """Return the C files of an exported folder that a microcontroller needs."""
    return [folder / f"{name}.c", folder / "lbp_rows.c"]


def verify_board(
    board: str, folder: Path, program: Program, name: str, images: NDArray[np.uint8], small: bool = False
) -> list[str]:
    """Build a folder for a board, `small` with LBP_SMALL, run images (B, C, H, W) there, compare and measure.

    Returns:
        Lines that say what was compared and what it costs.

    Raises:
        ExportError: there is no such board.
        VerificationError: the firmware does not build, fit or end, holds a forbidden instruction, or an image differs.
        MissingToolError: names the tool and its package.
    """
    flags, sources = (SMALL,) if small else (), network_sources(folder, name)
    return measure_board(find_board(board), sources, program, name, images, folder, flags).lines()


def measure_board(
    board: Board,
    sources: Sequence[Path],
    program: Program,
    name: str,
    images: NDArray[np.uint8],
    folder: Path,
    flags: Sequence[str] = (),
) -> BoardCost:
    """Prove a network's sources on a board, in `folder`, and return what they cost: see `verify_board`."""
    firmware = build_firmware(board, name, sources, folder / f"build-{board.name}", flags)
    scanned = scan(board, firmware.elf)
    if scanned.forbidden:
        raise VerificationError(
            f"{board.title}: expected no multiplication, division or floating point in the firmware, got "
            f"{len(scanned.forbidden)}: {'; '.join(scanned.forbidden[:5])}"
        )
    records = simulate(board, firmware, images, program.num_classes, _SECONDS)
    if firmware.static_ram + records.stack >= board.ram:
        raise VerificationError(
            f"{board.title}: expected variables and stack within {board.ram:,} bytes of RAM, got "
            f"{firmware.static_ram:,} of variables and a stack that reached them; train a smaller network, or build "
            "without LBP_SMALL, whose stack is larger"
        )
    require_equal_scores(board.title, reference_scores(program, images), records.scores, records.classes)
    return BoardCost(board, firmware, scanned, len(images), records.counts.mean(), records.counts.max(), records.stack)
