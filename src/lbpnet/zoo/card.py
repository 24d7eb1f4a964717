"""The card of a program of the zoo: how it was made, what it reached, what it costs."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

from ..config.strict import from_dict
from ..cost import Operations, whole_cost
from ..errors import ConfigError
from ..program import Program


@dataclass(frozen=True)
class CardData:
    """The images: numbers of each part, and the SHA-256 of all of them."""

    name: str
    licence: str
    train: int
    val: int
    test: int
    sha256: str


@dataclass(frozen=True)
class CardRun:
    """One seed's training; accuracies are fractions, the test set was read once, at the end."""

    seed: int
    epochs: int
    seconds: float
    validation: float | None
    """None where no images were held out."""
    test: float
    commit: str
    command: str
    machine: str


@dataclass(frozen=True)
class CardCost:
    """What `lbpnet cost` counts of the shipped program, in the `whole` convention."""

    file_bytes: int
    table_bytes: int
    packed_table_bytes: int
    ram_bytes: int
    operations: int
    operations_by_kind: Operations
    gates: int


@dataclass(frozen=True)
class CardSpeed:
    """The engine through Python, one thread on one core: microseconds a call of one image, and images a second."""

    p50_us: float
    p99_us: float
    images_per_second: float
    batch: int
    instruction_set: str
    machine: str


@dataclass(frozen=True)
class ZooCard:
    """A card; `overrides` are the fields in which the runs differ from the preset, `right` of `images` were right."""

    name: str
    data: CardData
    preset: str
    overrides: tuple[str, ...]
    augmentation: tuple[str, ...]
    teacher: str | None
    runs: tuple[CardRun, ...]
    shipped_seed: int
    right: int
    images: int
    cost: CardCost
    speed: CardSpeed
    command: str
    commit: str

    @property
    def accuracy(self) -> float:
        """Return the shipped program's test accuracy."""
        return self.right / self.images

    @property
    def mean(self) -> float:
        """Return the mean test accuracy over the seeds."""
        return statistics.fmean(run.test for run in self.runs)

    @property
    def spread(self) -> float | None:
        """Return the standard deviation of the test accuracy over seeds (n - 1), None of one seed."""
        return statistics.stdev(run.test for run in self.runs) if len(self.runs) > 1 else None


def read_card(path: Path) -> ZooCard:
    """Read a card.

    Raises:
        ConfigError: there is none, it is no JSON, or a field is unknown, missing or of the wrong type.
    """
    try:
        return from_dict(ZooCard, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, ConfigError) as error:  # TypeError: a field is missing
        raise ConfigError(f"{path}: not a card of the zoo ({error})") from error


def card_cost(program: Program) -> CardCost:
    """Count a program for its card."""
    whole = whole_cost(program)
    return CardCost(
        file_bytes=whole["stored_bytes"],
        table_bytes=whole["table_bytes"],
        packed_table_bytes=whole["packed_table_bytes"],
        ram_bytes=whole["ram_bytes"],
        operations=sum(whole["ops"].values()),
        operations_by_kind=Operations(**whole["ops"]),
        gates=whole["gates"],
    )


def card_text(card: dict[str, object]) -> str:
    """Return the JSON of a card, as it is stored."""
    return json.dumps(card, indent=1, ensure_ascii=False) + "\n"


def percent(share: float | None) -> str:
    """Print a fraction as `98.36 %`, None as `-`."""
    return "-" if share is None else f"{100 * share:.2f} %"


def mean_and_spread(values: list[float]) -> str:
    """Print fractions as `98.27 ± 0.08 %`: mean and standard deviation (n - 1); of one alone no spread."""
    mean = f"{100 * statistics.fmean(values):.2f}"
    return f"{mean} ± {100 * statistics.stdev(values):.2f} %" if len(values) > 1 else f"{mean} %"
