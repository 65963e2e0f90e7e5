import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules.parameters import validate
from tests.unit.rules.samples import SPECS, VALUES


def one(kind: ParameterType, **more: object) -> ParameterSpec:
    """Return a spec of *kind* called ``x``, passed by environment unless *more* says otherwise."""
    content: dict[str, object] = {"passing": Passing.ENV, "target": "X", **more}
    return ParameterSpec(name="x", type=kind, **content)  # type: ignore[arg-type]


def refusal(spec: ParameterSpec, text: str) -> str:
    """Return the sentence with which *text* is refused."""
    with pytest.raises(InvalidInput) as refused:
        validate([spec], {"x": text})
    assert refused.value.fields["x"] == refused.value.message
    return refused.value.message


def test_defaults_are_filled_in_and_empty_optionals_left_out() -> None:
    """What the person need not say is not asked again, and secrets do not appear."""
    values = validate(SPECS, {"usuario": "drleandro", "practitioner-id": "320623", "since": " "})

    assert values == VALUES


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        (ParameterType.INTEGER, " 320623 ", "320623"),
        (ParameterType.INTEGER, "+007", "7"),
        (ParameterType.INTEGER, "-0", "0"),
        (ParameterType.NUMBER, "01.50", "1.5"),
        (ParameterType.NUMBER, "-0.0", "0"),
        (ParameterType.NUMBER, "-2.25", "-2.25"),
        (ParameterType.NUMBER, "100", "100"),
        (ParameterType.BOOLEAN, "Sim", "true"),
        (ParameterType.BOOLEAN, "NÃO", "false"),
        (ParameterType.BOOLEAN, "na\u0303o", "false"),
        (ParameterType.BOOLEAN, "1", "true"),
        (ParameterType.BOOLEAN, "no", "false"),
        (ParameterType.DATE, "2026-12-31", "2026-12-31"),
        (ParameterType.DATE, "31/12/2026", "2026-12-31"),
        (ParameterType.DATE, "1/2/2026", "2026-02-01"),
        (ParameterType.TEXT, " Ana Souza 🙂 ", "Ana Souza 🙂"),
    ],
)
def test_value_is_stored_in_its_canonical_form(kind: ParameterType, text: str, stored: str) -> None:
    """The usual spellings of one value become the same text."""
    assert validate([one(kind)], {"x": text}) == {"x": stored}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (ParameterType.INTEGER, "1.000", "whole number, digits only, without dots or spaces"),
        (ParameterType.INTEGER, "12a", "for example 42"),
        (ParameterType.INTEGER, "٣", "whole number"),
        (ParameterType.INTEGER, "1_000", "whole number"),
        (ParameterType.NUMBER, "1,5", "a point for decimals"),
        (ParameterType.NUMBER, "1e5", "for example 1.5"),
        (ParameterType.NUMBER, "nan", "must be a number"),
        (ParameterType.BOOLEAN, "maybe", "yes or no"),
        (ParameterType.DATE, "12-31-2026", "year-month-day, for example 2026-12-31"),
        (ParameterType.DATE, "20261231", "year-month-day"),
        (ParameterType.DATE, "31/02/2026", "the calendar has"),
        (ParameterType.DATE, "0000-01-01", "the calendar has"),
        (ParameterType.TEXT, "a\nb", "one line without control characters"),
        (ParameterType.TEXT, "a\0b", "one line without control characters"),
        (ParameterType.TEXT, "a\u202eb", "one line without control characters"),
        (ParameterType.TEXT, "a\ud800b", "one line without control characters"),
        (ParameterType.TEXT, "x" * 1001, "at most 1000 characters long, not 1001"),
    ],
)
def test_wrong_value_is_refused_with_what_is_right(
    kind: ParameterType, text: str, expected: str
) -> None:
    """Each sentence names the parameter, what is expected, and what was given."""
    sentence = refusal(one(kind), text)

    assert expected in sentence
    assert sentence.startswith("x must be")
    assert "you gave `" in sentence


def test_label_and_example_of_the_job_are_used_in_sentences() -> None:
    """People read the words that whoever wrote the job chose."""
    spec = one(ParameterType.INTEGER, label="Practitioner", example="320623")

    sentence = refusal(spec, "abc")

    assert sentence.startswith("Practitioner must be")
    assert ", for example 320623;" in sentence


@pytest.mark.parametrize(
    ("spec", "text", "expected"),
    [
        (one(ParameterType.INTEGER, minimum=99.5), "0", "at least 99.5, for example 100;"),
        (one(ParameterType.INTEGER, maximum=10.5), "11", "at most 10.5, for example 10;"),
        (one(ParameterType.NUMBER, minimum=0.5), "0.49", "at least 0.5"),
        (one(ParameterType.TEXT, minimum=3.0), "ab", "at least 3 characters"),
        (one(ParameterType.TEXT, maximum=3.0), "abcd", "at most 3 characters long, not 4"),
        (one(ParameterType.TEXT, pattern="[a-z]+"), "abc1", "must match `[a-z]+`"),
    ],
)
def test_bounds_and_pattern_are_told(spec: ParameterSpec, text: str, expected: str) -> None:
    """A value out of bounds learns the bound."""
    assert expected in refusal(spec, text)


