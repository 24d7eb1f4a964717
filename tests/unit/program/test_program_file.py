"""A program's file: what is written is read, always the same bytes, and nothing else is taken for one."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from forged_files import HEADER, pack, unpack
from random_programs import Limits, random_program
from small_program import shrink_nodes, small_program, table

from lbpnet.errors import ProgramError
from lbpnet.program import (
    VERSION,
    Program,
    Table,
    blob_bytes,
    from_bytes,
    load_program,
    save_program,
    to_bytes,
)
from lbpnet.program.tables import MAX_ENTRIES, MAX_UNSTORED, TableReader, TableWriter


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
    for seed in range(200):
        limits = Limits(pack_points=16, count_points=16, comparisons=60)
        program = random_program(np.random.default_rng(seed), limits=limits)
        names = tuple(f'class "{i}" ✓' for i in range(program.num_classes)) if seed % 2 else ()
        program = Program(program.nodes, names)
        data = to_bytes(program)
        assert same(from_bytes(data), program)
        assert to_bytes(from_bytes(data)) == data
        assert len(unpack(data)[1]) == blob_bytes(program)
        ran += 1
    assert ran == 200


def test_the_bytes_depend_on_the_program_alone() -> None:
    data = to_bytes(small_program())
    assert data == to_bytes(small_program())
    assert data[:8] == b"LBPN" + VERSION.to_bytes(2, "little") + b"\0\0"
    assert {len(unpack(data)[1])} == {blob_bytes(small_program())} == {30}


def test_a_file_on_disk_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.lbp"
    save_program(small_program(), path)
    assert path.read_bytes() == to_bytes(small_program())
    assert same(load_program(path), small_program())
    for wrong in (tmp_path / "absent.lbp", tmp_path):
        with pytest.raises(ProgramError, match=r"cannot be read"):
            load_program(wrong)
    path.write_bytes(b"")
    with pytest.raises(ProgramError, match=r"a\.lbp: not an lbpnet program"):
        load_program(path)


def encoded(values: Table) -> tuple[str, int]:
    """Return the encoding and the bytes of a table, after reading it back."""
    writer = TableWriter()
    first = writer.add(values)
    writer.add(table(5, 7))  # what follows must still be found
    reader = TableReader(writer.blob())
    back = reader.read(first, "table")
    assert back.dtype == np.int32
    assert back.shape == values.shape
    assert np.array_equal(back, values)
    reader.read({"shape": [2], "low": 5, "at": len(writer.blob()) - 1, "as": "bits", "bits": 2}, "table")
    reader.finish()
    return first["as"], len(writer.blob()) - 1


def test_every_encoding_and_width_of_a_table_comes_back() -> None:
    low, high = -(1 << 31), (1 << 31) - 1
    ran: Counter[str] = Counter()
    for count in (1, 2, 5, 7, 8, 9, 41, 10_239, 10_240, 10_241, 20_481):
        draw = np.random.default_rng(count)
        for bits in range(33):
            span = 1 << bits
            values = draw.integers(0, span, count)
            values[0], values[-1] = span - 1, 0
            for base in (low, -(span // 2), 0, high - span + 1):
                shaped = (values + base).astype(np.int32).reshape(count, 1) if count % 2 else (values + base)
                kind, size = encoded(np.asarray(shaped, np.int32))
                assert size <= (count * bits + 7) // 8
                ran[kind] += 1
        for base in (low, -1, 5, high - 2):
            trits = draw.integers(0, 3, count)
            trits[: min(count, 3)] = np.arange(3)[: min(count, 3)]
            kind, size = encoded((trits + base).astype(np.int32))
            ran[kind] += 1
            assert size == -(-count // 5) or count < 3
        assert encoded(np.arange(count, dtype=np.int32)) == ("range", 0)
        ran["range"] += 1
    assert sum(ran.values()) == 11 * (33 * 4 + 4 + 1)
    assert ran["trits"] >= 4 * 9
    assert ran["range"] >= 11
    assert encoded(np.zeros((0,), np.int32)) == ("range", 0)
    assert encoded(np.full((4, 3), -9, np.int32)) == ("bits", 0)


def test_large_constant_tables_are_stored_so_that_they_can_be_read() -> None:
    writer = TableWriter()
    half = np.zeros(MAX_UNSTORED // 2 + 1, np.int32)
    entries = [writer.add(half), writer.add(half), writer.add(np.arange(len(half), dtype=np.int32))]
    assert [entry.get("bits") for entry in entries] == [0, 1, 18]
    reader = TableReader(writer.blob())
    assert [int(reader.read(entry, "table").sum()) for entry in entries] == [0, 0, half.size * (half.size - 1) // 2]
    reader.finish()


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ProgramError, match="entries in all"):
        TableWriter().add(np.broadcast_to(np.int32(1), (MAX_ENTRIES + 1,)))
    nodes = small_program().nodes
    with pytest.raises(ProgramError, match="bytes of JSON"):
        to_bytes(Program(nodes, ("a" * 700_000, "b" * 400_000, "c")))


def test_every_truncation_is_refused() -> None:
    data = to_bytes(small_program())
    ran = 0
    for length in range(len(data)):
        with pytest.raises(ProgramError, match="small"):
            from_bytes(data[:length], "small")
        ran += 1
    assert ran == len(data) > 1000


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
    assert ran == 8 * len(data) > 8000
    assert same(from_bytes(bytes(data)), small_program())


@pytest.mark.parametrize("more", [b"\0", b"}", b" ", b"LBPN" * 100])
def test_bytes_after_the_blob_are_refused(more: bytes) -> None:
    with pytest.raises(ProgramError, match="damaged: expected"):
        from_bytes(to_bytes(small_program()) + more)


@pytest.mark.parametrize(("version", "said"), [(0, "an older"), (VERSION + 1, "a newer"), (65_535, "a newer")])
def test_other_versions_are_named_before_anything_else_is_looked_at(version: int, said: str) -> None:
    with pytest.raises(ProgramError, match=f"format {version}, {said} one.*freeze the run again"):
        from_bytes(pack(b"another layout", b"", version=version))


def test_a_header_of_another_kind_is_refused() -> None:
    payload, blob = unpack(to_bytes(small_program()))
    for data in (pack(payload, blob, magic=b"LBPM"), b"PK\3\4" + bytes(100), b"LBPN", b"\x89PNG\r\n\x1a\n" + bytes(50)):
        with pytest.raises(ProgramError, match="not an lbpnet program"):
            from_bytes(data)
    with pytest.raises(ProgramError, match="damaged"):
        from_bytes(pack(payload, blob, zero=1))


def test_the_border_between_json_and_blob_cannot_move() -> None:
    """The checksum covers both halves as one, and a blob may start with what JSON takes for white space."""
    data = to_bytes(Program(tuple(shrink_nodes())))
    payload, blob = unpack(data)
    assert blob[:1] == b" "
    ran = 0
    for by in (-2, -1, 1, 2):
        sizes = (len(payload) + by, len(blob) - by)
        moved = HEADER.pack(*HEADER.unpack_from(data)[:3], *sizes, data[16:24]) + payload + blob
        with pytest.raises(ProgramError, match=r"expected|JSON"):
            from_bytes(moved)
        ran += 1
    assert ran == 4
