"""The prefix code of coded weights: complete, no longer than the decoder takes, decoded by its ranges."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lbpnet.export.c.coded import code_weights
from lbpnet.export.c.huffman import LONGEST, PrefixCode, prefix_code


def decoded(code: PrefixCode, data: bytes, count: int) -> list[int]:
    """What `runtime/lbp_coded.h` does."""
    bits = "".join(f"{byte:08b}" for byte in data) + "0" * LONGEST
    ranges, shortest, found, at = code.ranges(), min(code.lengths.values()), [], 0
    for _ in range(count):
        ahead, step = int(bits[at : at + LONGEST], 2), 0
        while ahead > ranges[2 * step]:
            step += 1
        length = shortest + step
        found.append(code.symbols[(ranges[2 * step + 1] + (ahead >> LONGEST - length)) & 0xFFFF])
        at += length
    return found


@pytest.mark.parametrize("kinds", [1, 2, 3, 17, 81, 256])
def test_what_is_coded_is_decoded(kinds: int) -> None:
    draw = np.random.default_rng(kinds)
    shares = draw.dirichlet(np.full(kinds, 0.3))
    data = draw.choice(draw.permutation(256)[:kinds], 3000, p=shares).tolist()
    code = prefix_code(Counter(data))
    assert decoded(code, code.encode(data), len(data)) == data
    entropy = -sum(count * np.log2(count / len(data)) for count in Counter(data).values())
    assert entropy - 1e-6 <= sum(code.lengths[byte] for byte in data) <= entropy + len(data)


def test_codes_are_complete_and_none_is_too_long() -> None:
    counts = Counter({symbol: 1 << min(symbol, 60) for symbol in range(200)})  # without a limit, 60 bits
    code = prefix_code(counts)
    assert max(code.lengths.values()) <= LONGEST
    assert sum(2.0**-length for length in code.lengths.values()) == 1
    data = list(range(200))
    assert decoded(code, code.encode(data), 200) == data


def test_lengths_lead_from_window_row_to_window_row() -> None:
    blocks = [bytes([0, 0, 7, 1]), bytes([1, 0, 0, 0]), bytes(40)]
    coded = code_weights([blocks, blocks[:1]])
    assert coded is not None and coded.firsts[0] == 0
    at = 0
    for block in [*blocks, blocks[0]]:
        size = int.from_bytes(coded.weights[at : at + 2], "little")
        assert decoded(coded.code, coded.weights[at + 2 : at + 2 + size], len(block)) == list(block)
        at += 2 + size
        if block == blocks[-1]:
            assert coded.firsts[1] == at


def test_a_row_of_windows_too_long_for_its_length_is_not_coded() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 1 << 17, np.uint8).tobytes()
    assert code_weights([[noise]]) is None
