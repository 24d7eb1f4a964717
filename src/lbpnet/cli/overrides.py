"""Fields of a configuration given as options."""

from __future__ import annotations

from collections.abc import Sequence

import tyro

from ..config import RunConfig, validate


def override(config: RunConfig, options: Sequence[str], *, prog: str, description: str) -> RunConfig:
    """Return `config` with the fields that `options` name, `--FIELD VALUE` by dotted name, validated.

    `--help` lists every field with `description` above; an unknown field ends the program with 2.

    Raises:
        ConfigError: a value is wrong.
    """
    changed = tyro.cli(
        RunConfig,
        args=options,
        default=config,
        prog=prog,
        description=description,
        config=(tyro.conf.FlagConversionOff,),
    )
    return validate(changed)
