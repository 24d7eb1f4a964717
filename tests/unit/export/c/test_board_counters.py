"""What a board counts is what ran, and its painted stack shows what was used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_program import small_program

from lbpnet.errors import VerificationError
from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.firmware import build_firmware
from lbpnet.export.c.simulate import Records, simulate

SLEEPER = """#include "net.h"
int net_predict(const uint8_t *image, int32_t *scores) {
    volatile uint8_t used[STACK];
    used[0] = image[0];
    __asm__ volatile(".rept " REPEAT "\\n\\tnop\\n\\t.endr");
    scores[0] = used[0];
    return image[1];
}
"""
HEADER = "#include <stdint.h>\nint net_predict(const uint8_t *image, int32_t *scores);\n"


def run(board: str, folder: Path, repeat: int, stack: int) -> Records:
    (folder / "net.h").write_text(HEADER, encoding="utf-8")
    (folder / "net.c").write_text(SLEEPER, encoding="utf-8")
    flags = [f'-DREPEAT="{repeat}"', f"-DSTACK={stack}"]
    program = small_program()
    firmware = build_firmware(BOARDS[board], program, "net", [folder / "net.c"], folder / "build", flags)
    image = program.input
    images = np.random.default_rng(0).integers(0, 256, (3, image.channels, image.height, image.width), np.uint8)
    records = simulate(BOARDS[board], firmware, images, program.num_classes, 60)
    flat = images.reshape(3, -1)
    assert records.scores[:, 0].tolist() == flat[:, 0].tolist()
    assert records.classes.tolist() == flat[:, 1].tolist()
    return records


@pytest.mark.parametrize("board", BOARDS)
def test_a_thousand_more_instructions_and_bytes_of_stack_are_counted(board: str, tmp_path: Path) -> None:
    few, many = run(board, tmp_path, 100, 300), run(board, tmp_path, 1100, 428)
    assert many.stack - few.stack == 128
    resolution = 0 if BOARDS[board].tick == 1 else 2 * BOARDS[board].tick
    assert (np.abs(many.counts - few.counts - 1000) <= resolution).all()


def test_a_network_beyond_a_boards_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="overflowed|will not fit"):
        run("cortex-m0", tmp_path, 1 << 18, 40)
