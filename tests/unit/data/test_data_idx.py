"""IDX files: what is written is read; what is damaged is refused by name."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lbpnet.data.idx import encode_idx, parse_idx, read_idx, write_idx
from lbpnet.errors import ChecksumError, DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
SUFFIXES = ("", ".gz", ".xz")


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=5)))
def test_any_array_survives_the_encoding(array: np.ndarray) -> None:
    read = parse_idx(io.BytesIO(encode_idx(array)), "memory")
    assert read.shape == array.shape
    assert np.array_equal(read, array)


@given(st.binary(max_size=64))
def test_arbitrary_bytes_are_read_or_refused_with_a_data_error(data: bytes) -> None:
    for suffix in SUFFIXES:
        try:
            array = parse_idx(io.BytesIO(data), "memory", suffix=suffix)
        except DataError as error:
            assert "memory" in str(error)
        else:
            assert array.dtype == np.uint8


def test_every_packing_round_trips_and_depends_on_the_values_alone(tmp_path: Path) -> None:
    ran = 0
    for suffix in SUFFIXES:
        first, second = tmp_path / f"a{suffix}", tmp_path / f"other{suffix}"
        write_idx(first, IMAGES)
        write_idx(second, IMAGES)
        assert np.array_equal(read_idx(first), IMAGES)
        assert first.read_bytes() == second.read_bytes()
        ran += 1
    assert ran == 3


def test_the_header_is_the_one_that_mnist_has() -> None:
    assert encode_idx(IMAGES)[:16] == b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 4)


def test_every_truncation_of_every_packing_is_refused_by_name(tmp_path: Path) -> None:
    ran = 0
    for suffix in SUFFIXES:
        whole = tmp_path / f"whole{suffix}"
        write_idx(whole, IMAGES)
        data = whole.read_bytes()
        for length in range(len(data)):
            cut = tmp_path / f"cut{suffix}"
            cut.write_bytes(data[:length])
            with pytest.raises(DataError, match="cut"):
                read_idx(cut)
            ran += 1
    assert ran > 100


def test_bytes_after_the_values_are_refused(tmp_path: Path) -> None:
    ran = 0
    long = encode_idx(IMAGES) + b"\0"
    packed = {"": long, ".gz": gzip.compress(long), ".xz": lzma.compress(long)}
    for suffix, data in packed.items():
        path = tmp_path / f"long{suffix}"
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"long.*bytes follow"):
            read_idx(path)
        ran += 1
    assert ran == 3


def test_corrupt_compressed_data_are_refused_by_name(tmp_path: Path) -> None:
    ran = 0
    for suffix in (".gz", ".xz"):
        path = tmp_path / f"bad{suffix}"
        write_idx(path, np.tile(IMAGES, (50, 1, 1)))
        data = bytearray(path.read_bytes())
        for position in (len(data) // 2, len(data) - 6):
            damaged = bytearray(data)
            damaged[position] ^= 0xFF
            path.write_bytes(damaged)
            with pytest.raises(DataError, match="bad"):
                read_idx(path)
            ran += 1
    assert ran == 4


def test_a_header_that_promises_terabytes_is_refused_without_allocating(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", *[0xFFFFFFFF] * 3) + b"few")
    with pytest.raises(DataError, match=r"huge.*holds 3"):
        read_idx(path)


def test_other_types_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "floats"
    path.write_bytes(b"\0\0\x0d\x01" + struct.pack(">If", 1, 1.0))
    with pytest.raises(DataError, match=r"floats.*00 00 0d 01"):
        read_idx(path)
    with pytest.raises(DataError, match="absent"):
        read_idx(tmp_path / "absent")
    with pytest.raises(DataError, match="float64"):
        write_idx(tmp_path / "new", np.zeros(3))


def test_the_digest_of_the_decompressed_bytes_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    write_idx(path, IMAGES)
    right = hashlib.sha256(encode_idx(IMAGES)).hexdigest()
    assert np.array_equal(read_idx(path, sha256=right), IMAGES)
    with pytest.raises(ChecksumError, match=right):
        read_idx(path, sha256="0" * 64)
