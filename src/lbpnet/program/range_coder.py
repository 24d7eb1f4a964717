"""A binary range coder: decisions of known odds in close to the bits that they carry."""

from __future__ import annotations

from ..errors import ProgramError

_TOP = 1 << 32
_BOTTOM = 1 << 24
_ODDS_BITS = 12
_SCALE = 1 << 16
_LEAST = 1 << 5
_MOST_SEEN = 255
_PART = 1 << 16  # larger digits are coded in two parts: the range has 24 bits or more
_AHEAD = 4
"""Bytes that a decoder is ahead of an encoder, and may read after the end, as zeros."""


class Odds:
    """The odds that a decision is 1, learned as it is coded.

    `p` in 1/65536 starts at a half; after each decision `p += (65536 bit - p) * 2 / (2 n + 3)`, with n the decisions
    seen, at most 255, and p kept 32/65536 away from 0 and 1.

    Source: Krichevsky and Trofimov 1981, with a floor on the rate.
    """

    __slots__ = ("p", "seen")

    def __init__(self) -> None:
        self.p = _SCALE // 2
        self.seen = 0

    def learn(self, bit: int) -> None:
        """Move towards what was coded."""
        step = 2 * self.seen + 3
        if bit:
            self.p = min(self.p + (_SCALE - self.p) * 2 // step, _SCALE - _LEAST)
        else:
            self.p = max(self.p - self.p * 2 // step, _LEAST)
        if self.seen < _MOST_SEEN:
            self.seen += 1


class RangeEncoder:
    """Writes decisions and digits; `finish` returns the bytes.

    Source: Martin 1979, carries added into what is already written; 32-bit range, 24 bits at least.
    """

    def __init__(self) -> None:
        self._out = bytearray()
        self._low = 0
        self._range = _TOP - 1

    @property
    def size(self) -> int:
        """Return the bytes written so far, without what `finish` adds."""
        return len(self._out)

    def bit(self, odds: Odds, bit: int) -> None:
        """Write a decision, and learn from it."""
        bound = (self._range >> _ODDS_BITS) * (odds.p >> 4)
        if bit:
            self._range = bound
        else:
            self._low += bound
            self._range -= bound
        odds.learn(bit)
        self._shift()

    def digit(self, value: int, span: int) -> None:
        """Write one of `span` equally likely values."""
        if span > _PART:
            high, low = _halves(span)
            self.digit(value // low, high)
            self.digit(value % low, low)
            return
        part = self._range // span
        self._low += part * value
        self._range = part
        self._shift()

    def finish(self) -> bytes:
        """Return everything written, without up to four zeros at its end, which a decoder reads anyway."""
        for free in (24, 16, 8, 0):
            value = -(-self._low >> free) << free
            if value < self._low + self._range:
                break
        self._low = value
        for _ in range(_AHEAD):
            self._byte()
        kept = len(self._out)
        while kept > max(len(self._out) - _AHEAD, 0) and self._out[kept - 1] == 0:
            kept -= 1
        return bytes(self._out[:kept])

    def _shift(self) -> None:
        while self._range < _BOTTOM:
            self._byte()
            self._range <<= 8

    def _byte(self) -> None:
        if self._low >= _TOP:
            at = len(self._out) - 1
            while self._out[at] == 255:
                self._out[at] = 0
                at -= 1
            self._out[at] += 1
            self._low -= _TOP
        self._out.append(self._low >> 24)
        self._low = (self._low << 8) & (_TOP - 1)


class RangeDecoder:
    """Reads what a `RangeEncoder` wrote.

    Raises:
        ProgramError: more is read than there is.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = _AHEAD
        self._code = int.from_bytes(data[:_AHEAD].ljust(_AHEAD, b"\0"), "big")
        self._range = _TOP - 1

    def bit(self, odds: Odds) -> int:
        """Read a decision, and learn from it."""
        bound = (self._range >> _ODDS_BITS) * (odds.p >> 4)
        bit = int(self._code < bound)
        if bit:
            self._range = bound
        else:
            self._code -= bound
            self._range -= bound
        odds.learn(bit)
        if self._range < _BOTTOM:
            self._shift()
        return bit

    def digit(self, span: int) -> int:
        """Read one of `span` equally likely values."""
        if span > _PART:
            high, low = _halves(span)
            value = self.digit(high) * low + self.digit(low)
            if value >= span:
                raise ProgramError(f"tables: expected a coded value below {span}, got {value}")
            return value
        part = self._range // span
        value = min(self._code // part, span - 1)
        self._code -= part * value
        self._range = part
        self._shift()
        return value

    def finish(self) -> None:
        """Raise a ProgramError where bytes were not needed."""
        shortened = self._at - len(self._data)
        if shortened < 0 or (shortened < _AHEAD and self._data[-1:] == b"\0"):
            raise ProgramError(f"tables: expected at most {self._at} coded bytes, got {len(self._data)}")

    def _shift(self) -> None:
        while self._range < _BOTTOM:
            if self._at >= len(self._data) + _AHEAD:
                raise ProgramError(f"tables: the {len(self._data)} coded bytes end too early")
            self._code = (self._code << 8) & (_TOP - 1) | (self._data[self._at] if self._at < len(self._data) else 0)
            self._at += 1
            self._range <<= 8


def _halves(span: int) -> tuple[int, int]:
    """Return two spans, of a digit's higher and lower part, whose product is `span` or little more."""
    high = -(-span // _PART)
    return high, -(-span // high)
