"""The exported Arduino library: its sketch, built for an ATmega328P, prints the reference's classes and scores."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from small_program import small_program

from lbpnet.engine import reference_scores
from lbpnet.export import default_images, export
from lbpnet.export.c.run_tool import run_tool
from lbpnet.export.c.simulate import build_avr_simulator

SHIM = Path(__file__).parent / "shim"
# Arduino's own options for AVR boards (platform.txt 1.8.6), without link-time optimisation.
COMMON = ("-mmcu=atmega328p", "-DF_CPU=16000000L", "-Os", "-w", "-ffunction-sections", "-fdata-sections")
CPP = ("-std=gnu++11", "-fpermissive", "-fno-exceptions", "-fno-threadsafe-statics", "-x", "c++")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The library folder of a small program."""
    export(small_program(), "c", tmp_path / "exported", "digits")
    return tmp_path / "exported" / "arduino" / "digits"


def build(library: Path, folder: Path) -> Path:
    sources = [*library.glob("src/*.c"), *library.glob("examples/*/*.ino")]
    assert len(sources) >= 3
    objects = []
    for source in sources:
        made = folder / f"{source.stem}.o"
        sketch = source.suffix == ".ino"
        language = [*CPP, "-include", "Arduino.h"] if sketch else ["-std=gnu11"]
        command = ["avr-g++" if sketch else "avr-gcc", *COMMON, f"-I{library / 'src'}", f"-I{SHIM}", *language]
        run_tool([*command, "-c", str(source), "-o", str(made)], "gcc-avr")
        objects.append(str(made))
    elf = folder / "sketch.elf"
    run_tool(["avr-gcc", *COMMON, "-Wl,--gc-sections", *objects, "-o", str(elf)], "gcc-avr")
    return elf


def test_the_sketch_builds_and_prints_classes_and_scores(library: Path, tmp_path: Path) -> None:
    program = small_program()
    images = default_images(program.input)
    images.tofile(tmp_path / "images.bin")
    simulator = build_avr_simulator(tmp_path)
    command = [str(simulator), str(build(library, tmp_path)), str(tmp_path / "images.bin"), str(tmp_path / "said")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    lines = [line.split() for line in (tmp_path / "said").read_text(encoding="ascii").splitlines()]
    expected = reference_scores(program, images)
    assert [int(line[0]) for line in lines] == expected.argmax(1).tolist()
    assert [[int(score) for score in line[2:]] for line in lines] == expected.tolist()
    assert all(0 < int(line[1]) < 1_000_000 for line in lines)


def test_the_library_describes_itself(library: Path) -> None:
    lines = (library / "library.properties").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    assert {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "architectures"} <= set(
        fields
    )
    assert fields["includes"] == "digits.h"
    assert (library / "src" / "digits.h").is_file()
    texts = [path.read_text(encoding="utf-8") for path in library.rglob("*") if path.is_file()]
    assert not any("@NAME@" in text or "@CLASSES@" in text for text in texts)
