"""Learned sampling offsets on the pixel grid, one small panel for each stage and pattern."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from .run_results import RunResults
from .svg import INK, MUTED, PAPER, RULE, draw_svg, series_colour

_SIDE = 1.9
_NUMBERED = 16


def offset_panels(results: RunResults) -> list[tuple[str, str]]:
    """Return (caption, SVG) of each panel; no panel where the run has no offsets."""
    if results.offsets is None:
        return []
    window = results.config.model.lbp_layer.window
    panels = []
    for stage, offsets in enumerate(results.offsets):
        for pattern in range(offsets.shape[1]):
            caption = f"Stage {stage}, pattern {pattern}"
            name = f"offsets-{stage}-{pattern}"
            panels.append((caption, _panel(name, caption, offsets[:, pattern], window, stage)))
    return panels


def _panel(name: str, caption: str, offsets: NDArray[np.float32], window: int, stage: int) -> str:
    def draw(ax: Axes) -> None:
        _grid(ax, window)
        for group in offsets:
            _points(ax, group, series_colour(stage), len(offsets))
        ax.plot([0], [0], "s", color=INK, markersize=5)

    return draw_svg(name, f"Learned offsets: {caption}", (_SIDE, _SIDE), draw)


def _grid(ax: Axes, window: int) -> None:
    reach = window / 2
    for step in range(window + 1):
        position = step - reach
        ax.plot([position, position], [-reach, reach], color=RULE, linewidth=0.7)
        ax.plot([-reach, reach], [position, position], color=RULE, linewidth=0.7)
    outline = Rectangle((-reach, -reach), window, window, fill=False, edgecolor=MUTED, linewidth=1.1)
    ax.add_patch(outline)
    margin = reach + 0.12
    ax.set_xlim(-margin, margin)
    ax.set_ylim(margin, -margin)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _points(ax: Axes, points: NDArray[np.float32], colour: str, groups: int) -> None:
    strength = max(0.15, 1.0 / groups)
    for dy, dx in points.tolist():
        ax.plot([0, dx], [0, dy], color=colour, linewidth=0.8, alpha=0.45 * strength)
    size = 9.0 if groups == 1 else 4.0
    for number, (dy, dx) in enumerate(points.tolist()):
        ax.plot([dx], [dy], "o", color=colour, markersize=size, mec=PAPER, mew=0.6, alpha=strength)
        if groups == 1 and len(points) <= _NUMBERED:
            ax.text(dx, dy, str(number), color=PAPER, fontsize=6, ha="center", va="center_baseline")
