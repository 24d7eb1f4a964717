"""The confusion matrix as a table whose cells are shaded by their share of the true class."""

from __future__ import annotations

from html import escape

from .html_text import paragraph
from .run_results import Evaluation

_STRONG = 0.55
_SHORT = 3


def confusion_matrix(evaluation: Evaluation) -> str:
    """Return the matrix of the primary path: rows are true classes, columns predicted ones."""
    counts = evaluation.paths[evaluation.primary].confusion
    names = evaluation.classes
    slanted = ' class="upright"' if max(len(name) for name in names) > _SHORT else ""
    head = "".join(f'<th scope="col"{slanted}><span>{escape(n)}</span></th>' for n in names)
    rows = []
    for true, name in enumerate(names):
        total = int(counts[true].sum())
        cells = "".join(_cell(int(counts[true, called]), total, true == called) for called in range(len(names)))
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    note = (
        f"Path: {evaluation.primary}. Rows are true classes, columns predicted ones; blue is "
        "right, red is wrong, darker is a larger share of its row (red is amplified)."
    )
    return (
        paragraph(note, "note")
        + '\n<div class="scroll"><table class="confusion">\n<thead><tr><td></td>'
        + head
        + "</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table></div>"
    )


def _cell(count: int, total: int, right: bool) -> str:
    if count == 0:
        return '<td class="none">·</td>'
    share = count / total
    # Errors are rare: their square root keeps one in a thousand visible beside the diagonal.
    depth = share if right else min(1.0, 0.08 + 1.6 * share**0.5)
    kind = "right" if right else "wrong"
    strong = " strong" if depth > _STRONG else ""
    return f'<td class="{kind}{strong}" style="--depth:{100 * depth:.0f}%">{count:,}</td>'
