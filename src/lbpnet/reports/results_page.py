"""The results document: trained runs, how each was made, and its curve."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lbpnet.reports.headline import wilson_interval
from lbpnet.reports.path_titles import PATH_TITLES
from lbpnet.reports.run_results import FAMILY_PATHS, EpochRecord, RunResults

_INTRODUCTION = """# Results

Written by `lbpnet results`; every figure comes from a run folder. The test set is read once, at the end of a run. The
interval is Wilson's 95 % for one network on its test images; it says nothing of the spread over seeds, which one run
cannot show.
"""

_PHASES = {"soft": "main", "hard": "hard fine-tuning"}


def results_page(runs: Sequence[tuple[str, RunResults]]) -> str:
    """Return the Markdown document of named runs: a summary table, then one section a run."""
    lines = [_INTRODUCTION, _summary(runs)]
    for name, results in runs:
        lines.append(_section(name, results))
    return "\n".join(lines)


def without_folders(command: str) -> str:
    """Return a command without --out and --root, a teacher and absolute paths by name alone: machines differ."""
    command = re.sub(r" --(?:out|root)[ =]\S+", "", command)
    command = re.sub(r"(?<=[ =])/\S*/(?=[^\s/]+(?:\s|$))", "", command)
    return re.sub(r"( --training\.distillation\.teacher[ =])(?:\S*/)?([^\s/]+)/?(?=\s|$)", r"\1\2", command)


def _summary(runs: Sequence[tuple[str, RunResults]]) -> str:
    # Columns of a family that no run belongs to are left out.
    families = {results.config.model.family for _, results in runs}
    paths = [*dict.fromkeys(path for family in FAMILY_PATHS if family in families for path in FAMILY_PATHS[family])]
    rows = [
        "| run | epochs | seed | " + " | ".join(PATH_TITLES[path].en for path in paths) + " |",
        "|---" * (3 + len(paths)) + "|",
    ]
    for name, results in runs:
        own = FAMILY_PATHS[results.config.model.family]
        cells = [_accuracy(results, path) if path in own else "-" for path in paths]
        rows.append(f"| `{name}` | {len(results.epochs)} | {results.config.seed} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _accuracy(results: RunResults, path: str) -> str:
    result = None if results.evaluation is None else results.evaluation.paths.get(path)
    if result is None:
        return "?"
    low, high = wilson_interval(result.accuracy, result.n)
    return f"{100 * result.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _section(name: str, results: RunResults) -> str:
    config, evaluation = results.config, results.evaluation
    machine: Mapping[str, Any] = results.environment.get("machine", {})
    packages: Mapping[str, Any] = results.environment.get("packages", {})
    seconds = sum(record.seconds for record in results.epochs)
    written_for = config.training.schedule_epochs
    schedule = "as written"
    if written_for is not None and written_for != config.training.epochs:
        schedule = f"compressed from {written_for} to {config.training.epochs} epochs"
    monitored = results.epochs[-1].monitor_name.replace("_", " ")
    weights = "?" if evaluation is None else f"`{evaluation.checkpoint}.safetensors`, {evaluation.weights} weights"
    facts = [
        f"command: `{without_folders(results.environment.get('command', '?'))}`",
        f"commit: {results.environment.get('commit', '?')}",
        f"machine: {machine.get('processor', '?')}, {machine.get('torch_threads', '?')} torch thread(s), "
        f"kernels: {machine.get('kernels', '?')}; torch {packages.get('torch', '?')}",
        f"data: {_data(results)}; monitored: {monitored}",
        f"schedule: {schedule}; training time {seconds / 60:.1f} min ({_rate(results.epochs):,.0f} images/s)",
        f"evaluated: {weights}; {_teacher(results)}; augmentation: {'on' if _augmented(results) else 'none'}",
    ]
    text = [f"## {name}", "", *(f"- {fact}" for fact in facts), "", _chart(results.epochs), _table(results.epochs)]
    return "\n".join(text)


def _data(results: RunResults) -> str:
    record = results.data or {}
    sizes = [
        f"{record.get(part, '?')} {name}"
        for part, name in (("train", "training"), ("val", "validation"), ("test", "test"))
    ]
    return f"{record.get('name', '?')}: {', '.join(sizes)} images"


def _teacher(results: RunResults) -> str:
    distillation = results.config.training.distillation
    if distillation.teacher is None:
        return "no teacher"
    record = (results.data or {}).get("teacher") or {}
    return (
        f"teacher: `{record.get('run', '?')}` ({record.get('family', '?')}, {record.get('checkpoint', '?')} weights, "
        f"SHA-256 {record.get('sha256', '?')[:12]}), share {distillation.share:g} at temperature "
        f"{distillation.temperature:g}"
    )


def _augmented(results: RunResults) -> bool:
    augment = results.config.data.augment
    return any((augment.shift, augment.rotation, augment.scale, augment.shear, augment.elastic_alpha))


def _rate(epochs: Sequence[EpochRecord]) -> float:
    return sum(record.images_per_second for record in epochs) / len(epochs)


def _chart(epochs: Sequence[EpochRecord]) -> str:
    training = ", ".join(f"{100 * record.train_accuracy:.2f}" for record in epochs)
    numbers = ", ".join(str(record.epoch + 1) for record in epochs)
    lines = [
        "```mermaid",
        "xychart-beta",
        f"    x-axis epoch [{numbers}]",
        '    y-axis "accuracy, %" 0 --> 100',
        f"    line [{training}]",
    ]
    if all(record.val_accuracy is not None for record in epochs):
        validation = ", ".join(f"{100 * (record.val_accuracy or 0):.2f}" for record in epochs)
        lines.append(f"    line [{validation}]")
    return "\n".join([*lines, "```", ""])


def _table(epochs: Sequence[EpochRecord]) -> str:
    rows = [
        "| epoch | phase | loss | training accuracy | validation accuracy | alive | alpha | tau | learning rate | s |",
        "|---" * 10 + "|",
    ]
    for record in epochs:
        validation = "-" if record.val_accuracy is None else f"{100 * record.val_accuracy:.2f} %"
        alive = "-" if record.alive_ratio is None else f"{record.alive_ratio:.2f}"
        alpha = ", ".join(f"{value:.2f}" for value in record.alpha) or "-"
        tau = f"{record.tau:.2f}" if record.tau else "-"  # 0: the network compares nothing
        rows.append(
            f"| {record.epoch + 1} | {_PHASES[record.phase]} | {record.train_loss:.4f} | "
            f"{100 * record.train_accuracy:.2f} % | {validation} | {alive} | {alpha} | {tau} | "
            f"{record.lr:.1e} | {record.seconds:.0f} |"
        )
    return "\n".join(rows) + "\n"
