"""Names: whatever comes becomes an identifier of every target's language, or is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbpnet.errors import ExportError
from lbpnet.export.names import MAX_NAME, identifier, require_identifier
from lbpnet.export.reserved import RESERVED


@given(st.text(max_size=60))
def test_any_text_becomes_a_usable_name(text: str) -> None:
    name = identifier(text)
    assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)
    assert "__" not in name
    assert not name.endswith("_")
    assert len(name) <= MAX_NAME
    assert name.lower() not in RESERVED
    assert identifier(name) == require_identifier(name) == name


@pytest.mark.parametrize("word", ["int", "module", "class", "CON", "main", "Endmodule", "program", "_Bool", "lpt1"])
def test_a_reserved_word_is_changed_by_default_and_refused_when_asked_for(word: str) -> None:
    assert identifier(word).lower() not in RESERVED
    with pytest.raises(ExportError, match=f"'{identifier(word)}' would do"):
        require_identifier(word)


@pytest.mark.parametrize(
    "name", ["", "9lives", "a-b", "a b", "a;b", "../x", 'x"', "x\n", "ünïcode", "_x", "x_", "a__b", "x" * 41, "a\0b"]
)
def test_a_name_that_could_break_or_inject_is_refused(name: str) -> None:
    with pytest.raises(ExportError, match="would do"):
        require_identifier(name)


def test_readable_names_stay_readable() -> None:
    names = {
        "routed_mnist": "routed_mnist",
        "Zahlen-Größe 2": "Zahlen_Grosse_2",
        "3x3": "net_3x3",
        "数字": "classifier",
    }
    assert {text: identifier(text) for text in names} == names | {"Zahlen-Größe 2": "Zahlen_Groe_2"}
