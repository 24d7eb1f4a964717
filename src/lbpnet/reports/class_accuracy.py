"""Accuracy of each class: training path beside the path that stands for the run."""

from __future__ import annotations

import math
from html import escape

from .cost_figures import show_percent
from .html_text import paragraph
from .run_results import Evaluation


def class_accuracies(evaluation: Evaluation) -> str:
    """Return one row a class with its accuracy as a dot on a common scale."""
    primary = evaluation.paths[evaluation.primary].per_class
    other = evaluation.paths.get("train_path")
    soft: tuple[float | None, ...] = (None,) * len(primary) if other is None else other.per_class
    known = [value for value in (*primary, *soft) if value is not None]
    low = min(0.9, math.floor(min(known, default=0.0) * 10) / 10)
    rows = [_row(name, hard, train, low) for name, hard, train in zip(evaluation.classes, primary, soft, strict=True)]
    beside = "" if other is None else "; open: train_path"
    note = f"Filled: {evaluation.primary}{beside}. Scale from {low:.0%} to 100%."
    return paragraph(note, "note") + '\n<ul class="dots">\n' + "\n".join(rows) + "\n</ul>"


def _row(name: str, hard: float | None, train: float | None, low: float) -> str:
    dots = _dot(train, low, "open") + _dot(hard, low, "filled")
    value = "?" if hard is None else show_percent(hard)
    return (
        f'<li><span class="name">{escape(name)}</span><span class="track">{dots}</span>'
        f'<span class="value">{value}</span></li>'
    )


def _dot(value: float | None, low: float, css: str) -> str:
    if value is None:
        return ""
    place = 100 * (value - low) / (1 - low)
    return f'<i class="{css}" style="left:{place:.2f}%"></i>'
