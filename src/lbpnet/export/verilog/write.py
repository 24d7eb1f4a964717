"""Writes the folder: the hand-written primitives, a top that wires them, its tables, a testbench and its images."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...engine import reference_scores
from ...program import Program
from ..images import default_images
from .check import checked_schedule
from .parameters import Design, Packed, Words, design
from .schedule import Schedule

EXAMPLES = 3
"""Images that a folder's own testbench runs."""

_HERE = Path(__file__).parent
_PORTS = """\
    input  wire {clk},
    input  wire {reset},
    input  wire {pixel_valid},
    output wire {pixel_ready},
    input  wire {pixel},
    output wire {score_valid},
    output wire {score},
    output wire {class_valid},
    output wire {class_index}"""


def write(program: Program, folder: Path, name: str) -> None:
    """Write a program's core, its testbench and README.

    Args:
        program: what `check` allows.
        folder: an empty one.
        name: prefix of files and modules, an identifier.
    """
    plan = checked_schedule(program)
    made = design(program, plan)
    shutil.copytree(_HERE / "rtl", folder / "rtl", ignore=shutil.ignore_patterns("__*"))
    shutil.copytree(_HERE / "bench", folder / "bench", ignore=shutil.ignore_patterns("__*"))
    (folder / f"{name}_code.hex").write_text(_hexadecimal(made.code), encoding="ascii")
    (folder / f"{name}_weights.hex").write_text(_hexadecimal(made.weights), encoding="ascii")
    if made.steps:
        (folder / f"{name}_hidden.hex").write_text(_hexadecimal(made.steps), encoding="ascii")
    (folder / f"{name}_top.v").write_text(_top(name, made), encoding="ascii")
    (folder / f"{name}_tb.v").write_text(_testbench(name, made, program), encoding="ascii")
    images = default_images(program.input)[-EXAMPLES:]
    (folder / f"{name}_images.bin").write_bytes(image_bytes(images))
    (folder / f"{name}_expected.txt").write_text(expected_text(reference_scores(program, images)), encoding="ascii")
    (folder / "README.md").write_text(_readme(name, program, plan, made), encoding="utf-8")


def image_bytes(images: NDArray[np.uint8]) -> bytes:
    """Return images (B, C, H, W) as the testbench reads them: pixel after pixel, a pixel's channels together."""
    return images.transpose(0, 2, 3, 1).tobytes()


def expected_text(scores: NDArray[np.integer]) -> str:
    """Return scores (B, classes) as the testbench reads them: a line an image, the class last."""
    rows = [[*row, winner] for row, winner in zip(scores.tolist(), scores.argmax(1).tolist(), strict=True)]
    return "".join(" ".join(map(str, row)) + "\n" for row in rows)


def _hexadecimal(table: Words) -> str:
    digits = -(-table.width // 4)
    return "".join(f"{word:0{digits}x}\n" for word in table.words)


def _widths(made: Design) -> dict[str, int]:
    sizes = {key: value for key, value in made.parameters.items() if isinstance(value, int)}
    return {"pixel": 8 * sizes["IMAGE_CHANNELS"], "score": sizes["SCORE"], "class_index": sizes["CLASS"]}


def _ports(made: Design) -> str:
    names = _PORTS.replace("{", "").replace("}", "").replace(",", "").split()
    signals = [name for name in names if name not in ("input", "output", "wire")]
    widths = _widths(made)
    shown = {name: f"[{widths[name] - 1}:0] {name}" if name in widths else name for name in signals}
    return _PORTS.format(**shown)


def _value(value: int | Packed) -> str:
    return str(value) if isinstance(value, int) else f"{value.width}'h{value.value:x}"


def _top(name: str, made: Design) -> str:
    settings = [f"        .{key}({_value(value)})" for key, value in made.parameters.items()]
    tables = {"CODE_FILE": "code", "WEIGHTS_FILE": "weights", **({"HIDDEN_FILE": "hidden"} if made.steps else {})}
    settings += [f"        .{key}({key})" for key in (*tables, "SPRAM")]
    files = "".join(f'    parameter {key:12} = "{name}_{table}.hex",\n' for key, table in tables.items())
    signals = ("clk", "reset", "pixel_valid", "pixel_ready", "pixel", "score_valid", "score", "class_valid")
    wires = ",\n".join(f"        .{signal}({signal})" for signal in (*signals, "class_index"))
    return (
        f"// Written by lbpnet {__version__}: wires and settings; what they mean is in rtl/lbp_core.v.\n"
        f"module {name}_top #(\n"
        f"{files}"
        f"    parameter SPRAM        = 0  // 1: maps in iCE40 UltraPlus' single-port RAM\n) (\n{_ports(made)}\n);\n"
        "    lbp_core #(\n" + ",\n".join(settings) + f"\n    ) core (\n{wires}\n    );\nendmodule\n"
    )


def _testbench(name: str, made: Design, program: Program) -> str:
    sizes = made.parameters
    image = program.input
    settings = {
        "CHANNELS": image.channels,
        "PIXELS": image.height * image.width,
        "CLASSES": sizes["CLASSES"],
        "CLASS": sizes["CLASS"],
        "SCORE": sizes["SCORE"],
        "COUNT": EXAMPLES,
    }
    values = [f"        .{key}({value})" for key, value in settings.items()]
    values += [f'        .IMAGES("{name}_images.bin")', f'        .EXPECTED("{name}_expected.txt")']
    signals = ("clk", "reset", "pixel_valid", "pixel_ready", "pixel", "score_valid", "score", "class_valid")
    wires = ",\n".join(f"        .{signal}({signal})" for signal in (*signals, "class_index"))
    widths = _widths(made)
    shown = [f"[{widths[s] - 1}:0] {s}" if s in widths else s for s in (*signals, "class_index")]
    declared = "".join(f"    wire {signal};\n" for signal in shown)
    return (
        f"// Written by lbpnet {__version__}.\nmodule {name}_tb;\n{declared}"
        f"    {name}_top top (\n{wires}\n    );\n"
        "    lbp_testbench #(\n" + ",\n".join(values) + f"\n    ) bench (\n{wires}\n    );\nendmodule\n"
    )


def _readme(name: str, program: Program, plan: Schedule, made: Design) -> str:
    image, sizes = program.input, {key: value for key, value in made.parameters.items() if isinstance(value, int)}
    text = (_HERE / "README.template.md").read_text(encoding="utf-8")
    return text.format(
        name=name,
        version=__version__,
        channels=image.channels,
        height=image.height,
        width=image.width,
        classes=sizes["CLASSES"],
        score=sizes["SCORE"],
        memory=f"{plan.depth:,} words of {plan.lanes * plan.word} bits",
        code=f"{len(made.code.words):,} words of {made.code.width} bits",
        weights=f"{len(made.weights.words):,} words of {made.weights.width} bits",
        examples=EXAMPLES,
        given=_given(made),
        hidden=f", {len(made.steps.words):,} steps of hidden units (`{name}_hidden.hex`)" if made.steps else "",
    )


def _given(made: Design) -> str:
    """Return when the scores come, in the words of the README."""
    steps, classes = made.steps, made.parameters["CLASSES"]
    if not steps:
        return f"after the image, {classes} clocks: the classes' scores in order"
    return f"after the image, {classes} times in {len(steps.words):,} clocks: the classes' scores in order"
