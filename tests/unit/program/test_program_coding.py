"""The range coder and the model of weights: what is written is read, in as few bytes as the odds allow."""

from __future__ import annotations

import numpy as np
import pytest

from lbpnet.errors import ProgramError
from lbpnet.program.range_coder import Odds, RangeDecoder, RangeEncoder
from lbpnet.program.varints import NumberReader, put_number, put_signed
from lbpnet.program.weight_model import MOST, decode_weights, encode_weights


def test_mixed_decisions_and_digits_come_back_and_the_bytes_end_where_they_end() -> None:
    ran = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        count = int(draw.integers(0, 400))
        spans = [int(span) for span in 1 << draw.integers(1, 33, count)]
        spans = [max(2, span - int(draw.integers(0, 3))) for span in spans]
        # Mostly 0: low stays 0, and the stream ends in zeros.
        values = [int(draw.integers(span)) if draw.random() < seed / 300 else 0 for span in spans]
        bits = [int(draw.random() < 0.05) for _ in range(count)]
        encoder, odds = RangeEncoder(), Odds()
        for value, span, bit in zip(values, spans, bits, strict=True):
            encoder.digit(value, span)
            encoder.bit(odds, bit)
        data = encoder.finish()
        decoder, odds = RangeDecoder(data), Odds()
        assert [(decoder.digit(span), decoder.bit(odds)) for span in spans] == list(zip(values, bits, strict=True))
        decoder.finish()
        ran += 1
    assert ran == 300


def test_carries_run_through_bytes_of_255() -> None:
    ran = 0
    for length in range(1, 40):
        encoder = RangeEncoder()
        digits = [255, *[255] * length, 254, 255, 255]
        for digit in digits:
            encoder.digit(digit, 256)
            encoder.digit(2, 3)
        decoder = RangeDecoder(encoder.finish())
        assert [(decoder.digit(256), decoder.digit(3)) for _ in digits] == [(digit, 2) for digit in digits]
        decoder.finish()
        ran += 1
    assert ran == 39


def test_digits_take_the_bits_of_their_span() -> None:
    ran = 0
    for span in (2, 3, 10, 25, 40, 255, 1000, 40_000, 1 << 20, 1 << 32):
        values = np.random.default_rng(span).integers(0, span, 2000).tolist()
        encoder = RangeEncoder()
        for value in values:
            encoder.digit(value, span)
        assert len(encoder.finish()) <= 1.005 * 2000 * np.log2(span) / 8 + 2
        ran += 1
    assert ran == 10


def test_odds_are_learned_close_to_the_entropy() -> None:
    draw = np.random.default_rng(0)
    ran = 0
    for share in (0.001, 0.02, 0.2, 0.5, 0.9):
        bits = (draw.random(20_000) < share).astype(int).tolist()
        encoder, odds = RangeEncoder(), Odds()
        for bit in bits:
            encoder.bit(odds, bit)
        ones = sum(bits) / len(bits)
        entropy = -(ones * np.log2(ones) + (1 - ones) * np.log2(1 - ones)) * len(bits) / 8
        assert len(encoder.finish()) < 1.03 * entropy + 16
        ran += 1
    assert ran == 5


def test_weights_of_every_magnitude_come_back() -> None:
    ran = 0
    for most in range(1, MOST + 1):
        for shape in ((1, 1), (2, 7), (10, 33), (70, 2)):
            draw = np.random.default_rng(most)
            weights = draw.integers(-most, most + 1, shape).astype(np.int32)
            weights.flat[0] = -most
            encoder = RangeEncoder()
            encode_weights(encoder, weights)
            decoder = RangeDecoder(encoder.finish())
            assert np.array_equal(decode_weights(decoder, shape, most), weights)
            decoder.finish()
            ran += 1
    assert ran == MOST * 4


def test_coded_bytes_that_lack_or_have_too_many_are_refused() -> None:
    encoder = RangeEncoder()
    values = np.random.default_rng(0).integers(0, 1000, 200).tolist()
    for value in values:
        encoder.digit(value, 1000)
    data = encoder.finish()

    def read(changed: bytes) -> None:
        decoder = RangeDecoder(changed)
        for _ in values:
            decoder.digit(1000)
        decoder.finish()

    read(data)
    ran = 0
    for cut in range(5, len(data)):
        with pytest.raises(ProgramError, match="end too early"):
            read(data[:-cut])
        ran += 1
    for more in (b"\0", b"\0\0", bytes(10), b"\xff" * 10):
        with pytest.raises(ProgramError, match="coded bytes"):
            read(data + more)
        ran += 1
    assert ran == len(data) - 1


def test_a_value_beyond_its_span_is_refused() -> None:
    encoder = RangeEncoder()
    encoder.digit(99_999, 100_000)
    assert RangeDecoder(encoder.finish()).digit(100_000) == 99_999
    with pytest.raises(ProgramError, match="below 99999, got"):
        RangeDecoder(b"\xff" * 8).digit(99_999)


def test_numbers_come_back_and_longer_forms_are_refused() -> None:
    out, ran = bytearray(), 0
    numbers = [0, 1, 127, 128, 16_383, 16_384, (1 << 31) - 1, (1 << 32) - 1]
    signed = [0, -1, 1, 63, -64, 64, (1 << 31) - 1, -(1 << 31)]
    for number, value in zip(numbers, signed, strict=True):
        put_number(out, number)
        put_signed(out, value)
    reader = NumberReader(bytes(out))
    for number, value in zip(numbers, signed, strict=True):
        assert (reader.number("n"), reader.signed("s")) == (number, value)
        ran += 1
    reader.finish("numbers")
    for wrong in (b"", b"\x80", b"\x80\x00", b"\xff\x80\x00", b"\xff" * 4 + b"\x7f", b"\xff" * 20, b"\x85\x00"):
        with pytest.raises(ProgramError, match="n: expected"):
            NumberReader(wrong).number("n")
        ran += 1
    with pytest.raises(ProgramError, match="from 0 to 6, got 7"):
        NumberReader(b"\7").number("n", 6)
    assert ran == 8 + 7
