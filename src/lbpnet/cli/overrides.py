"""Fields of a configuration given as options."""

from __future__ import annotations

from collections.abc import Sequence

import tyro

from ..config import RunConfig


def override(config: RunConfig, options: Sequence[str], *, prog: str, description: str) -> RunConfig:
    """Return `config` with the fields that `options` name, `--FIELD VALUE` by dotted name; not validated yet.

    `--help` lists every field with `description` above; an unknown field ends the program with 2.
    """
    return tyro.cli(
        RunConfig,
        args=options,
        default=config,
        prog=prog,
        description=description,
        config=(tyro.conf.FlagConversionOff,),
    )
