"""Files made by hand, checksum and all, are refused with a reason before they cost memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from broken_nodes import BROKEN
from forged_files import Parts, number, pack, parts_of, seal
from small_program import NONE, shrink_nodes, small_nodes, small_program

from lbpnet.errors import ProgramError
from lbpnet.program import AddWeights, Node, Table, from_bytes
from lbpnet.program.structure import write_structure
from lbpnet.program.tables import TableWriter

MEGABYTE = 1 << 20
HUGE = 1 << 24
RANGE, BITS, TRITS, DIGITS, WEIGHTS = (bytes([2 * kind]) for kind in range(5))
INPUT = bytes([0, 1, 5, 5])
COMPARE = bytes([2, 0, 3])


def refused(data: bytes, reason: str, megabytes: int = 8) -> int:
    """Refused for this reason, in a short message, with little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ProgramError, match=reason) as caught:
            from_bytes(data, "forged")
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("forged: ")
    assert len(str(caught.value)) < 500
    return 1


def unchecked(nodes: list[Node]) -> bytes:
    """The file of nodes that break rules."""

    class Unchecked:
        classes = ()

    program, writer = Unchecked(), TableWriter()
    program.nodes = tuple(nodes)  # type: ignore[attr-defined]
    wiring = write_structure(program, writer)  # type: ignore[arg-type]
    return pack(Parts(wiring, writer.packed(), writer.coded()))


def sized(kind: bytes, *shape: int) -> bytes:
    """The start of a table's description."""
    return bytes([kind[0] + len(shape) - 1]) + b"".join(number(size) for size in shape)


def of_table(description: bytes) -> bytes:
    """A wiring that ends in the description of a table."""
    return bytes([3]) + INPUT + COMPARE + description


LOW_0 = b"\0"
MOST_LOW = number((1 << 32) - 2)  # 2^31 - 1
WIRINGS: list[tuple[bytes, str]] = [
    (b"", "nodes: expected 1 bytes, 0 are left"),
    (b"\0", "classes: expected 1 bytes, 0 are left"),
    (b"\0\0", "nodes: expected 3 to 1024, got 0"),
    (number(1025), "nodes: expected an integer from 0 to 1024, got 1025"),
    (b"\x81\x00", "nodes: expected an integer .* in as few bytes"),
    (b"\xff" * 1000, "nodes: expected an integer"),
    (b"\3\x0a", "node 0: op: expected an integer from 0 to 9, got 10"),
    (b"\3" + INPUT[:3], "node 0 .input.: width: expected 1 bytes"),
    (b"\3\0\1\5" + number(1 << 31), "node 0 .input.: width: expected an integer from 0 to 2147483647"),
    (b"\3" + INPUT + b"\3\0\3", "node 1 .encode.: code: expected an integer from 0 to 2, got 3"),
    (b"\3" + INPUT + b"\4\x41", "node 1 .join.: sources: expected an integer from 0 to 64, got 65"),
    # Tables.
    (of_table(b"\x0a"), "channel: expected an integer from 0 to 9, got 10"),
    (of_table(sized(BITS, HUGE + 1)), "channel: shape: expected an integer from 0 to 16777216"),
    (of_table(sized(BITS, HUGE, 2) + LOW_0 + b"\1"), "channel: shape: expected at most"),
    (of_table(sized(RANGE, HUGE)), "channel: shape: expected at most"),
    (of_table(sized(BITS, HUGE) + LOW_0 + b"\0"), "channel: shape: expected at most"),
    (of_table(sized(BITS, HUGE) + LOW_0 + b"\1"), "channel: expected 2097152 bytes at 0"),
    (of_table(sized(BITS, 4) + LOW_0 + b"\x21"), "channel: bits: expected an integer from 0 to 32, got 33"),
    (of_table(sized(TRITS, HUGE) + LOW_0), "channel: expected 3355444 bytes at 0"),
    (of_table(sized(DIGITS, HUGE) + LOW_0 + b"\1"), "channel: shape: expected at most .* coded ones"),
    (of_table(sized(DIGITS, 1 << 18) + LOW_0 + b"\1"), "tables: the 0 coded bytes end too early"),
    (of_table(sized(DIGITS, 4) + LOW_0 + b"\0"), "channel: span: expected 2 or more"),
    (of_table(sized(DIGITS, 4) + MOST_LOW + b"\1"), "channel: span: expected 2 or more values of 32 bits"),
    (of_table(sized(DIGITS, 4) + LOW_0 + number((1 << 32) - 1)), "channel: span: expected 2 or more values of 32 bits"),
    (of_table(sized(WEIGHTS, 4) + b"\1"), "channel: expected weights in two dimensions"),
    (of_table(sized(WEIGHTS, 4, 4) + b"\0"), "channel: expected weights in two dimensions, up to 1 or more"),
    (of_table(sized(WEIGHTS, 4, 4) + b"\x10"), "channel: most: expected an integer from 0 to 15, got 16"),
    (of_table(sized(WEIGHTS, HUGE, 0) + b"\1"), "channel: expected weights in two dimensions"),
    (of_table(sized(WEIGHTS, HUGE, 1) + b"\1"), "channel: shape: expected at most"),
    (of_table(sized(WEIGHTS, 1, HUGE) + b"\1"), "channel: shape: expected at most"),
    (of_table(sized(WEIGHTS, 1, 1 << 18) + b"\1"), "tables: the 0 coded bytes end too early"),
    # Classes.
    (b"\0\3", "classes: expected an integer from 0 to 2, got 3"),
    (b"\0\1" + number(4097), "classes: expected an integer from 0 to 4096, got 4097"),
    (b"\0\2\1\x09", "classes: expected 9 bytes, 0 are left"),
    (b"\0\2\1" + number((1 << 32) - 1), "classes: expected 4294967295 bytes, 0 are left"),
    (b"\0\2\1\2\xff\xff", "classes: expected UTF-8"),
    (b"\0\0\0", "nodes: expected 3 to 1024, got 0"),
]


