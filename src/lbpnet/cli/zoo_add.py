"""Makes an entry of the zoo from run folders."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..data.atomic import write_atomically
from ..data.dataset import Dataset
from ..data.load import load_dataset
from ..engine import Classifier, load
from ..errors import RunError
from ..program import to_bytes
from ..program.locate import PREFIX, SUFFIX
from ..reports import RunResults, read_run
from ..reports.config_leaves import config_leaves, show_value
from ..reports.results_page import without_folders
from ..reports.run_lines import NOT_RECIPE, machine_name, recipe, teacher_name, validation_accuracy
from ..zoo import CardData, CardRun, ZooCard, card_cost, card_text, mean_and_spread, percent
from .freeze import FreezeOptions, freeze
from .target import run_name
from .zoo_time import measure_speed

_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


def add_to_zoo(runs: Sequence[Path], name: str, *, seconds: float, folder: Path) -> list[str]:
    """Ship the run that is best on validation images; return lines that say what was written.

    Where the runs held none out (their recipe was chosen on other runs that did), the first is shipped.

    Raises:
        RunError: the runs are not of one configuration, a seed comes twice, one lacks its evaluation, or the
            program classifies the test set otherwise than its evaluation says.
    """
    if not _NAME.fullmatch(name):
        raise RunError(f"--name {name!r}: expected lower-case words and digits with - between them, as in mnist-9k")
    if not runs:
        raise RunError("expected at least one run folder, got none; `lbpnet train` makes them")
    found = [read_run(run) for run in runs]
    _require_one_recipe(found)
    card_runs = [_card_run(results) for results in found]
    best = max(range(len(found)), key=lambda index: card_runs[index].validation or 0.0)
    with tempfile.TemporaryDirectory(prefix="lbpnet-zoo-") as place:
        path = Path(place) / f"{name}{SUFFIX}"
        said = freeze(FreezeOptions(found[best].folder, path))
        classifier = load(path)
    dataset = load_dataset(found[best].config.data)
    right = _right(classifier, dataset)
    _require_equal(right, found[best])
    data = to_bytes(classifier.program)
    card = _card(name, runs, found[best], card_runs, best, right, classifier, dataset, seconds)
    write_atomically(folder / f"{name}{SUFFIX}", data)
    write_atomically(folder / f"{name}.json", card_text(asdict(card)).encode())
    shipped = card_runs[best]
    return [
        *said[1:],
        f"shipped: seed {shipped.seed}, validation {percent(shipped.validation)}, test {percent(shipped.test)}",
        f"{len(runs)} seed(s): test {mean_and_spread([run.test for run in card_runs])}",
        f"{folder / name}{SUFFIX}: {len(data):,} bytes; use it as {PREFIX}{name}",
    ]


def _require_one_recipe(found: Sequence[RunResults]) -> None:
    seeds = [results.config.seed for results in found]
    if len(set(seeds)) != len(seeds):
        raise RunError(f"expected one run a seed, got the seeds {', '.join(map(str, sorted(seeds)))}")
    for results in found[1:]:
        differing = [
            field
            for (field, value), (_, first) in zip(
                config_leaves(results.config), config_leaves(found[0].config), strict=True
            )
            if value != first and not field.startswith((*NOT_RECIPE, "model.routed.seed"))
        ]
        if differing:
            raise RunError(
                f"{results.folder}: expected the configuration of {found[0].folder} but for the seed, got another "
                f"{', '.join(differing)}"
            )


def _card_run(results: RunResults) -> CardRun:
    evaluation, epochs, validation = results.evaluation, results.epochs, validation_accuracy(results)
    if evaluation is None:
        raise RunError(f"{results.folder}: not evaluated; `lbpnet eval` does it")
    return CardRun(
        seed=results.config.seed,
        epochs=len(epochs),
        seconds=round(sum(record.seconds for record in epochs), 1),
        validation=validation,
        test=evaluation.paths[evaluation.primary].accuracy,
        commit=str(results.environment.get("commit", "?")),
        command=without_folders(str(results.environment.get("command", "?"))),
        machine=machine_name(results),
    )


def _right(classifier: Classifier, dataset: Dataset) -> int:
    return int(np.count_nonzero(classifier.predict(dataset.test.images) == dataset.test.labels))


def _require_equal(right: int, results: RunResults) -> None:
    evaluation = results.evaluation
    expected = 0 if evaluation is None else int(np.trace(evaluation.paths[evaluation.primary].confusion))
    if right != expected:
        raise RunError(f"{results.folder}: its evaluation has {expected} right answers, its program gives {right}")


def _card(
    name: str,
    runs: Sequence[Path],
    shipped: RunResults,
    card_runs: Sequence[CardRun],
    best: int,
    right: int,
    classifier: Classifier,
    dataset: Dataset,
    seconds: float,
) -> ZooCard:
    from ..training.environment import describe_environment

    preset, config, record = run_name(shipped.folder), shipped.config, shipped.data or {}
    known = {key: record[key] for key in ("name", "licence", "train", "val", "test", "sha256")}
    return ZooCard(
        name=name,
        data=CardData(**known),
        preset=preset,
        overrides=recipe(config, preset),
        augmentation=tuple(
            f"{field} {show_value(value)}"
            for field, value in config_leaves(config.data.augment)
            if value and field != "elastic_sigma"
        ),
        teacher=teacher_name(shipped),
        runs=tuple(card_runs),
        shipped_seed=card_runs[best].seed,
        right=right,
        images=len(dataset.test),
        cost=card_cost(classifier.program),
        speed=measure_speed(classifier, dataset.test.images, seconds),
        command=f"lbpnet zoo add {' '.join(run.resolve().name for run in runs)} --name {name}",
        commit=describe_environment()["commit"],
    )
