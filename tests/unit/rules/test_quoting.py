import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.rules import quoting
from tests.support.written import quoted_if_needed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  optional  ", [("optional", None)]),
        ("position=1 min=2", [("position", "1"), ("min", "2")]),
        ('label="Practitioner id"', [("label", "Practitioner id")]),
        ("label='say \"hi\"'", [("label", 'say "hi"')]),
        ("label=“Practitioner id”", [("label", "Practitioner id")]),
        (r"pattern=\d+\s?", [("pattern", r"\d+\s?")]),
        (r'pattern="a \d \" \\"', [("pattern", r'a \d " ' + "\\")]),
        ("default=", [("default", "")]),
        ("a==b", [("a", "=b")]),
        ("a=it's", [("a", "it's")]),
    ],
)
def test_words_are_split(text: str, words: list[tuple[str, str | None]]) -> None:
    """Quotes hold spaces together; backslashes outside them are themselves."""
    assert quoting.split(text) == words


@pytest.mark.parametrize("text", ['a="b', "a='b", '"a"', 'a="b"c', "a=“b", "=3"])
def test_unreadable_rest_is_told(text: str) -> None:
    """The error holds the part from which on nothing is understood."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        quoting.split("ok=1 " + text)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_any_values_come_back(values: list[str]) -> None:
    """What was quoted is read as it was, in its order."""
    text = " ".join(f"v={quoted_if_needed(value)}" for value in values)

    assert quoting.split(text) == [("v", value) for value in values]
