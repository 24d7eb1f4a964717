"""Read `metrics.jsonl`: one JSON object an epoch, numbered from 0 without gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ..errors import RunError
from .json_reading import Fields, parse_object, read_text
from .run_results import EpochRecord


def read_metrics(file: Path) -> tuple[EpochRecord, ...]:
    """Return the epochs of a run.

    Raises:
        RunError: missing, empty, or a damaged line, named by its number.
    """
    lines = read_text(file).splitlines()
    records = [_record(line, f"{file} line {number}") for number, line in enumerate(lines, 1)]
    if not records:
        raise RunError(f"{file}: holds no epoch yet")
    for number, record in enumerate(records):
        if record.epoch != number:
            raise RunError(f"{file} line {number + 1}: expected epoch {number}, got epoch {record.epoch}")
    return tuple(records)


def _record(line: str, where: str) -> EpochRecord:
    fields = Fields(parse_object(line, where), where)
    penalties = Fields(fields.mapping("penalties"), f"{where}: penalties")
    values: dict[str, Any] = {
        name: fields.number(name) for name in ("train_loss", "monitor", "lr", "tau", "grad_norm", "seconds")
    }
    return EpochRecord(
        epoch=fields.integer("epoch"),
        train_accuracy=fields.fraction("train_accuracy"),
        val_loss=fields.optional_number("val_loss"),
        val_accuracy=fields.optional_number("val_accuracy"),
        monitor_name=cast(Any, fields.word("monitor_name", ("val_accuracy", "train_accuracy"))),
        alpha=fields.numbers("alpha"),
        alive_ratio=fields.optional_number("alive_ratio"),
        alive_per_stage=fields.optional_numbers("alive_per_stage"),
        penalties={name: penalties.number(name) for name in fields.mapping("penalties")},
        phase=cast(Any, fields.word("phase", ("soft", "hard"))),
        frozen=fields.words("frozen"),
        guard=cast(Any, fields.word("guard", ("off", "watching", "softened"))),
        images_per_second=fields.number("images_per_second"),
        **values,
    )
