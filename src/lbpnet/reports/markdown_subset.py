"""Turn the Markdown that `explain` writes (headings, lists, bold, code) into HTML."""

from __future__ import annotations

import re
from html import escape

_HEADING = re.compile(r"(#{1,4}) (.+)")
_SPAN = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*")


def markdown_to_html(text: str) -> str:
    """Return headings (three levels lower), flat lists and paragraphs; all text is escaped."""
    parts: list[str] = []
    in_list = False
    for line in text.splitlines():
        is_item = line.startswith("- ")
        if in_list and not is_item:
            parts.append("</ul>")
        if is_item and not in_list:
            parts.append("<ul>")
        in_list = is_item
        heading = _HEADING.fullmatch(line)
        if is_item:
            parts.append(f"<li>{_spans(line[2:])}</li>")
        elif heading is not None:
            level = min(6, len(heading.group(1)) + 2)
            parts.append(f"<h{level}>{_spans(heading.group(2))}</h{level}>")
        elif line.strip():
            parts.append(f"<p>{_spans(line)}</p>")
    return "\n".join([*parts, "</ul>"] if in_list else parts)


def _spans(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _SPAN.finditer(line):
        pieces.append(escape(line[end : match.start()]))
        code, bold = match.groups()
        pieces.append(f"<code>{escape(code)}</code>" if bold is None else f"<b>{_spans(bold)}</b>")
        end = match.end()
    return "".join([*pieces, escape(line[end:])])
