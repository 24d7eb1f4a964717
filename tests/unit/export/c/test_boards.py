"""Exported C on every simulated board equals the reference; a wrong network, a planted multiplication are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hidden_programs import with_hidden
from routed_programs import routed_program
from small_program import small_program

from lbpnet.cli.main import main
from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import default_images, export, verify
from lbpnet.export.c.boards import BOARDS, find_board
from lbpnet.export.c.verify import SMALL
from lbpnet.export.c.verify_board import measure_board, network_sources, verify_board


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small program's exported C."""
    folder = tmp_path_factory.mktemp("exported") / "digits"
    export(small_program(), "c", folder, "digits")
    return folder


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_gives_the_references_scores_within_its_memory(folder: Path, tmp_path: Path, board: str) -> None:
    program = small_program()
    images = default_images(program.input)
    cost = measure_board(find_board(board), network_sources(folder, "digits"), program, "digits", images, tmp_path)
    assert cost.images == len(images) == 33
    assert cost.scan.instructions > 500
    assert cost.ram <= cost.board.ram
    assert cost.firmware.network_flash < cost.firmware.flash <= cost.board.flash
    assert 0 < cost.mean <= cost.most


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("flags", [("-Os",), ("-O2", SMALL), ("-Os", SMALL), ("-O1",), ("-O3",)])
def test_a_board_gives_the_references_scores_however_it_is_built(
    tmp_path: Path, board: str, flags: tuple[str, ...]
) -> None:
    for program in (small_program(), with_hidden(routed_program(0, kernels=(5, 6), image=12))):
        out = tmp_path / str(len(program.nodes))
        export(program, "c", out, "digits")
        images = default_images(program.input)[-3:]
        cost = measure_board(find_board(board), network_sources(out, "digits"), program, "digits", images, out, flags)
        assert cost.images == 3


PLANTED = """
int digits_predict(const uint8_t *image, int32_t *scores) {{
    const int found = real_predict(image, scores);
    {plant}
    return found;
}}
int digits_end(digits_scratch *scratch, int32_t *scores) {{
    const int found = real_end(scratch, scores);
    {plant}
    return found;
}}
"""


@pytest.mark.parametrize("board", BOARDS)
def test_a_wrong_score_and_a_multiplication_are_refused(folder: Path, tmp_path: Path, board: str) -> None:
    program = small_program()
    images = default_images(program.input)
    for source in network_sources(folder, "digits"):
        shutil.copy(source, tmp_path)
    for header in folder.glob("*.h"):
        shutil.copy(header, tmp_path)
    text = (folder / "digits.c").read_text(encoding="utf-8")
    for function in ("predict", "end"):
        assert text.count(f"\nint digits_{function}(") == 1
        text = text.replace(f"\nint digits_{function}(", f"\nstatic int real_{function}(")
    planted = {"scores[1]++;": "class 1: expected the score", "scores[1] *= scores[0];": "mul"}
    for plant, message in planted.items():
        (tmp_path / "digits.c").write_text(text + PLANTED.format(plant=plant), encoding="utf-8")
        with pytest.raises(VerificationError, match=message):
            verify_board(board, tmp_path, program, "digits", images)


def test_a_missing_tool_an_unknown_board_and_another_target_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError, match="no board 'avr': expected one of cortex-m0, cortex-m3, atmega328p, rv32i"):
        verify(folder, board="avr")
    packages = {"cortex-m0": "gcc-arm-none-eabi", "atmega328p": "gcc-avr", "rv32i": "gcc-riscv64-unknown-elf"}
    monkeypatch.setenv("PATH", "")
    for board, package in packages.items():
        with pytest.raises(MissingToolError, match=f"apt-get install {package}$"):
            verify(folder, board=board)


def test_the_verb_names_boards_and_costs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder), "--board", "rv32i"]) == 0
    said = capsys.readouterr().out
    for part in (
        "RV32I (QEMU virt): 33 images: every score",
        "bytes of flash",
        "instructions an image",
        "none multiplies",
    ):
        assert part in said
