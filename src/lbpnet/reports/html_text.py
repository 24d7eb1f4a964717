"""Pieces of HTML that several parts of the page are made of; all text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def paragraph(text: str, css: str = "") -> str:
    """Return one paragraph of plain text."""
    attribute = f' class="{css}"' if css else ""
    return f"<p{attribute}>{escape(text)}</p>"


def section(title: str, anchor: str, body: str) -> str:
    """Return a titled section of the page."""
    return f'<section id="{anchor}">\n<h2>{escape(title)}</h2>\n{body}\n</section>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], css: str = "") -> str:
    """Return a table of plain text that scrolls sideways where the screen is narrow."""
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    opening = f'<div class="scroll"><table class="{css}">'
    heading = f"<thead><tr>{header}</tr></thead>\n" if head else ""
    return f"{opening}\n{heading}<tbody>\n{body}\n</tbody></table></div>"


def figures(items: Iterable[tuple[str, str]], css: str) -> str:
    """Return (caption, SVG) pairs as a grid of figures; the captions are escaped."""
    cells = "\n".join(f"<figure><figcaption>{escape(caption)}</figcaption>\n{svg}\n</figure>" for caption, svg in items)
    return f'<div class="{css}">\n{cells}\n</div>'
