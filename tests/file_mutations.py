"""Damages program files at random, of both formats: bytes of their parts, their JSON tree, or two files spliced."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

import forged_json_files as old
import numpy as np
from forged_files import Parts, pack, seal, unpack
from random_programs import Limits, Size, random_program
from small_program import small_program

from lbpnet.errors import ProgramError
from lbpnet.program import Program, from_bytes, to_bytes
from lbpnet.program.expand import expand
from lbpnet.program.simplify import simplify

Draw = np.random.Generator
MOST_CHANNELS = 2000

VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 2, 3, 4, 5, 16, 17, 63, 64, 255, 4096, 4097, 16_384, 16_385, 1 << 18, 1 << 24, (1 << 31) - 1, 1 << 31),
    *(1 << 63, 10**400, -(1 << 31), 1.0, 0.5, 1e308, float("nan"), float("inf"), True, False, None, "", "range"),
    *("trits", "bits", "pack", "count", "threshold", "input", "argmax", "sum_pool", "\ud800", "\0", [], {}, [[]]),
    *([0], [1, 2], [1 << 24], [4096, 4096], {"shape": [5], "as": "range"}, {"op": "argmax", "source": 0}),
)


def seed_files() -> list[bytes]:
    """Return valid files to start from: every node, every encoding, and some random ones."""
    limits = Limits(steps=5, comparisons=6, kernels=4, classes=4, pack_points=16)
    programs = [random_program(np.random.default_rng(seed), Size(height=6, width=9), limits) for seed in range(30)]
    return [write(program) for program in [small_program(), *programs] for write in (to_bytes, old.to_json_bytes)]


def accepted(data: bytes) -> bool:
    """Whether a file is a program; it is then written, read and simplified without error. Only ProgramError escapes."""
    try:
        program = from_bytes(data)
    except ProgramError as error:
        assert len(str(error)) < 1000
        return False
    again = to_bytes(program)
    assert to_bytes(from_bytes(again)) == again
    if _channels(program) <= MOST_CHANNELS:
        simplify(expand(program))
    return True


def mutated(draw: Draw, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return a damaged file: one to four changes, then the right checksum most of the time."""
    changed = _mutated_json(draw, data, others) if _is_json(data) else _mutated_parts(draw, data, others)
    return _flip(draw, changed, others) if draw.random() < 0.1 else changed


def _mutated_json(draw: Draw, data: bytes, others: Sequence[bytes]) -> bytes:
    payload, blob = old.unpack(data)
    if draw.random() < 0.5:
        payload = _change_tree(draw, payload, others)
    for _ in range(int(draw.integers(0, 4))):
        change = _BYTES[draw.integers(len(_BYTES))]
        if draw.random() < 0.5:
            payload = change(draw, payload, others)
        else:
            blob = change(draw, blob, others)
    return old.pack(payload, blob)


def _mutated_parts(draw: Draw, data: bytes, others: Sequence[bytes]) -> bytes:
    parts = list(_parts(data))
    for _ in range(int(draw.integers(1, 5))):
        # The wiring is a tenth of a file and holds nine tenths of its rules.
        part = int(draw.choice(3, p=(0.6, 0.2, 0.2)))
        parts[part] = _BYTES[draw.integers(len(_BYTES))](draw, parts[part], others)
    return pack(Parts(*parts)) if draw.random() < 0.9 else seal(b"".join(parts))


def _is_json(data: bytes) -> bool:
    return data[4:6] == b"\1\0"


def _parts(data: bytes) -> Sequence[bytes]:
    """The parts of a file; of one whose sizes are broken, which a coverage-guided fuzzer goes on from, the whole."""
    if _is_json(data):
        return old.unpack(data)
    try:
        return unpack(data)
    except IndexError:
        return Parts(data, b"", b"")


def _channels(program: Program) -> int:
    return sum(kind.shape[0] for kind in program.types if kind.kind == "maps")


def _one(draw: Draw, files: Sequence[bytes]) -> bytes:
    return files[int(draw.integers(len(files)))]


def _flip(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    changed[draw.integers(len(data))] ^= 1 << int(draw.integers(8))
    return bytes(changed)


def _cut(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    first, last = sorted(draw.integers(0, len(data) + 1, 2).tolist())
    return data[:first] + data[last:] if draw.random() < 0.5 else data[:first]


def _insert(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    at = int(draw.integers(0, len(data) + 1))
    return data[:at] + draw.bytes(int(draw.integers(1, 9))) + data[at:]


def _repeat(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    first, last = sorted(draw.integers(0, len(data) + 1, 2).tolist())
    return data[:last] + data[first:last] + data[last:]


def _splice(draw: Draw, data: bytes, others: Sequence[bytes]) -> bytes:
    other = _parts(_one(draw, others))[int(draw.integers(2))]
    return data[: int(draw.integers(0, len(data) + 1))] + other[int(draw.integers(0, len(other) + 1)) :]


def _digit(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """Another digit for one of the text's digits."""
    places = [i for i, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return data
    at = places[int(draw.integers(len(places)))]
    return data[:at] + str(int(draw.integers(10))).encode() + data[at + 1 :]


_BYTES: tuple[Callable[[Draw, bytes, Sequence[bytes]], bytes], ...] = (_flip, _cut, _insert, _repeat, _splice, _digit)


def _change_tree(draw: Draw, payload: bytes, others: Sequence[bytes]) -> bytes:
    """One value of the tree becomes another: a hard one, its neighbour, or a part of another file; or it goes."""
    try:
        tree = json.loads(payload)
    except (ValueError, RecursionError):  # a coverage-guided fuzzer goes on from broken files too
        return payload
    for _ in range(int(draw.integers(1, 4))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = places[draw.integers(len(places))]
        way = draw.random()
        if way < 0.1:
            del holder[key]
        elif way < 0.4 and type(holder[key]) is int:
            holder[key] += int(draw.integers(-2, 3))
        elif way < 0.7:
            source = list(_places(json.loads(old.unpack(_one(draw, [file for file in others if _is_json(file)]))[0])))
            from_holder, from_key = source[draw.integers(len(source))]
            holder[key] = from_holder[from_key]
        else:
            holder[key] = copy.deepcopy(VALUES[draw.integers(len(VALUES))])  # later changes reach into it
    return json.dumps(tree).encode()


def _places(tree: Any) -> Any:
    """Every (holder, key) of a tree of lists and objects."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield tree, key
        yield from _places(value)