def test_every_forged_wiring_is_refused_with_its_reason_and_little_memory() -> None:
    ran = 0
    for wiring, reason in WIRINGS:
        ran += refused(pack(Parts(wiring, b"", b"")), reason)
    assert ran == len(WIRINGS) == 37


def test_every_broken_rule_of_a_node_is_refused_from_its_file_too() -> None:
    ran = 0
    for index, field, value, *named in BROKEN:
        whole = type(value) is int and 0 <= value < 1 << 31
        table = isinstance(value, np.ndarray) and value.dtype == np.int32 and 1 <= value.ndim <= 2
        sources = isinstance(value, tuple) and len(value) <= 64 and all(type(v) is int and v >= 0 for v in value)
        if not (whole or table or sources):
            continue  # what no file can say
        nodes = small_nodes()
        nodes[index] = replace(nodes[index], **{field: value})
        name = rf"({field}|source|{named[0] if named else field})"
        ran += refused(unchecked(nodes), rf"node {index} \(\w+\): {name}")
    assert ran == 58


def test_names_that_cannot_be_printed_or_do_not_fit_are_refused() -> None:
    parts = parts_of(small_program())
    names = b"\2\3\4zero\4eins\3\xe4\xba\x8c"
    assert parts.wiring.endswith(names)
    bare, ran = parts.wiring.removesuffix(names), 0
    for classes, reason in (
        (b"\2\3\1a\1b\4\x1b[2J", "classes: expected printable names"),
        (b"\2\3\1a\1b\3\xed\xa0\x80", "classes: expected UTF-8"),
        (b"\2\1\1a", "classes: expected 3 names, got 1"),
        (b"\1\4", "classes: expected 3 names, got 4"),
        (b"\0\0", "wiring: expected"),
        (names + b"\0", "wiring: expected"),
    ):
        ran += refused(pack(parts._replace(wiring=bare + classes)), reason)
    assert ran == 6


def test_every_byte_too_few_or_too_many_of_a_part_is_refused() -> None:
    parts, ran = parts_of(small_program()), 0
    for cut in range(4, len(parts.coded) + 1):  # of up to three, a decoder takes zeros for them: another program
        ran += refused(pack(parts._replace(coded=parts.coded[:-cut])), "coded bytes end too early|expected")
    for more in (b"\0", b"\xff" * 1000):
        ran += refused(pack(parts._replace(coded=parts.coded + more)), r"coded bytes")
        ran += refused(pack(parts._replace(packed=parts.packed + more)), r"packed bytes")
        ran += refused(pack(parts._replace(wiring=parts.wiring + more)), r"wiring: expected")
    assert ran == len(parts.coded) + 3


def test_sizes_that_promise_gigabytes_are_refused() -> None:
    ran = 0
    for wiring, packed in (((1 << 32) - 1, 0), (1 << 20, 0), (0, (1 << 32) - 1), (0, 1000)):
        ran += refused(seal(number(wiring) + number(packed) + bytes(100)), "expected")
    assert ran == 4


def test_a_byte_of_five_trits_above_242_is_refused() -> None:
    ran = 0
    for value in range(243, 256):
        wiring = of_table(sized(TRITS, 5) + LOW_0)
        ran += refused(pack(Parts(wiring, bytes([value]), b"")), "expected bytes below 243")
    assert ran == 13


def test_many_tables_that_take_next_to_nothing_are_refused_before_they_fill_the_memory() -> None:
    ran = 0
    for table in (
        sized(RANGE, 1 << 17),
        sized(BITS, 1 << 17) + LOW_0 + b"\0",
        sized(DIGITS, 1 << 17) + LOW_0 + b"\1",
    ):
        wiring = number(1002) + INPUT + (COMPARE + table + table) * 1000
        ran += refused(pack(Parts(wiring, b"", bytes(1 << 16))), r"node 2 .compare.: channel: shape: expected at most")
    assert ran == 3


def test_tables_take_no_more_than_32_times_their_bytes() -> None:
    """A file of 2 MB that is refused at its end: one bit an entry becomes 32, and no more."""
    weights: Table = np.random.default_rng(0).integers(0, 2, (4096, 4095)).astype(np.int32)
    nodes = shrink_nodes()
    data = unchecked([*nodes[:3], AddWeights(2, weights, NONE), nodes[4]])
    assert refused(data, "weights: expected 2 a class", megabytes=80)
    assert len(data) * 8 > weights.size  # so the table is 32 times as large
