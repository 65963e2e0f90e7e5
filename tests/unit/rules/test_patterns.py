"""Patterns that people type."""

import time

import pytest

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput
from executor.rules.parameters import validate
from executor.rules.patterns import compiled
from executor.rules.progress import Reader

ENDLESS = "(a+)+b"


def test_a_pattern_that_never_ends_elsewhere_ends_at_once() -> None:
    """Everything else would wait for it: a value and a line of output, as long as they may be."""
    spec = ParameterSpec(name="code", pattern=ENDLESS, target="1")
    began = time.process_time()

    with pytest.raises(InvalidInput, match="must match"):
        validate([spec], {"code": "a" * 1000})
    read = Reader(f"(?P<percent>{ENDLESS})").read("a" * 1000)

    assert read is None
    assert time.process_time() - began < 1


@pytest.mark.parametrize("pattern", ["[a", "(", "*", r"(?<=a)b", r"(a)\1"])
def test_what_cannot_be_a_pattern_is_told_with_an_example(pattern: str) -> None:
    """Also what Python knows and RE2 does not."""
    with pytest.raises(InvalidInput, match=r"is not a regular expression \(.+\); write for exam"):
        compiled(pattern)
