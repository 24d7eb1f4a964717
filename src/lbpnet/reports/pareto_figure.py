"""Our networks beside the published ones, as a picture: accuracy against each cost."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import shorten

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from .networks import Network

_COSTS = {
    "bytes": "bytes",
    "operations": "operations an image",
    "gates": "two-input gates",
    "latency_us": "µs an image",
}
_OURS, _FREE, _MULTIPLIES = "#b3261e", "#33618d", "#8a8a8a"


def pareto_figure(networks: Sequence[Network], data: str) -> str:
    """Return an SVG of four panels, costs logarithmic.

    The same networks give the same text.
    """
    chosen = [network for network in networks if network.data == data]
    # Text stays text, and identifiers come from a fixed salt instead of a random one.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lbpnet", "font.size": 8}):
        figure = Figure(figsize=(11, 8), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(2, 2)
        for panel, (cost, title) in zip(axes.flat, _COSTS.items(), strict=True):
            _panel(panel, chosen, cost, title)
        figure.suptitle(
            f"{data}: red = ours, whole network; blue = published, no multiplication; grey = published, multiplies. "
            "What published costs count is in the table."
        )
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _panel(panel: Axes, networks: Sequence[Network], cost: str, title: str) -> None:
    panel.set_xlabel(title)
    panel.set_ylabel("accuracy, %")
    panel.grid(alpha=0.3)
    shown = [network for network in networks if getattr(network, cost)]
    if not shown:
        return
    panel.set_xscale("log")
    for network in shown:
        x = getattr(network, cost)
        colour = _OURS if network.ours else _MULTIPLIES if network.multiplies else _FREE
        panel.errorbar(x, network.accuracy, yerr=network.spread, fmt="o" if network.ours else "s", ms=4, color=colour)
        panel.annotate(
            shorten(network.name, 26, placeholder="…"),
            (x, network.accuracy),
            (4, 2),
            textcoords="offset points",
            fontsize=6,
            color=colour,
        )
