"""Strict conversion between frozen dataclasses and JSON: unknown keys and wrong types are errors."""

from __future__ import annotations

import dataclasses
import json
import os
import types
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import ConfigError
from ..text_files import write_text
from .nearest import nearest_hint
from .run import RunConfig

T = TypeVar("T")


def to_dict(config: Any) -> dict[str, Any]:
    """Return the nested plain dictionary of a configuration (tuples become lists)."""
    result = json.loads(json.dumps(dataclasses.asdict(config)))
    if not isinstance(result, dict):
        raise ConfigError(f"expected a configuration dataclass, got {type(config).__name__}")
    return result


def from_dict(cls: type[T], data: object, *, base: T | None = None, path: str = "") -> T:
    """Build dataclass `cls` from nested dictionaries.

    Args:
        cls: a frozen dataclass.
        data: nested dictionaries; missing keys keep the value of `base` (or the default).
        base: values of missing keys.
        path: dotted name of `data`, for messages.

    Raises:
        ConfigError: an unknown key or a value of the wrong type, named by its dotted path.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"{path or 'configuration'}: expected an object with fields, got {data!r}")
    hints = get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}  # pyright: ignore[reportArgumentType]
    values: dict[str, Any] = {}
    for key, value in data.items():
        full = f"{path}.{key}" if path else str(key)
        if key not in fields:
            hint = nearest_hint(str(key), sorted(fields), prefix=f"{path}." if path else "")
            raise ConfigError(f"unknown field '{full}'{hint}")
        # An object that names only some fields keeps this field's own default, not its class's.
        inner = _default(fields[key]) if base is None else getattr(base, key)
        values[key] = _convert(hints[key], value, full, inner)
    return cls(**values) if base is None else dataclasses.replace(base, **values)  # pyright: ignore[reportArgumentType, reportReturnType, reportCallIssue]


def _default(field: dataclasses.Field[Any]) -> Any:
    return None if field.default_factory is dataclasses.MISSING else field.default_factory()


def _convert(hint: Any, value: Any, path: str, base: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        return from_dict(hint, value, base=base, path=path)  # pyright: ignore[reportArgumentType]
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _convert_union(hint, value, path)
    if origin is Literal:
        if value not in get_args(hint):
            expected = ", ".join(repr(a) for a in get_args(hint))
            close = nearest_hint(str(value), [str(a) for a in get_args(hint)])
            raise ConfigError(f"{path}: expected one of {expected}, got {value!r}{close}")
        return value
    if origin is tuple:
        return _convert_tuple(hint, value, path)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (bool, int, float, str) and type(value) is hint:
        return value
    raise ConfigError(f"{path}: expected {_describe(hint)}, got {value!r}")


def _convert_union(hint: Any, value: Any, path: str) -> Any:
    for option in get_args(hint):
        if option is type(None):
            if value is None:
                return None
            continue
        try:
            return _convert(option, value, path, None)
        except ConfigError:
            continue
    raise ConfigError(f"{path}: expected {_describe(hint)}, got {value!r}")


def _convert_tuple(hint: Any, value: Any, path: str) -> tuple[Any, ...]:
    args = get_args(hint)
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{path}: expected {_describe(hint)}, got {value!r}")
    if args[-1] is Ellipsis:
        return tuple(_convert(args[0], v, f"{path}[{i}]", None) for i, v in enumerate(value))
    if len(args) != len(value):
        raise ConfigError(f"{path}: expected {len(args)} values, got {len(value)}: {value!r}")
    return tuple(_convert(a, v, f"{path}[{i}]", None) for i, (a, v) in enumerate(zip(args, value, strict=True)))


def _describe(hint: Any) -> str:
    if get_origin(hint) is tuple:
        inner = [a for a in get_args(hint) if a is not Ellipsis]
        return f"a list of {_describe(inner[0])}"
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_describe(a) for a in get_args(hint))
    return "null" if hint is type(None) else getattr(hint, "__name__", str(hint))


def save_config(config: RunConfig, path: str | os.PathLike[str]) -> None:
    """Write a configuration as JSON."""
    write_text(Path(path), json.dumps(to_dict(config), indent=2) + "\n")


def load_config(path: str | os.PathLike[str], *, base: RunConfig | None = None) -> RunConfig:
    """Read a JSON configuration; fields it does not name keep those of `base` (or the defaults).

    Raises:
        ConfigError: the file is missing, is not JSON, or names a wrong field, type or value.
    """
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"configuration file not found: {file}")
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not a JSON file ({error})") from error
    try:
        return from_dict(RunConfig, data, base=base)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from error
