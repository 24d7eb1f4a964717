"""The figures at the top of the page: test accuracy of each path, and what was monitored."""

from __future__ import annotations

import math
from html import escape

from .cost_figures import show_percent
from .html_text import paragraph
from .path_titles import PATH_TITLES
from .run_results import FAMILY_PATHS, Evaluation, RunResults


def headline(results: RunResults) -> str:
    """Return the test accuracies as tiles, then what was monitored and how training went."""
    evaluation = results.evaluation
    if evaluation is None:
        tiles = paragraph("Not evaluated yet: the run folder holds no evaluation.json.", "absent")
    else:
        tiles = _tiles(evaluation, FAMILY_PATHS[results.config.model.family])
    return "\n".join([tiles, paragraph(_monitored(results)), paragraph(_course(results))])


def _tiles(evaluation: Evaluation, paths: tuple[str, ...]) -> str:
    cells = []
    for name in paths:
        css = "tile primary" if name == evaluation.primary else "tile"
        if name in evaluation.paths:
            result = evaluation.paths[name]
            figure = show_percent(result.accuracy)
            low, high = wilson_interval(result.accuracy, result.n)
            detail = f"n = {result.n:,}; 95% interval {100 * low:.2f} to {100 * high:.2f}"
        else:
            figure, detail = "?", "not evaluated"
        cells.append(
            f'<div class="{css}"><span class="label">{escape(PATH_TITLES[name].en)}</span>'
            f'<span class="figure">{figure}</span><span class="detail">{detail}</span></div>'
        )
    note = (
        f"Test accuracy of one run, of the {evaluation.checkpoint} checkpoint with "
        f"{evaluation.weights} weights. The interval is the binomial uncertainty of the test set; "
        "how far other seeds would land can't be read from one run."
    )
    return f'<div class="tiles">\n{"".join(cells)}\n</div>\n' + paragraph(note, "note")


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval (fractions) of a share observed on n images."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _monitored(results: RunResults) -> str:
    best = results.best
    value = f"{show_percent(best.monitor)} in epoch {best.epoch} (counted from 0)"
    if best.monitor_name == "train_accuracy":
        return (
            f"Monitored was the training accuracy, as no validation images are held out "
            f"(data.val_size = {results.config.data.val_size}): best {value}."
        )
    held_out = results.config.data.val_size if results.data is None else results.data.get("val", "?")
    return f"Monitored was the validation accuracy on {held_out} images held out: best {value}."


def _course(results: RunResults) -> str:
    records = results.epochs
    minutes = sum(record.seconds for record in records) / 60
    rates = sorted(record.images_per_second for record in records)
    words = [
        f"Epochs run: {len(records)} of {results.config.training.epochs}, in {minutes:.1f} minutes "
        f"(median {rates[len(rates) // 2]:,.0f} images per second)."
    ]
    hard = [record.epoch for record in records if record.phase == "hard"]
    if results.config.model.family == "residual":
        words.append(f"Hard phase from epoch {hard[0]} on." if hard else "No hard phase was reached.")
    names = sorted({name for record in records for name in record.frozen})
    lasts = [max(r.epoch for r in records if name in r.frozen) for name in names]
    frozen = [f"{name} through epoch {last}" for name, last in zip(names, lasts, strict=True)]
    if frozen:
        words.append(f"Frozen: {', '.join(frozen)}.")
    softened = [str(record.epoch) for record in records if record.guard == "softened"]
    if softened:
        words.append(f"Softened by the collapse guard: epoch {', '.join(softened)}.")
    return " ".join(words)