def test_decimal_bound_is_meant_as_written() -> None:
    """0.1 fulfils min=0.1, though the float 0.1 is a little more."""
    assert validate([one(ParameterType.NUMBER, minimum=0.1)], {"x": "0.1"}) == {"x": "0.1"}


def test_choice_ignores_case_unless_case_tells_two_apart() -> None:
    """The declared spelling is stored."""
    spec = one(ParameterType.CHOICE, choices=("iClinic", "MedPro"))
    twins = one(ParameterType.CHOICE, choices=("a", "A"))

    assert validate([spec], {"x": "ICLINIC"}) == {"x": "iClinic"}
    assert validate([twins], {"x": "A"}) == {"x": "A"}


def test_wrong_choice_lists_all_and_the_nearest() -> None:
    """A mistyped choice is answered with the right one."""
    spec = one(ParameterType.CHOICE, choices=("iclinic", "medpro"))

    sentence = refusal(spec, "iclinc")

    assert "one of: iclinic, medpro" in sentence
    assert sentence.endswith("Did you mean `iclinic`?")


@pytest.mark.parametrize("passing", [Passing.POSITION, Passing.FLAG])
def test_text_that_begins_with_a_dash_is_refused_as_a_word(passing: Passing) -> None:
    """The script would read it as an option."""
    assert "as an option" in refusal(one(ParameterType.TEXT, passing=passing), "-rf")


@pytest.mark.parametrize("passing", [Passing.FLAG_EQUALS, Passing.ENV])
def test_text_that_begins_with_a_dash_is_fine_where_it_cannot_be_an_option(
    passing: Passing,
) -> None:
    """After ``--flag=`` and in a variable a dash is only a dash."""
    spec = one(ParameterType.TEXT, passing=passing)

    assert validate([spec], {"x": "-rf"}) == {"x": "-rf"}


def test_all_mistakes_are_told_at_once() -> None:
    """Missing, wrong, unknown and secret names each have their own sentence."""
    raw = {"sistema": "other", "practitioner-id": "1.000", "patien-id": "3", "api-token": "hunter2"}

    with pytest.raises(InvalidInput) as refused:
        validate(SPECS, raw)

    fields = refused.value.fields
    assert fields.keys() == {*raw, "usuario"}
    assert fields["usuario"] == "usuario is required, for example drleandro."
    assert fields["patien-id"].endswith("Did you mean `patient-id`?")
    assert "never type secrets into Slack" in fields["api-token"]
    assert all(sentence in refused.value.message for sentence in fields.values())
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        (SPECS, "It takes: sistema, usuario, practitioner-id, patient-id, dry-run, since."),
        ((), "It takes none."),
    ],
)
def test_unknown_name_lists_the_known_ones(specs: tuple[ParameterSpec, ...], expected: str) -> None:
    """Where no name is near, all are listed; secrets are not among them."""
    with pytest.raises(InvalidInput) as refused:
        validate(specs, {**(VALUES if specs else {}), "zzz": "1"})

    assert refused.value.fields["zzz"].endswith(expected)


@given(st.sampled_from(ParameterType), st.sampled_from(Passing), st.text(alphabet=st.characters()))
def test_accepted_values_are_single_safe_lines_and_stay_as_they_are(
    kind: ParameterType, passing: Passing, text: str
) -> None:
    """Whatever passes once passes again unchanged, and holds nothing that a line may not hold."""
    spec = one(kind, passing=passing, required=False, choices=("a b", "-c", "ü"))
    try:
        values = validate([spec], {"x": text})
    except InvalidInput:
        return

    assert validate([spec], values) == values
    for value in values.values():
        assert "\n" not in value
        assert "\0" not in value
        assert value.encode("utf-8").decode() == value


@given(st.integers(-(10**29), 10**29))
def test_every_integer_is_itself(number: int) -> None:
    """Long ids lose no digit."""
    assert validate([one(ParameterType.INTEGER)], {"x": str(number)}) == {"x": str(number)}


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=6))
def test_every_decimal_keeps_its_value(number: Decimal) -> None:
    """The canonical text of a number is the same number."""
    value = validate([one(ParameterType.NUMBER)], {"x": f"{number:f}"})["x"]

    assert Decimal(value) == number


@given(st.dates())
def test_every_date_is_read_both_ways(date: dt.date) -> None:
    """ISO and day-first spellings mean the same day."""
    day_first = f"{date.day}/{date.month}/{date.year:04}"
    spec = one(ParameterType.DATE)

    assert validate([spec], {"x": day_first}) == validate([spec], {"x": date.isoformat()})
