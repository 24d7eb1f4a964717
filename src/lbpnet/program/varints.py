"""Whole numbers of a few bytes, one after the other."""

from __future__ import annotations

from ..errors import ProgramError

_MOST_BYTES = 5
_LARGEST = (1 << 32) - 1


def put_number(out: bytearray, value: int) -> None:
    """Append 0 to 2^32 - 1: seven bits a byte, lowest first; the highest bit says that more follow (LEB128)."""
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def put_signed(out: bytearray, value: int) -> None:
    """Append -2^31 to 2^31 - 1, as 2 v where v >= 0 and -2 v - 1 where not."""
    put_number(out, 2 * value if value >= 0 else -2 * value - 1)


class NumberReader:
    """Reads numbers and bytes in order.

    Raises:
        ProgramError: nothing is left, or a number is too large or longer than it need be; names the field.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, where: str, high: int = _LARGEST) -> int:
        """Read a number from 0 to `high`."""
        value = 0
        for place in range(_MOST_BYTES):
            byte = self.take(1, where)[0]
            value |= (byte & 127) << 7 * place
            if byte < 128:
                if byte == 0 and place:
                    break
                if value > high:
                    raise ProgramError(f"{where}: expected an integer from 0 to {high}, got {value}")
                return value
        raise ProgramError(f"{where}: expected an integer from 0 to {high} in as few bytes as it needs")

    def signed(self, where: str) -> int:
        """Read a signed number of 32 bits."""
        value = self.number(where)
        return -(value // 2) - 1 if value % 2 else value // 2

    def take(self, count: int, where: str) -> bytes:
        """Read `count` bytes."""
        if count > len(self._data) - self._at:
            raise ProgramError(f"{where}: expected {count} bytes, {len(self._data) - self._at} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def finish(self, where: str) -> None:
        """Raise a ProgramError where something is left."""
        if self._at != len(self._data):
            raise ProgramError(f"{where}: expected {self._at} bytes, got {len(self._data)}")

    def rest(self) -> bytes:
        """Read everything that is left."""
        return self.take(len(self._data) - self._at, "rest")
