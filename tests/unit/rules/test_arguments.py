import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules.arguments import arguments
from tests.unit.rules.samples import SPECS, VALUES


def test_original_script_gets_its_positions_in_order() -> None:
    """The words are what the person would have typed after the script, the secret a reference."""
    words, variables = arguments(SPECS, {**VALUES, "patient-id": "44320"})

    assert words == ("iclinic", "drleandro", "320623", "44320")
    assert variables == {"API_TOKEN": "env:ICLINIC_TOKEN"}


def test_positions_are_sorted_by_number_and_flags_follow() -> None:
    """Neither the order of the lines nor flags between them shift an argument."""
    specs = (
        ParameterSpec(name="f", passing=Passing.FLAG, target="--file"),
        ParameterSpec(name="b", target="2"),
        ParameterSpec(name="e", passing=Passing.FLAG_EQUALS, target="--e"),
        ParameterSpec(name="a", target="1"),
        ParameterSpec(name="v", passing=Passing.ENV, target="V"),
    )

    words, variables = arguments(specs, {"a": "1", "b": "2", "f": "x y", "e": "-z", "v": "3"})

    assert words == ("1", "2", "--file", "x y", "--e=-z")
    assert variables == {"V": "3"}


@pytest.mark.parametrize(
    ("passing", "value", "words"),
    [
        (Passing.FLAG, "true", ("--dry-run",)),
        (Passing.FLAG, "false", ()),
        (Passing.FLAG_EQUALS, "true", ("--dry-run=true",)),
        (Passing.FLAG_EQUALS, "false", ("--dry-run=false",)),
    ],
)
def test_boolean_flag_is_there_or_not(passing: Passing, value: str, words: tuple[str, ...]) -> None:
    """A switch is a word of its own or nothing; with an equals sign it says which."""
    spec = ParameterSpec(
        name="dry", type=ParameterType.BOOLEAN, passing=passing, target="--dry-run"
    )

    assert arguments([spec], {"dry": value}) == (words, {})


def test_gap_before_a_filled_position_is_refused() -> None:
    """A later value must not move up into an earlier one's place."""
    specs = (
        ParameterSpec(name="a", required=False, target="1"),
        ParameterSpec(name="b", required=False, target="2"),
    )

    with pytest.raises(InvalidInput) as refused:
        arguments(specs, {"b": "x"})

    assert refused.value.fields.keys() == {"a"}
    assert "a must be given when b is" in refused.value.message


def test_secret_is_never_an_argument() -> None:
    """A secret that is declared by position is refused instead of passed."""
    spec = ParameterSpec(name="token", secret_ref="env:TOKEN", target="1")

    with pytest.raises(InvalidInput, match="process list"):
        arguments([spec], {})


@given(st.lists(st.text(), max_size=8))
def test_every_value_arrives_as_one_word(values: list[str]) -> None:
    """No value is split, joined or dropped, whatever it holds."""
    specs = [ParameterSpec(name=f"p{n}", target=str(n)) for n in range(1, len(values) + 1)]
    given_values = {spec.name: value for spec, value in zip(specs, values, strict=True)}

    words, _ = arguments(specs[::-1], given_values)

    assert words == tuple(values)
