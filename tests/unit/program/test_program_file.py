"""A program's file: what is written is read, always the same bytes, and nothing else is taken for one."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from forged_files import Parts, pack, parts_of, seal, unpack
from forged_json_files import to_json_bytes
from random_programs import Limits, random_program
from small_program import small_program, table

from lbpnet.errors import ProgramError
from lbpnet.program import (
    VERSION,
    Program,
    Table,
    blob_bytes,
    from_bytes,
    load_program,
    packed_bytes,
    save_program,
    to_bytes,
)
from lbpnet.program.tables import MAX_CODED, MAX_ENTRIES, MAX_UNSTORED, TableReader, TableWriter, packed_table_size
from lbpnet.program.varints import NumberReader

KINDS = ("range", "bits", "trits", "digits", "weights")
SMALL_TABLES = 22
SMALL_PACKED = 30


def same(first: Program, second: Program) -> bool:
    """Whether two programs have equal nodes, field by field, and equal names."""
    if first.classes != second.classes or list(map(type, first.nodes)) != list(map(type, second.nodes)):
        return False
    for a, b in zip(first.nodes, second.nodes, strict=True):
        for field in fields(a):
            x, y = getattr(a, field.name), getattr(b, field.name)
            if type(x) is not type(y) or not np.array_equal(x, y):
                return False
            if isinstance(x, np.ndarray) and x.dtype != y.dtype:
                return False
    return first.types == second.types


def test_a_program_comes_back_from_its_file_node_by_node() -> None:
    ran = 0
    for seed in range(100):
        limits = Limits(pack_points=16, count_points=16, comparisons=60)
        program = random_program(np.random.default_rng(seed), limits=limits)
        names = tuple(f'class "{i}" ✓' for i in range(program.num_classes)) if seed % 2 else ()
        program = Program(program.nodes, names)
        data = to_bytes(program)
        assert same(from_bytes(data), program)
        assert to_bytes(from_bytes(data)) == data
        assert len(unpack(data).packed) + len(unpack(data).coded) == blob_bytes(program)
        assert same(from_bytes(to_json_bytes(program)), program)
        ran += 1
    assert ran == 100


def test_the_bytes_depend_on_the_program_alone() -> None:
    data = to_bytes(small_program())
    assert data == to_bytes(small_program())
    assert data[:6] == b"LBPN" + VERSION.to_bytes(2, "little")
    parts = parts_of(small_program())
    assert len(parts.packed) + len(parts.coded) == blob_bytes(small_program()) == SMALL_TABLES
    assert packed_bytes(small_program()) == SMALL_PACKED


def test_a_file_on_disk_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.lbp"
    save_program(small_program(), path)
    assert path.read_bytes() == to_bytes(small_program())
    assert same(load_program(path), small_program())
    for wrong, said in ((tmp_path / "absent.lbp", "cannot be read"), (tmp_path, "expected a program .*, got a folder")):
        with pytest.raises(ProgramError, match=said):
            load_program(wrong)
    path.write_bytes(b"")
    with pytest.raises(ProgramError, match=r"a\.lbp: not an lbpnet program"):
        load_program(path)


def encoded(values: Table) -> tuple[str, int]:
    """Return the encoding and the bytes of a table, after reading it back."""
    writer, wiring = TableWriter(), bytearray()
    writer.add(values, wiring)
    kind = KINDS[wiring[0] // 2]
    writer.add(table(5, 7), wiring)  # what follows must still be found
    packed, coded = writer.packed(), writer.coded()
    reader, numbers = TableReader(packed, coded), NumberReader(bytes(wiring))
    back = reader.read(numbers, "table")
    assert back.dtype == np.int32
    assert back.shape == values.shape
    assert np.array_equal(back, values)
    assert reader.read(numbers, "table").tolist() == [5, 7]
    numbers.finish("wiring")
    reader.finish()
    return kind, len(packed) + len(coded)


def test_every_encoding_and_width_of_a_table_comes_back() -> None:
    low, high = -(1 << 31), (1 << 31) - 1
    ran: Counter[str] = Counter()
    for count in (1, 2, 5, 7, 8, 9, 41, 1025):
        draw = np.random.default_rng(count)
        for bits in range(33):
            span = 1 << bits
            values = draw.integers(0, span, count)
            values[0], values[-1] = span - 1, 0
            for base in (low, -(span // 2), 0, high - span + 1):
                shaped = (values + base).astype(np.int32).reshape(count, 1) if count % 2 else (values + base)
                kind, size = encoded(np.asarray(shaped, np.int32))
                assert size <= (count * bits + 7) // 8 + 2
                ran[kind] += 1
        for base in (low, -1, 5, high - 2):
            trits = draw.integers(0, 3, count)
            trits[: min(count, 3)] = np.arange(3)[: min(count, 3)]
            kind, size = encoded((trits + base).astype(np.int32))
            ran[kind] += 1
            assert size <= -(-count // 5) + 2
        assert encoded(np.arange(count, dtype=np.int32))[0] == "range"
        ran["range"] += 1
    assert sum(ran.values()) == 8 * (33 * 4 + 4 + 1)
    assert ran["digits"] >= 900
    assert encoded(np.zeros((0,), np.int32))[0] == "range"
    assert encoded(np.full((4, 3), -9, np.int32))[0] == "bits"


def test_weights_that_follow_those_above_them_take_fewer_bytes_than_their_digits() -> None:
    ran = 0
    for most in (1, 2, 3, 7, 15):
        draw = np.random.default_rng(most)
        used = draw.random(300) < 0.3
        weights = (draw.integers(-most, most + 1, (10, 300)) * used).astype(np.int32)
        kind, size = encoded(weights)
        assert kind == "weights"
        # The entropy of the used columns, which of them are used, and a tenth for learning both.
        assert size < 1.1 * (10 * used.sum() * np.log2(2 * most + 1) + 300) / 8 + 8
        assert packed_table_size(weights) > size
        ran += 1
    assert ran == 5
    assert encoded(np.random.default_rng(0).integers(-8, 8, (10, 300)).astype(np.int32))[0] == "digits"
    assert encoded(np.random.default_rng(0).integers(-16, 17, (10, 300)).astype(np.int32))[0] == "digits"


def test_tables_that_are_too_large_to_be_coded_are_packed() -> None:
    ran = 0
    for span, kind in ((2, "bits"), (3, "trits"), (5, "bits")):
        values = (np.arange(MAX_CODED + 1) * 7 % span).astype(np.int32)
        assert encoded(values) == (kind, packed_table_size(values) + 1)  # the byte is of the table after it
        ran += 1
    writer, wiring = TableWriter(), bytearray()
    half = np.tile(table(1, 0), MAX_CODED // 4 + 1)
    writer.add(half, wiring)
    first = len(wiring)
    writer.add(half, wiring)
    assert [KINDS[wiring[at] // 2] for at in (0, first)] == ["digits", "bits"]
    assert ran == 3


def test_large_constant_tables_are_stored_so_that_they_can_be_read() -> None:
    writer, wiring = TableWriter(), bytearray()
    half = np.zeros(MAX_UNSTORED // 2 + 1, np.int32)
    for values in (half, half, np.arange(len(half), dtype=np.int32)):
        writer.add(values, wiring)
    reader, numbers = TableReader(writer.packed(), writer.coded()), NumberReader(bytes(wiring))
    sums = [int(reader.read(numbers, "table").sum(dtype=np.int64)) for _ in range(3)]
    assert sums == [0, 0, half.size * (half.size - 1) // 2]
    reader.finish()


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ProgramError, match="entries in all"):
        TableWriter().add(np.broadcast_to(np.int32(1), (MAX_ENTRIES + 1,)), bytearray())
    nodes = small_program().nodes
    with pytest.raises(ProgramError, match="bytes of wiring"):
        to_bytes(Program(nodes, ("a" * 700_000, "b" * 400_000, "c")))


def test_every_truncation_is_refused() -> None:
    data = to_bytes(small_program())
    ran = 0
    for length in range(len(data)):
        with pytest.raises(ProgramError, match="small"):
            from_bytes(data[:length], "small")
        ran += 1
    assert ran == len(data) > 100


def test_every_flipped_bit_is_refused() -> None:
    data = bytearray(to_bytes(small_program()))
    ran = 0
    for position in range(len(data)):
        for bit in range(8):
            data[position] ^= 1 << bit
            with pytest.raises(ProgramError, match="small"):
                from_bytes(bytes(data), "small")
            data[position] ^= 1 << bit
            ran += 1
    assert ran == 8 * len(data) > 800
    assert same(from_bytes(bytes(data)), small_program())


@pytest.mark.parametrize("more", [b"\0", b"}", b" ", b"LBPN" * 100])
def test_bytes_after_the_blob_are_refused(more: bytes) -> None:
    with pytest.raises(ProgramError, match="damaged"):
        from_bytes(to_bytes(small_program()) + more)


@pytest.mark.parametrize(("version", "said"), [(0, "an older"), (VERSION + 1, "a newer"), (65_535, "a newer")])
def test_other_versions_are_named_before_anything_else_is_looked_at(version: int, said: str) -> None:
    with pytest.raises(ProgramError, match=f"format {version}, {said} one.*freeze the run again"):
        from_bytes(seal(b"another layout", version=version))


def test_a_header_of_another_kind_is_refused() -> None:
    parts = parts_of(small_program())
    for data in (pack(parts, magic=b"LBPM"), b"PK\3\4" + bytes(100), b"LBPN", b"\x89PNG\r\n\x1a\n" + bytes(50)):
        with pytest.raises(ProgramError, match="not an lbpnet program"):
            from_bytes(data)


def test_the_borders_between_the_parts_cannot_move() -> None:
    parts = Parts(*parts_of(small_program()))
    whole, ran = b"".join(parts), 0
    for wiring in range(len(whole) + 1):
        for packed in (0, 1, 5):
            moved = Parts(whole[:wiring], whole[wiring : wiring + packed], whole[wiring + packed :])
            if moved != parts:
                with pytest.raises(ProgramError):
                    from_bytes(pack(moved))
                ran += 1
    assert ran == 3 * (len(whole) + 1) - 1


def test_names_that_are_the_classes_numbers_take_two_bytes() -> None:
    nodes = small_program().nodes
    plain = len(to_bytes(Program(nodes)))
    numbered = Program(nodes, ("0", "1", "2"))
    assert len(to_bytes(numbered)) == plain + 1
    assert from_bytes(to_bytes(numbered)).classes == ("0", "1", "2")
    assert from_bytes(to_bytes(Program(nodes))).classes == ()
