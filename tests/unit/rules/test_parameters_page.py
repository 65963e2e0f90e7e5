"""The page that people learn the text form from tells the truth."""

import re
from pathlib import Path

import pytest

from db.model.catalog import ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules import spec_text
from executor.rules.arguments import arguments
from executor.rules.parameters import validate
from executor.rules.quoting import split

PAGE = (Path(__file__).parents[3] / "docs" / "parameters.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """Return the fenced blocks of *kind*."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines(kind: str) -> list[str]:
    """Return the lines of all blocks of *kind*."""
    return [line for block in blocks(kind) for line in block.splitlines() if line.strip()]


INLINE = re.findall(r"`([a-z][\w-]*: [^`]+)`", PAGE)


@pytest.mark.parametrize("text", [*blocks("parameters"), *INLINE])
def test_example_parses(text: str) -> None:
    """Every example, whole blocks and single lines in running text, is accepted."""
    assert spec_text.parse(text)


@pytest.mark.parametrize("line", lines("refused"))
def test_counterexample_is_refused(line: str) -> None:
    """What the page calls wrong is wrong."""
    with pytest.raises(InvalidInput):
        spec_text.parse(line)


def test_page_shows_every_type_and_every_way_of_passing() -> None:
    """Nobody has to guess how a type or a passing is written."""
    specs = [spec for text in [*blocks("parameters"), *INLINE] for spec in spec_text.parse(text)]

    assert {spec.type for spec in specs} == set(ParameterType)
    assert {spec.passing for spec in specs} == set(Passing)
    assert any(spec.secret_ref for spec in specs)


def test_full_example_gives_the_command_that_the_page_shows() -> None:
    """From what a person types to what the host runs, the page's example is exact."""
    specs = spec_text.parse(blocks("parameters")[0])
    (typed,) = lines("typed")
    raw = {name: value or "" for name, value in split(typed.partition("import-patients ")[2])}

    words, variables = arguments(specs, validate(specs, raw))

    shown = " ".join([*(f"{name}={value}" for name, value in variables.items()), *words])
    assert lines("runs") == [shown]
