"""One self-contained HTML page for one run."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from .class_accuracy import class_accuracies
from .confusion import confusion_matrix
from .cost_section import cost_tables
from .environment import environment_table
from .headline import headline
from .html_text import figures, paragraph, section
from .markdown_subset import markdown_to_html
from .run_results import RunResults


def render_report(results: RunResults, cost: Mapping[str, Any], explained: str) -> str:
    """Return the page; the same arguments give the same text, byte for byte.

    Args:
        results: what `read_run` read; parts that the run lacks become a sentence.
        cost: figures of the three conventions; what is missing prints `?`.
        explained: the Markdown that `explain` wrote for this run, in either language.
    """
    name = results.folder.name or "run"
    parts = [
        section("Result", "result", headline(results)),
        section("Training", "training", _curves(results)),
        section("Learned offsets", "offsets", _offsets(results)),
        section("Confusion matrix", "confusion", _confusion(results)),
        section("Accuracy per class", "classes", _classes(results)),
        section("Misclassified images", "misclassified", _misclassified(results)),
        section("Cost", "cost", cost_tables(cost)),
        section("Configuration", "configuration", _configuration(explained)),
        section("Environment", "environment", environment_table(results.environment)),
    ]
    style = files("lbpnet.reports").joinpath("page.css").read_text(encoding="utf-8")
    model = results.config.model
    kind = {"routed": "multiplication-free", "residual": model.blocks.fusion_type}.get(model.family, model.family)
    subtitle = f"{results.config.data.dataset}, {kind}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(name)} · lbpnet</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            f"<header><p>lbpnet run report</p><h1>{escape(name)}</h1>",
            f"<p>{escape(subtitle)}</p></header>",
            "<main>",
            *parts,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _curves(results: RunResults) -> str:
    from .curves import curve_figures

    note = "Epochs count from 0."
    if any(record.phase == "hard" for record in results.epochs):
        note += " The shaded part is the hard phase."
    if all(share is None for record in results.epochs for share in record.alive_per_stage):
        note += " This network has no gates, so there is no share of open ones."
    return paragraph(note, "note") + "\n" + figures(curve_figures(results), "curves")


def _offsets(results: RunResults) -> str:
    if results.config.model.family == "convolutional":
        return paragraph("A convolutional network samples nowhere in particular.")
    if results.config.model.family != "residual":
        return paragraph("Every kernel has positions of its own; they are in the checkpoint.")
    if results.offsets is None:
        return paragraph("No weights yet: the run folder holds no checkpoint to draw them from.")
    from .offsets import offset_panels

    window = results.config.model.lbp_layer.window
    note = (
        "Where each pattern samples around the pivot (the square), on the pixel grid, in the "
        f"evaluated weights; the outline is the {window}×{window} window. No offset reaches beyond the "
        f"centres of its outermost pixels, {(window - 1) / 2:g} px away along each axis."
    )
    if any(len(offsets) > 1 for offsets in results.offsets):
        note += " Each input channel has offsets of its own; they are drawn over each other."
    return paragraph(note, "note") + "\n" + figures(offset_panels(results), "panels")


def _confusion(results: RunResults) -> str:
    if results.evaluation is None:
        return paragraph("Not evaluated yet, so there is no confusion matrix.")
    return confusion_matrix(results.evaluation)


def _classes(results: RunResults) -> str:
    if results.evaluation is None:
        return paragraph("Not evaluated yet, so there is no accuracy per class.")
    return class_accuracies(results.evaluation)


def _misclassified(results: RunResults) -> str:
    if results.misclassified is None:
        return paragraph("No misclassified images: the run folder holds no misclassified.npz.")
    from .digits import misclassified_images

    classes = None if results.evaluation is None else results.evaluation.classes
    return misclassified_images(results.misclassified, classes)


def _configuration(explained: str) -> str:
    body = markdown_to_html(explained)
    summary = "<summary>Every setting with its value and what it does</summary>"
    return f'<details class="explained">{summary}\n{body}\n</details>'
