import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.model.errors import InvalidInput
from executor.rules.concurrency import (
    LONGEST_KEY,
    SEPARATORS,
    concurrency_key,
    concurrency_template,
)
from tests.unit.rules.samples import SPECS, VALUES

NAMES = ("sistema", "usuario", "practitioner-id")
SIGNS = "aX01%-. é" + SEPARATORS
TEXT = st.text(alphabet=SIGNS, max_size=4)
BETWEEN = st.tuples(TEXT, st.sampled_from(SEPARATORS), TEXT).map("".join)
VALUE_SETS = st.dictionaries(st.sampled_from(NAMES), st.text("aX0:/%3A|,;{}é", min_size=1))


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Draw a template over all NAMES that the form takes."""
    first, second, third = NAMES
    parts = (draw(TEXT), draw(BETWEEN), draw(BETWEEN), draw(TEXT))
    text = f"{parts[0]}{{{first}}}{parts[1]}{{{second}}}{parts[2]}{{{third}}}{parts[3]}"
    return concurrency_template(text, SPECS)


@pytest.mark.parametrize(
    ("template", "key"),
    [
        pytest.param("{sistema}:{practitioner-id}", "iclinic:320623", id="two parameters"),
        pytest.param("patients/{usuario}", "patients/drleandro", id="text around one"),
        pytest.param("{usuario}:{patient-id}", "drleandro:", id="one that was left out"),
        pytest.param("", "", id="no key"),
    ],
)
def test_key_is_the_template_with_the_values_in_it(template: str, key: str) -> None:
    """People recognise their records in it."""
    assert concurrency_key(template, VALUES) == key


def test_key_shows_what_could_be_taken_for_its_own_signs_as_addresses_do() -> None:
    """Else ``a:b`` and ``c`` would make the key of ``a`` and ``b:c``."""
    key = concurrency_key("{sistema}:{usuario}", {"sistema": "a:b/{c}", "usuario": "50%, José"})

    assert key == "a%3Ab%2F%7Bc%7D:50%25%2C José"


@given(templates(), VALUE_SETS, VALUE_SETS)
@example(
    "{sistema}:{usuario}:{practitioner-id}", {"sistema": "a:"}, {"sistema": "a", "usuario": ":"}
)
@example("{sistema}:{usuario}:{practitioner-id}", {"sistema": "a:"}, {"sistema": "a%3A"})
@example("{sistema}a:{usuario}:{practitioner-id}", {"sistema": "a"}, {"sistema": "aa"})
def test_two_sets_of_values_never_make_one_key(
    template: str, values: dict[str, str], others: dict[str, str]
) -> None:
    """Whatever they hold: runs on different records do not wait for each other."""
    is_same_key = concurrency_key(template, values) == concurrency_key(template, others)

    assert is_same_key == (values == others)


@given(st.text(min_size=LONGEST_KEY), st.text(min_size=LONGEST_KEY))
def test_long_keys_fit_and_still_differ(value: str, other: str) -> None:
    """What is cut off counts all the same."""
    key, another = (concurrency_key("{usuario}", {"usuario": each}) for each in (value, other))

    assert len(key) <= LONGEST_KEY
    assert (key == another) == (value == other)


def test_only_keys_over_the_limit_are_cut() -> None:
    """Each character more makes another key, and all of them begin alike."""
    lengths = range(LONGEST_KEY, LONGEST_KEY + 100)

    keys = [concurrency_key("{usuario}", {"usuario": "x" * length}) for length in lengths]

    assert keys[0] == "x" * LONGEST_KEY
    assert len(set(keys)) == len(lengths)
    assert {key[:100] for key in keys} == {"x" * 100}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("import", "names no parameter", id="no parameter"),
        pytest.param("{sistema", "a brace too many or too few", id="not closed"),
        pytest.param("sistema}", "a brace too many or too few", id="not opened"),
        pytest.param("{{sistema}}", "a brace too many or too few", id="doubled"),
        pytest.param("{sistem}", "Did you mean `sistema`?", id="mistyped"),
        pytest.param("{ sistema }", "Did you mean `sistema`?", id="with spaces"),
        pytest.param("{}", "They are: sistema, usuario, ", id="nameless"),
        pytest.param("{zzz}", "They are: sistema, usuario, ", id="unknown"),
        pytest.param("{sistema}:{api-token}", "is a secret", id="secret"),
        pytest.param("{sistema}{usuario}", "between two parameters", id="nothing between"),
        pytest.param("{sistema}-{usuario}", "Put one of : / | , ; between", id="a dash between"),
        pytest.param("{sistema}\x07", "one line of at most 200", id="not printable"),
        pytest.param("{sistema}:" + "x" * 191, "one line of at most 200", id="too long"),
    ],
)
def test_wrong_template_is_told_with_what_would_be_right(text: str, expected: str) -> None:
    """Each mistake has its own sentence."""
    with pytest.raises(InvalidInput) as refused:
        concurrency_template(text, SPECS)

    assert expected in refused.value.message


def test_template_of_unreadable_parameters_is_judged_by_its_shape() -> None:
    """One mistake is not told as two."""
    assert concurrency_template("{sistem}:{x}", None) == "{sistem}:{x}"


def test_job_without_parameters_has_no_key() -> None:
    """There is nothing that could tell its runs apart."""
    with pytest.raises(InvalidInput, match="It has none"):
        concurrency_template("{sistema}", ())
