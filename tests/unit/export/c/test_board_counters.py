"""What a board counts is what ran, and its painted stack shows what was used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lbpnet.errors import VerificationError
from lbpnet.export.c.boards import BOARDS
from lbpnet.export.c.firmware import build_firmware
from lbpnet.export.c.simulate import Records, simulate

SLEEPER = """#include "net.h"
static int work(const uint8_t *pixels, int32_t *scores) {
    volatile uint8_t used[STACK];
    used[0] = pixels[0];
    __asm__ volatile(".rept " REPEAT "\\n\\tnop\\n\\t.endr");
    scores[0] = used[0];
    return pixels[1];
}
int net_predict(const uint8_t *image, int32_t *scores) { return work(image, scores); }
void net_begin(net_scratch *scratch, int32_t *scores) { (void)scores, scratch->found = -1; }
void net_row(net_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t stride, int32_t *scores) {
    (void)stride;
    if (y == 0) scratch->found = work(row, scores);
}
int net_end(net_scratch *scratch, int32_t *scores) { return (void)scores, scratch->found; }
"""
HEADER = """#include <stdint.h>
enum { net_CHANNELS = 2, net_HEIGHT = 3, net_WIDTH = 5, net_CLASSES = 4 };
typedef struct { int found; } net_scratch;
int net_predict(const uint8_t *image, int32_t *scores);
void net_begin(net_scratch *scratch, int32_t *scores);
void net_row(net_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t stride, int32_t *scores);
int net_end(net_scratch *scratch, int32_t *scores);
"""


def run(board: str, folder: Path, repeat: int, stack: int) -> Records:
    (folder / "net.h").write_text(HEADER, encoding="utf-8")
    (folder / "net.c").write_text(SLEEPER, encoding="utf-8")
    flags = [f'-DREPEAT="{repeat}"', f"-DSTACK={stack}"]
    firmware = build_firmware(BOARDS[board], "net", [folder / "net.c"], folder / "build", flags)
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 3, 5), np.uint8)
    records = simulate(BOARDS[board], firmware, images, 4, 60)
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
    with pytest.raises(VerificationError, match="will not fit"):
        run("atmega328p", tmp_path, 17_000, 40)
