"""The scan of a WebAssembly module finds what it forbids, and refuses what it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_program import small_program

from lbpnet import __version__
from lbpnet.errors import VerificationError
from lbpnet.export import default_images, web
from lbpnet.export.web.build import compile_module, write_sources
from lbpnet.export.web.instructions import scan_module
from lbpnet.export.web.opcodes import INSTRUCTIONS, PREFIX, PREFIXED, Instruction
from lbpnet.export.web.page import page_text

OPERANDS = {"n": b"\x85\x01", "v": b"\x02\x01\x00", "4": bytes(4), "8": bytes(8)}
END = b"\x0b"


def section(number: int, content: bytes) -> bytes:
    return bytes([number, len(content)]) + content


def module(body: bytes, functions: int = 1) -> bytes:
    """A module of functions with the same body, which has no locals where it begins with 0."""
    sized = bytes([len(body)]) + body
    code = section(10, bytes([functions]) + sized * functions)
    return b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(3, bytes([functions, *[0] * functions])) + code


def encoded(code: bytes, instruction: Instruction) -> bytes:
    closed = END if instruction.name in ("block", "loop", "if") else b""
    return code + b"".join(OPERANDS[letter] for letter in instruction.operands) + closed


def test_every_instruction_is_read_and_what_multiplies_divides_or_floats_is_found() -> None:
    coded = {bytes([number]): instruction for number, instruction in INSTRUCTIONS.items() if instruction.name != "end"}
    coded |= {bytes([PREFIX, number]): instruction for number, instruction in PREFIXED.items()}
    found: dict[str, list[str]] = {}
    for code, instruction in coded.items():
        opens = instruction.name in ("block", "loop", "if")
        scan = scan_module(module(b"\0" + encoded(code, instruction) * 3 + END, functions=2))
        assert (scan.functions, scan.instructions) == (2, 2 * (3 * (1 + opens) + 1))
        assert len(scan.forbidden) in (0, 6)
        if scan.forbidden:
            kind, name = scan.forbidden[0].removesuffix(" in function 0").rsplit(" ", 1)
            found.setdefault(kind, []).append(name)
    assert len(coded) == 200
    assert found["multiplication"] == ["i32.mul", "i64.mul"]
    assert found["division"] == [f"i{bits}.{op}_{sign}" for bits in (32, 64) for op in ("div", "rem") for sign in "su"]
    # 2 constants, 4 loads and stores, 12 comparisons, 28 of arithmetic, 22 conversions, 8 conversions that saturate.
    assert len(found["floating point"]) == 76


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (module(b"\0" + END)[:-1], "expected 4 more bytes of 3"),
        (module(b"\0\xfd\x0c" + END), "an instruction that the scan does not know, 0xfd"),
        (module(b"\0\xfc\x7f" + END), "an instruction that the scan does not know, 0xfc 127"),
        (module(b"\0" + END + b"\1"), "1 bytes too many"),
        (module(b"\0\1"), "expected 1 more bytes of 0"),
        (module(b"\0\x41" + b"\x80" * 10 + END), "expected an integer of at most 10 bytes"),
        (module(b"\0" + END).replace(b"\x03\x02\x01", b"\x03\x02\x02"), "expected the code of 2 functions"),
        (b"\0asm\1\0\0\0", "expected the code of 0 functions, and one at least"),
        (b"\x7fELF\1\0\0\0", "expected a WebAssembly module"),
    ],
)
def test_what_cannot_be_read_is_refused(bad: bytes, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        scan_module(bad)


def test_a_variable_of_a_float_is_found() -> None:
    assert scan_module(module(b"\1\2\x7f" + END)).forbidden == ()
    assert scan_module(module(b"\2\1\x7e\1\x7d" + END)).forbidden == ("a variable of type 0x7d in function 0",)


CALL = "return small_predict_with(&own, image, scores);"
PLANTED = "static volatile int one = 1; return one * small_predict_with(&own, image, scores);"


def test_a_page_whose_module_multiplies_is_refused(tmp_path: Path) -> None:
    program = small_program()
    images = default_images(program.input)
    write_sources(program, tmp_path, "small")
    source = tmp_path / "small.c"
    text = source.read_text(encoding="utf-8")
    assert text.count(CALL) == 1

    def build() -> None:
        built = compile_module(program, tmp_path, "small")
        (tmp_path / web.PAGE_FILE).write_text(page_text(program, built, "small", __version__), encoding="utf-8")
        (tmp_path / "small.wasm").write_bytes(built)

    build()
    assert "functions of the module: none multiplies" in web.verify(tmp_path, program, images)[-1]
    source.write_text(text.replace(CALL, PLANTED), encoding="utf-8")
    build()
    with pytest.raises(VerificationError, match=r"expected no multiplication.*i32\.mul in function"):
        web.verify(tmp_path, program, images)
