"""One statement in both languages of the explained configuration."""

from __future__ import annotations

from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """The same statement in Chinese and in English, with the same figures."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Return the statement in `lang`."""
        return self.zh if lang == "zh" else self.en
