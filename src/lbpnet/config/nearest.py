"""The nearest valid name, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_hint(name: str, valid: Iterable[str], *, prefix: str = "") -> str:
    """Return `"; did you mean 'x'?"`, or the list of valid names where none is close; `prefix` goes before each."""
    names = list(valid)
    # A longer form (`evaluate` of `eval`) is meant before another word of like letters (`ablate`).
    forms = [n for n in names if len(n) > 2 and name.startswith(n)]
    close = forms or get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{prefix}{close[0]}'?"
    return f"; valid: {', '.join(prefix + n for n in names)}"
