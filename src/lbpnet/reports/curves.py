"""Curves over the epochs: loss, accuracy, temperatures, open gates, learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter, ScalarFormatter

from .run_results import EpochRecord, RunResults
from .svg import INK, MUTED, draw_svg, series_colour

_SIZE = (4.6, 2.7)
_FEW = 12


def curve_figures(results: RunResults) -> list[tuple[str, str]]:
    """Return (caption, SVG) of each figure; epochs count from 0, the hard phase is shaded."""
    records = results.epochs
    figures = [
        ("Loss", draw_svg("loss", "Loss by epoch", _SIZE, lambda ax: _loss(ax, records))),
        (
            "Accuracy",
            draw_svg("accuracy", "Accuracy by epoch", _SIZE, lambda ax: _accuracy(ax, results)),
        ),
    ]
    if records[0].alpha:
        temperatures = draw_svg("alpha", "Temperatures by epoch", _SIZE, lambda ax: _temperature(ax, records))
        figures.append(("Temperatures: alpha of each stage, and tau", temperatures))
    if any(share is not None for record in records for share in record.alive_per_stage):
        alive = draw_svg("alive", "Open gates by epoch", _SIZE, lambda ax: _alive(ax, results))
        figures.append(("Share of open gates (alive ratio)", alive))
    rate = draw_svg("rate", "Learning rate by epoch", _SIZE, lambda ax: _rate(ax, records))
    return [*figures, ("Base learning rate", rate)]


def _line(
    ax: Axes,
    records: Sequence[EpochRecord],
    values: Sequence[float | None],
    colour: str,
    label: str | None,
    style: str = "-",
) -> None:
    finite = [v if v is not None and math.isfinite(v) else math.nan for v in values]
    marker = "o" if len(records) <= _FEW else None
    epochs = [record.epoch for record in records]
    ax.plot(epochs, finite, style, color=colour, marker=marker, label=label)


def _finish(ax: Axes, records: Sequence[EpochRecord]) -> None:
    hard = [record.epoch for record in records if record.phase == "hard"]
    if hard:
        ax.axvspan(hard[0] - 0.5, hard[-1] + 0.5, color=MUTED, alpha=0.12, linewidth=0)
    ax.set_xlim(records[0].epoch - 0.5, records[-1].epoch + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch")
    handles, _ = ax.get_legend_handles_labels()
    if handles:
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=min(len(handles), 5))


def _loss(ax: Axes, records: Sequence[EpochRecord]) -> None:
    _line(ax, records, [r.train_loss for r in records], series_colour(0), "training")
    if any(r.val_loss is not None for r in records):
        _line(ax, records, [r.val_loss for r in records], series_colour(1), "validation")
    _finish(ax, records)


def _accuracy(ax: Axes, results: RunResults) -> None:
    records = results.epochs
    _line(ax, records, [r.train_accuracy for r in records], series_colour(0), "training")
    if any(r.val_accuracy is not None for r in records):
        _line(ax, records, [r.val_accuracy for r in records], series_colour(1), "validation")
    best = results.best
    ax.plot([best.epoch], [best.monitor], "o", markersize=7, mfc="none", mec=INK, label="best")
    spread = max(r.monitor for r in records) - min(r.monitor for r in records)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if spread > 0.06 else 1))
    _finish(ax, records)


def _temperature(ax: Axes, records: Sequence[EpochRecord]) -> None:
    for stage in range(len(records[0].alpha)):
        values = [r.alpha[stage] for r in records]
        _line(ax, records, values, series_colour(stage), f"alpha {stage}")
    _line(ax, records, [r.tau for r in records], MUTED, "tau", "--")
    ax.set_ylim(bottom=0.0)
    _finish(ax, records)


def _alive(ax: Axes, results: RunResults) -> None:
    records, target = results.epochs, results.config.alive_ratio_reg
    for stage in range(max(len(r.alive_per_stage) for r in records)):
        values = [r.alive_per_stage[stage] if r.alive_per_stage else None for r in records]
        _line(ax, records, values, series_colour(stage), f"stage {stage}")
    if target.enable:
        ax.axhline(target.target, color=INK, linewidth=1.0, linestyle="--", label="target")
    ax.set_ylim(0.0, 1.0)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _finish(ax, records)


def _rate(ax: Axes, records: Sequence[EpochRecord]) -> None:
    _line(ax, records, [r.lr for r in records], series_colour(0), None)
    formatter = ScalarFormatter(useOffset=False)
    formatter.set_scientific(False)
    ax.yaxis.set_major_formatter(formatter)
    ax.set_ylim(bottom=0.0)
    _finish(ax, records)
