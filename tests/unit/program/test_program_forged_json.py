"""Files of format 1 made by hand, checksum and all, are refused with a reason before they cost memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from broken_nodes import BROKEN
from forged_json_files import HEADER, forge, halves, pack, to_json_bytes, unpack
from small_program import NONE, shrink_nodes, small_nodes, small_program, table

from lbpnet.errors import ProgramError
from lbpnet.program import (
    AddWeights,
    Argmax,
    Encode,
    Input,
    Join,
    MaxPool,
    Node,
    Program,
    SumPool,
    from_bytes,
)

MEGABYTE = 1 << 20
HUGE = 1 << 24

Change = Callable[[dict[str, Any]], object]


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


def unchecked(nodes: list[Node], classes: tuple[str, ...] = ()) -> bytes:
    """The file of nodes that break rules."""
    return to_json_bytes(cast(Program, SimpleNamespace(nodes=nodes, classes=classes)))


def put(node: int, *path: Any) -> Change:
    """The change of one value of a node, at a path of keys."""
    *keys, last, value = path

    def change(tree: dict[str, Any]) -> None:
        place = tree["nodes"][node]
        for key in keys:
            place = place[key]
        place[last] = value

    return change


def entry(**changes: object) -> dict[str, object]:
    return {"shape": [4], "low": 0, "at": 0, "as": "bits", "bits": 1} | changes


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in entry().items() if name != key}


def set_top(key: str, value: object) -> Change:
    return lambda tree: tree.update({key: value})


DEEP: list[Any] = []
for _ in range(400):
    DEEP = [DEEP]

TREES: list[tuple[Change, str]] = [
    # The top.
    (lambda tree: tree.pop("classes"), "expected an object with nodes and classes"),
    (set_top("version", 2), "expected an object with nodes and classes"),
    (set_top("nodes", {}), "nodes: expected a list"),
    (set_top("nodes", None), "nodes: expected a list"),
    (set_top("nodes", []), "blob: expected 0 bytes"),
    (set_top("nodes", [{}] * 1025), "nodes: expected a list of at most 1024"),
    (set_top("classes", {}), "classes: expected a list of names"),
    (set_top("classes", [1, 2, 3]), "classes: expected a list of names"),
    (set_top("classes", ["a"]), "classes: expected 3 names, got 1"),
    (set_top("classes", ["a"] * 100_000), "classes: expected 3 names, got 100000"),
    (set_top("classes", ["a", "b", "\ud800"]), "classes: expected printable names"),
    (set_top("classes", ["a", "b", "\x1b[2J"]), "classes: expected printable names"),
    # The kinds of nodes and their fields.
    (lambda tree: tree["nodes"].insert(1, None), "node 1: op: expected one of"),
    (lambda tree: tree["nodes"].insert(1, []), "node 1: op: expected one of"),
    (lambda tree: tree["nodes"].insert(1, {}), "node 1: op: expected one of"),
    (put(1, "op", "conv"), "node 1: op: expected one of"),
    (put(1, "op", ["compare"]), "node 1: op: expected one of"),
    (put(1, "op", {}), "node 1: op: expected one of"),
    (put(1, "op", "Compare"), "node 1: op: expected one of"),
    (put(1, "op", "encode"), "node 1 .encode.: expected the fields"),
    (put(1, "padding", 0), "node 1 .compare.: expected the fields"),
    (put(1, "x" * 100_000, 0), "node 1 .compare.: expected the fields"),
    (lambda tree: tree["nodes"][1].pop("window"), "node 1 .compare.: expected the fields"),
    # Numbers.
    (put(0, "channels", 2.0), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", True), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", None), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", "2"), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", [2]), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", float("nan")), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", float("inf")), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", -1), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", 1 << 31), "node 0 .input.: channels: expected an integer"),
    (put(0, "channels", 10**4000), "node 0 .input.: channels: expected an integer"),
    (put(0, "height", (1 << 31) - 1), "node 0 .Input.: shape: expected sides"),
    (put(2, "code", 0), "node 2 .encode.: code: expected a word"),
    (put(2, "code", ["pack"]), "node 2 .encode.: code: expected a word"),
    (put(2, "code", "p" * 100_000), "node 2 .Encode.: code: expected pack"),
    (put(5, "sources", 2), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", "234"), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2, [3]]), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2, 3.0]), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2, True]), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2, -1]), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2, 10**4000]), "node 5 .join.: sources: expected a list of integers"),
    (put(5, "sources", [2] * 65), "node 5 .Join.: sources: expected 1 to 64"),
    # Forward references and cycles.
    (put(1, "source", 1), "node 1 .Compare.: source: expected an earlier node"),
    (put(1, "source", 5), "node 1 .Compare.: source: expected an earlier node"),
    (put(5, "sources", [2, 5]), "node 5 .Join.: source: expected an earlier node"),
    (put(5, "sources", [2, 10]), "node 5 .Join.: source: expected an earlier node"),
    # Tables: their form.
    (put(1, "tap", None), "tap: expected a table"),
    (put(1, "tap", [0, 5, 8, 4]), "tap: expected a table"),
    (put(1, "tap", "range"), "tap: expected a table"),
    (put(1, "tap", {}), "tap: expected a table"),
    (put(1, "tap", without("shape")), "tap: expected a table"),
    (put(1, "tap", without("as")), "tap: expected a table"),
    (put(1, "tap", without("bits")), "tap: expected an encoding"),
    (put(1, "tap", without("at")), "tap: expected an encoding"),
    (put(1, "tap", without("low")), "tap: expected an encoding"),
    (put(1, "tap", entry(more=0)), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": "trits"})), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": "range"})), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": "zip"})), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": None})), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": DEEP})), "tap: expected an encoding"),
    (put(1, "tap", entry(**{"as": {}})), "tap: expected an encoding"),
    # Tables: their shape.
    *[
        (put(1, "tap", "shape", shape), "tap: shape: expected")
        for shape in (4, "4", None, {}, [], [1, 2, 2], [4.0], [True], [-1], [-4, -1], [None], DEEP, [0] * 100_000)
    ],
    *[
        (put(1, "tap", "shape", shape), "tap: shape: expected")
        for shape in ([HUGE + 1], [4096, 4097], [HUGE, HUGE], [10**4000], [HUGE, 2], [2, HUGE])
    ],
    (put(1, "tap", "shape", [HUGE - 4]), "tap: expected 8388606 bytes at 1"),
    (put(1, "tap", "shape", [0]), "node 3 .encode.: bits: at: expected 1, got 3"),
    # Tables: that store nothing but are large.
    (put(1, "tap", {"shape": [HUGE], "as": "range"}), "tap: shape: expected at most"),
    (put(1, "tap", {"shape": [1 << 18, 1], "as": "range"}), "bits: shape: expected at most"),
    (put(1, "tap", entry(shape=[HUGE], at=1, bits=0)), "tap: shape: expected at most"),
    (put(1, "tap", entry(shape=[4096, 4096], at=1, bits=0)), "tap: shape: expected at most"),
    # Tables: their values.
    (put(1, "tap", "low", 1.0), "tap: low: expected an integer"),
    (put(1, "tap", "low", None), "tap: low: expected an integer"),
    (put(1, "tap", "low", 1 << 31), "tap: low: expected an integer"),
    (put(1, "tap", "low", -(1 << 31) - 1), "tap: low: expected an integer"),
    (put(1, "tap", "low", (1 << 31) - 1), "tap: expected values of 32 bits"),
    (put(1, "tap", "low", (1 << 31) - 9), "node 1 .Compare.: tap: expected 0 to 8"),
    (put(1, "tap", "low", 1), "node 1 .Compare.: tap: expected 0 to 8"),
    (put(1, "tap", "low", -1), "node 1 .Compare.: tap: expected 0 to 8"),
    (put(9, "weights", "low", (1 << 31) - 2), "weights: expected values of 32 bits"),
    (put(9, "weights", "low", 126), "node 9 .AddWeights.: weights: expected -127 to 127"),
    (put(1, "tap", "bits", 33), "tap: bits: expected an integer from 0 to 32"),
    (put(1, "tap", "bits", -1), "tap: bits: expected an integer from 0 to 32"),
    (put(1, "tap", "bits", 4.0), "tap: bits: expected an integer from 0 to 32"),
    (put(1, "tap", "bits", 64), "tap: bits: expected an integer from 0 to 32"),
    # Tables: their place. Overlapping, apart, before, behind.
    *[
        (put(1, "tap", "at", at), "tap: at: expected 1, got")
        for at in (0, 2, -1, 29, 30, 31, 1 << 40, 10**4000, 1.0, True, None, "1")
    ],
    (put(9, "bias", "bits", 32), "bias: expected 12 bytes at"),
    (put(9, "bias", "bits", 1), "blob: expected"),
]


def test_every_forged_tree_is_refused_with_its_reason_and_little_memory() -> None:
    ran = 0
    for change, reason in TREES:
        tree, blob = halves(small_program())
        change(tree)
        ran += refused(forge(tree, blob), reason)
    assert ran == len(TREES) == 118


def test_every_broken_rule_of_a_node_is_refused_from_its_file_too() -> None:
    ran = 0
    for index, field, value, *named in BROKEN:
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.dtype != np.int32):
            continue  # what no file can say
        if field == "sources" and isinstance(value, list):
            continue  # a list is how a file says a tuple
        nodes = small_nodes()
        nodes[index] = replace(nodes[index], **{field: value})
        name = rf"({field}|source|{named[0] if named else field})"
        ran += refused(unchecked(nodes), rf"node {index} \(\w+\): {name}")
    assert ran == 73


PAYLOADS: list[tuple[bytes, str]] = [
    (b"", "JSON half cannot be read"),
    (b"null", "expected an object"),
    (b"[]", "expected an object"),
    (b"1", "expected an object"),
    (b"NaN", "expected an object"),
    (b'"nodes"', "expected an object"),
    (b"{", "JSON half cannot be read"),
    (b"{}{}", "JSON half cannot be read"),
    (b"\0" * 100, "JSON half cannot be read"),
    (b"\xff\xfe{\0}\0", "JSON half cannot be read"),
    ('{"nodes":[],"classes":[]}'.encode("utf-16"), "JSON half cannot be read"),
    ('{"nodes":[],"classes":[]}'.encode("utf-32-le"), "JSON half cannot be read"),
    ('{"nodes":[],"classes":[]}'.encode("utf-8-sig"), "JSON half cannot be read"),
    ('{"nodes":[],"classes":["ä"]}'.encode("latin-1"), "JSON half cannot be read"),
    (b'{"nodes":[],"classes":["\xc0\x80"]}', "JSON half cannot be read"),
    (b'{"nodes":[],"classes":[' + b"1" * 5000 + b"]}", "JSON half cannot be read"),
    (b'{"nodes":[],"classes":[1e5]}', "classes: expected a list of names"),
    (b'{"nodes":[],"nodes":[],"classes":[]}', "a key comes twice"),
    (b'{"nodes":[{"op":"input","op":"input"}],"classes":[]}', "a key comes twice"),
    (b'{"nodes":[{"op":"compare","tap":{"shape":[1],"shape":[1]}}],"classes":[]}', "a key comes twice"),
    (b"[" * 100_000, "JSON half cannot be read"),
    (b'{"a":' * 100_000, "JSON half cannot be read"),
    (b"[" * 100_000 + b"]" * 100_000, "JSON half cannot be read"),
    (b'{"nodes":[],"classes":[]}' + b" " * MEGABYTE, "expected at most 1,048,576 bytes of JSON"),
]


def test_every_text_that_is_no_program_is_refused() -> None:
    ran = 0
    for payload, reason in PAYLOADS:
        ran += refused(pack(payload, b""), reason)
    assert ran == len(PAYLOADS) == 24


def test_keys_twice_in_a_valid_program_are_refused() -> None:
    text, blob = unpack(to_json_bytes(small_program()))
    ran = 0
    for key in (b'"classes":', b'"nodes":', b'"op":', b'"shape":', b'"source":'):
        at = text.index(key)
        value, _ = json.JSONDecoder().raw_decode(text[at + len(key) :].decode())
        twice = text[:at] + key + json.dumps(value).encode() + b"," + text[at:]
        ran += refused(pack(twice, blob), "a key comes twice")
    assert ran == 5


def test_a_header_that_promises_gigabytes_is_refused() -> None:
    data = to_json_bytes(small_program())
    head = list(HEADER.unpack_from(data))
    ran = 0
    for json_size, blob_size in [(2**32 - 1, 30), (len(data), 2**32 - 1), (2**32 - 1, 2**32 - 1), (0, 0)]:
        head[3:5] = json_size, blob_size
        ran += refused(HEADER.pack(*head) + data[HEADER.size :], "expected")
    assert ran == 4


def test_bytes_of_the_blob_that_no_table_has_or_that_a_table_lacks_are_refused() -> None:
    text, blob = unpack(to_json_bytes(small_program()))
    ran = 0
    for cut in range(1, len(blob) + 1):
        ran += refused(pack(text, blob[:-cut]), r"expected \d+ bytes at")
    for more in (b"\0", b"\xff" * 1000):
        ran += refused(pack(text, blob + more), r"blob: expected 30 bytes")
    assert ran == len(blob) + 2 == 32


def test_a_byte_of_five_trits_above_242_is_refused() -> None:
    tree, blob = halves(small_program())
    at = tree["nodes"][9]["weights"]["at"]
    assert tree["nodes"][9]["weights"]["as"] == "trits"
    for value in range(243, 256):
        assert refused(forge(tree, blob[:at] + bytes([value]) + blob[at + 1 :]), "expected bytes below 243")


def test_many_tables_that_store_nothing_are_refused_before_they_fill_the_memory() -> None:
    whole = {"shape": [1 << 17], "as": "range"}
    zeros = {"shape": [1 << 17], "as": "bits", "bits": 0, "low": 0, "at": 0}
    ran = 0
    for made in (whole, zeros):
        node = {"op": "compare", "source": 0, "window": 3, "channel": made, "tap": made}
        tree = {"nodes": [{"op": "input", "channels": 1, "height": 5, "width": 5}, *[node] * 1000], "classes": []}
        ran += refused(forge(tree, b""), "node 2 .compare.: channel: shape: expected at most")
    assert ran == 2


def test_a_short_file_of_many_large_nodes_is_refused() -> None:
    wide = [Input(64, 1024, 1024)]
    many = [Input(16_384, 2, 2)]
    tail = [SumPool(1, table([0, 1]), table([0, 1])), AddWeights(2, np.zeros((2, 16_384), np.int32), table(0, 0))]
    ran = 0
    for first in (wide, many):
        nodes: list[Node] = [*first, *[MaxPool(0, 2)] * 1000, *tail, Argmax(1002)]
        ran += refused(unchecked(nodes), "in all nodes so far")
    double: list[Node] = [Input(1, 8, 8), *[Join((i, i)) for i in range(40)], *tail, Argmax(42)]
    ran += refused(unchecked(double), "channels: expected 1 to 16384")
    assert ran == 3


def test_tables_take_no_more_than_32_times_their_bytes() -> None:
    """A file of 2 MB that is refused at its end: one bit an entry becomes 32, and no more."""
    weights = np.random.default_rng(0).integers(0, 2, (4096, 4095)).astype(np.int32)
    nodes = shrink_nodes()
    data = unchecked([*nodes[:3], AddWeights(2, weights, NONE), nodes[4]])
    assert refused(data, "weights: expected 2 a class", megabytes=80)
    assert len(data) * 8 > weights.size  # so the table is 32 times as large


def test_a_valid_program_of_the_largest_pattern_is_still_read() -> None:
    nodes = small_nodes()
    nodes[2] = Encode(1, "pack", table([0, 1, 2, 3] * 4, [3, 2, 1, 0] * 4), (1 << 16) - 2, NONE)
    assert len(from_bytes(to_json_bytes(Program(tuple(nodes)))).nodes) == 11
