"""Networks to set beside each other: accuracy, cost, and what each figure counts."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config.strict import from_dict
from .run_lines import RunLine

WHOLE = "whole"
"""Accounting of our figures: everything from pixels to the class, head included."""
_PUBLISHED = Path(__file__).with_name("published_networks.json")


@dataclass(frozen=True)
class Network:
    """A network's figures; None is unknown, never 0. `..._of` says what a figure counts, or where it was measured.

    Attributes:
        name: what it is called.
        data: data set.
        accuracy: percent on its test set; of ours, the mean over seeds.
        source: where the figures stand; of ours, how many seeds.
        spread: standard deviation over seeds, percentage points.
        bytes: stored.
        operations: an image.
        gates: two-input gates or their equivalents.
        latency_us: microseconds an image.
        multiplies: whether it multiplies while it classifies.
        evidence: whether the source was read, or is told by a third party or derived.
    """

    name: str
    data: str
    accuracy: float
    source: str
    spread: float | None = None
    bytes: float | None = None
    bytes_of: str | None = None
    operations: float | None = None
    operations_of: str | None = None
    gates: float | None = None
    gates_of: str | None = None
    latency_us: float | None = None
    latency_of: str | None = None
    multiplies: bool = False
    evidence: str | None = None

    @property
    def ours(self) -> bool:
        """Return whether it is one of this package's: measured here, not told."""
        return self.evidence is None


@dataclass(frozen=True)
class Networks:
    """The file of published networks."""

    networks: tuple[Network, ...]


def published_networks() -> tuple[Network, ...]:
    """Return the published networks that ship with lbpnet."""
    return from_dict(Networks, json.loads(_PUBLISHED.read_text(encoding="utf-8"))).networks


def network_of_runs(name: str, group: Sequence[RunLine]) -> Network | None:
    """Return the network of the runs of one recipe that have ended; None where none has."""
    ended = [line for line in group if line.test is not None]
    if not ended:
        return None
    tests = [100 * line.test for line in ended if line.test is not None]
    return Network(
        name=name,
        data=ended[0].data,
        accuracy=statistics.fmean(tests),
        spread=statistics.stdev(tests) if len(tests) > 1 else None,
        source=f"{len(ended)} seed(s)",
        bytes=_mean([line.file_bytes for line in ended]),
        bytes_of=WHOLE,
        operations=_mean([line.operations for line in ended]),
        operations_of=WHOLE,
        gates=_mean([line.gates for line in ended]),
        gates_of=WHOLE,
        multiplies=bool(ended[0].multiplies),
    )


def _mean(values: Sequence[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
