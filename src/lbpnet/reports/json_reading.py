"""Read JSON of a run folder with every value checked; a wrong one names the file and the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import RunError


def read_text(file: Path) -> str:
    """Return a file's text.

    Raises:
        RunError: the file is missing or is not UTF-8.
    """
    if not file.is_file():
        raise RunError(f"{file}: not found; is {file.parent} a run folder?")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RunError(f"{file}: not UTF-8 text ({error})") from error


def parse_object(text: str, where: str) -> dict[str, Any]:
    """Parse one JSON object; `where` names its origin in messages.

    Raises:
        RunError: not JSON, or not an object.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise RunError(f"{where}: not JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(data, dict):
        raise RunError(f"{where}: expected an object, got {type(data).__name__}")
    return data


class Fields:
    """Typed access to the fields of one JSON object; unknown fields are left alone.

    Raises:
        RunError: from every method: the field is missing or has the wrong type.
    """

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self._data = data
        self._where = where

    def _fail(self, name: str, expected: str, got: object) -> RunError:
        return RunError(f"{self._where}: field '{name}': expected {expected}, got {got!r}")

    def value(self, name: str) -> Any:
        """Return the raw value of a field that must be there."""
        if name not in self._data:
            raise RunError(f"{self._where}: field '{name}' is missing")
        return self._data[name]

    def number(self, name: str) -> float:
        """Return a number as float."""
        return self._number(name, self.value(name))

    def optional_number(self, name: str) -> float | None:
        """Return a number, or None for null."""
        raw = self.value(name)
        return None if raw is None else self._number(name, raw)

    def integer(self, name: str) -> int:
        """Return a whole number."""
        raw = self.value(name)
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise self._fail(name, "a whole number", raw)
        return raw

    def fraction(self, name: str) -> float:
        """Return a number from 0 to 1."""
        number = self.number(name)
        if not 0.0 <= number <= 1.0:
            raise self._fail(name, "a fraction from 0 to 1", number)
        return number

    def word(self, name: str, allowed: tuple[str, ...] = ()) -> str:
        """Return a string, one of `allowed` where given."""
        raw = self.value(name)
        if not isinstance(raw, str) or (allowed and raw not in allowed):
            raise self._fail(name, " or ".join(allowed) if allowed else "a string", raw)
        return raw

    def items(self, name: str) -> list[Any]:
        """Return a list."""
        raw = self.value(name)
        if not isinstance(raw, list):
            raise self._fail(name, "a list", raw)
        return raw

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        raw = self.items(name)
        if not all(isinstance(item, str) for item in raw):
            raise self._fail(name, "a list of strings", raw)
        return tuple(raw)

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return a list of numbers."""
        return tuple(self._number(name, item) for item in self.items(name))

    def optional_numbers(self, name: str) -> tuple[float | None, ...]:
        """Return a list of numbers and nulls."""
        raw = self.items(name)
        return tuple(None if item is None else self._number(name, item) for item in raw)

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object."""
        raw = self.value(name)
        if not isinstance(raw, dict):
            raise self._fail(name, "an object", raw)
        return raw

    def _number(self, name: str, raw: object) -> float:
        if not isinstance(raw, (int, float)) or isinstance(raw, bool):
            raise self._fail(name, "a number", raw)
        return float(raw)
