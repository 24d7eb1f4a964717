"""Folders of exported C: what they hold, what names cannot do, which limits are told, what verification finds."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_program import small_nodes, small_program, table

from lbpnet.errors import ExportError, MissingToolError, VerificationError
from lbpnet.export import default_images
from lbpnet.export.c import check, verify, write
from lbpnet.export.c.source import string_literal
from lbpnet.export.c.verify import SCHEDULES, WARNINGS
from lbpnet.program import AddWeights, Argmax, Compare, Input, Program, SumPool

HOSTILE = ('"};int main(){abort();}//', "??/", "\\", 'a\\"b', "%s%n", "*/", "日本語", "#define x")


def class_names(folder: Path, count: int) -> list[str]:
    """Compile a folder's class names and print them."""
    text = '#include <stdio.h>\n#include "net.h"\nint main(void) { for (int i = 0; i < %d; i++) '
    (folder / "names.c").write_text(text % count + "puts(net_class_names[i]); return 0; }\n", encoding="ascii")
    command = ["gcc", "-std=c99", "-trigraphs", "-pedantic", "-Werror", "-o", "names", "names.c", "net.c", "lbp_rows.c"]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([folder / "names"], capture_output=True, check=True).stdout.decode().splitlines()


def test_class_names_are_data_whatever_they_say(tmp_path: Path) -> None:
    program = small_program()
    names = tuple(HOSTILE[i % len(HOSTILE)] for i in range(program.num_classes))
    write(replace(program, classes=names), tmp_path, "net")
    assert class_names(tmp_path, len(names)) == list(names)
    for file in tmp_path.glob("*.[ch]"):
        assert file.read_bytes().isascii(), file


def test_string_literals_hold_no_sign_that_could_end_or_escape_them() -> None:
    inside = string_literal("".join(map(chr, range(32, 512))))[1:-1]
    assert re.fullmatch(r"([A-Za-z0-9 _.,+-]|\\[0-7]{3})*", inside)


@pytest.mark.parametrize("name", ["lbp_rows", "LBP", "main", "string", "StdInt", "math"])
def test_a_name_that_would_hide_a_file_is_refused_before_writing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match=f"my_{name}"):
        write(small_program(), tmp_path, name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["shape", "network", "weights", "own", "W0", "scratch", "int8", "SUMS_A_ROW"])
def test_names_of_the_tables_are_good_names_of_networks(tmp_path: Path, name: str) -> None:
    write(small_program(), tmp_path, name)
    for schedule in SCHEDULES:
        command = ["gcc", *WARNINGS, f"-DLBP_SCHEDULE_{schedule}", "-fsyntax-only", "main.c", f"{name}.c"]
        subprocess.run(command, cwd=tmp_path, check=True)


def test_a_wrong_table_is_found_by_both_schedules(tmp_path: Path) -> None:
    program = small_program()
    images = default_images(program.input)
    write(program, tmp_path, "net")
    text = (tmp_path / "net.c").read_text(encoding="ascii")
    assert text.count("bias[] LBP_FLASH = {\n    ") == 2
    for schedule, place in (("rows", text.rindex("bias[]")), ("planes", text.index("bias[]"))):
        at = text.index("{\n    ", place) + 6
        (tmp_path / "net.c").write_text(f"{text[:at]}1 + {text[at:]}", encoding="ascii")
        with pytest.raises(VerificationError, match=f"^{schedule}.*image 0, class 0"):
            verify(tmp_path, program, images)


def test_code_that_a_compiler_warns_of_is_refused(tmp_path: Path) -> None:
    program = small_program()
    write(program, tmp_path, "net")
    with (tmp_path / "net.c").open("a", encoding="ascii") as source:
        source.write("static int unused;\n")
    with pytest.raises(VerificationError, match=r"gcc refuses it: .*unused"):
        verify(tmp_path, program, default_images(program.input))


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = small_program()
    write(program, tmp_path, "net")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt-get install gcc"):
        verify(tmp_path, program, default_images(program.input))


def large_program(height: int, width: int, maps: int) -> Program:
    """Maps of a large image, summed."""
    compare = Compare(0, 63, table(*[0] * maps), np.arange(maps, dtype=np.int32))
    pool = SumPool(1, table([0, height]), table([0, width]))
    head = AddWeights(2, np.ones((2, maps), np.int32), table(0, 0))
    return Program((Input(1, height, width), compare, pool, head, Argmax(3)))


def test_what_the_runtime_does_not_hold_is_named() -> None:
    check(large_program(28, 28, 900))
    with pytest.raises(ExportError, match="at most 65,535 words of bit planes, of 32 bits; this program has"):
        check(large_program(4096, 4096, 2))


def test_the_exported_example_reads_images_and_prints_scores(tmp_path: Path) -> None:
    program = Program(tuple(small_nodes()))
    write(program, tmp_path, "net")
    for schedule in SCHEDULES:
        subprocess.run(["make", "-s", "clean", "example", f"SCHEDULE={schedule}"], cwd=tmp_path, check=True)
        images = default_images(program.input)
        said = subprocess.run([tmp_path / "example"], input=images.tobytes(), capture_output=True, check=True).stdout
        assert len(said.splitlines()) == len(images)
        assert all(re.fullmatch(rb"\d+\t(-?\d+ )*-?\d+", line) for line in said.splitlines())
