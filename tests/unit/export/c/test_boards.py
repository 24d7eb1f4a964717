"""Exported C on every simulated board equals the reference; a wrong network, a planted multiplication are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_program import small_program

from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import default_images, export, verify
from lbpnet.export.c.boards import BOARDS, find_board
from lbpnet.export.c.verify_board import measure_board, network_sources


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small program's exported C."""
    folder = tmp_path_factory.mktemp("exported") / "small"
    export(small_program(), "c", folder, "small")
    return folder


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_gives_the_references_scores_within_its_memory(folder: Path, tmp_path: Path, board: str) -> None:
    program = small_program()
    images = default_images(program.input)
    cost = measure_board(find_board(board), network_sources(folder, "small"), program, "small", images, tmp_path)
    assert cost.images == len(images) == 33
    assert cost.scan.instructions > 500
    assert cost.ram <= cost.board.ram
    assert cost.network_flash_fits()
    assert 0 < cost.mean <= cost.most


@pytest.mark.parametrize("board", BOARDS)
def test_a_multiplication_in_the_network_is_refused(folder: Path, tmp_path: Path, board: str) -> None:
    program = small_program()
    sources = network_sources(folder, "small")
    planted = tmp_path / "lbp_rows.c"
    text = sources[1].read_text(encoding="utf-8")
    assert text.count("int lbp_rows_predict(") == 1
