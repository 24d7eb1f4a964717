"""The nearest valid name, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_hint(name: str, valid: Iterable[str], *, prefix: str = "") -> str:
    """Return `"; did you mean 'x'?"`, or the list of valid names where none is close; `prefix` goes before each."""
    names = list(valid)
    # A slip of the pen first; then a longer form (`evaluate` of `eval`), before words of like letters (`ablate`).
    forms = [n for n in names if len(n) > 2 and name.startswith(n)]
    slips = get_close_matches(name, names, n=1, cutoff=0.85)
    close = slips or forms or get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{prefix}{close[0]}'?"
    return f"; valid: {', '.join(prefix + n for n in names)}"
