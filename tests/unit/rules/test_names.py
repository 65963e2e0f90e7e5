import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.rules import names

KNOWN = ("import-patients", "export-patients", "sync-agenda")


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("import-patient", "Did you mean `import-patients`?"),
        ("IMPORT-PATIENTS", "Did you mean `import-patients`?"),
        ("agenda", "Did you mean `sync-agenda`?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_did_you_mean_finds_the_nearest_name_or_none(word: str, answer: str) -> None:
    """Mistyped, shouted and shortened names are recognised; nonsense is not."""
    assert names.did_you_mean(word, KNOWN) == answer


def test_did_you_mean_survives_no_known_names() -> None:
    """An empty catalog has nothing to suggest."""
    assert names.did_you_mean("import", []) == ""


@pytest.mark.parametrize("name", ["a", "0", "import-patients", "x" * 63])
def test_slug_is_accepted(name: str) -> None:
    """Small letters, digits and dashes make a name."""
    assert names.is_slug(name)
    assert names.slug_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("Import Patients", "`import-patients`"),
        ("-x", "`x`"),
        ("produção", "`producao`"),
        ("x" * 64, "`" + "x" * 63 + "`"),
        ("a\n", "`a`"),
        ("", "`import-patients`"),
        ("日本", "`import-patients`"),
    ],
)
def test_slug_problem_proposes_a_name_near_by(name: str, example: str) -> None:
    """The sentence holds a name that would be accepted."""
    problem = names.slug_problem(name)

    assert problem.endswith(f"for example {example}.")
    assert names.is_slug(example.strip("`"))


@given(st.text(alphabet=st.characters(), max_size=200))
def test_quoted_is_one_printable_line_in_one_pair_of_backticks(text: str) -> None:
    """Whatever was typed can stand in a sentence without breaking out of its quotes."""
    shown = names.quoted(text)

    assert shown.isprintable()
    assert shown.count("`") == 2
    assert shown[0] == shown[-1] == "`"
