"""The argument PRESET|RUN that several verbs take."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..config import PRESETS, RunConfig, load_config, nearest_hint, validate
from ..errors import ConfigError, RunError


@dataclass(frozen=True)
class Target:
    """A named configuration, and the run folder it came from, if any."""

    name: str
    config: RunConfig
    run: Path | None


def run_name(run: Path) -> str:
    """Return the preset that a run started from, or else the name of its folder."""
    file = run / "environment.json"
    if file.is_file():
        try:
            return str(json.loads(file.read_text(encoding="utf-8")).get("preset", run.resolve().name))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise RunError(f"{file}: not a JSON file ({error})") from error
    return run.resolve().name


def find_target(text: str) -> Target:
    """Return the preset named `text`, the run in folder `text`, or the configuration in JSON file `text`.

    Raises:
        ConfigError: it is none of them.
    """
    if text in PRESETS:
        return Target(text, PRESETS[text], None)
    path = Path(text)
    if (path / "config.json").is_file():
        return Target(run_name(path), load_config(path / "config.json"), path)
    if path.suffix == ".json":
        return Target(path.stem, validate(load_config(path)), None)
    raise ConfigError(
        f"'{text}' is neither a preset nor a run folder{nearest_hint(text, PRESETS)}; `lbpnet ls` lists presets"
    )
