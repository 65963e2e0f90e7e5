import base64
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from executor.rules.masking import MASK, Mask, is_too_short, of_secrets
from tests.support.spellings import SPELLINGS, core

SECRETS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], blacklist_characters="•"),
    min_size=4,
    max_size=60,
).filter(lambda value: len(value.strip()) >= 4 and len(value.splitlines()) == 1)
AROUND = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("name", SPELLINGS)
@settings(max_examples=40)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_no_spelling_of_a_secret_is_left(name: str, secret: str, before: str, after: str) -> None:
    """Whatever the secret and the text around it."""
    secret = secret.strip()
    assume(core(name, secret) not in f"{before} {after}")
    text = f"{before} {SPELLINGS[name](secret)} {after}"

    masked = of_secrets([secret]).text(text)

    assert MASK in masked
    assert core(name, secret) not in masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("the token is p@ss wörd/1, alas", "the token is •••, alas"),
        ("https://h/?t=p%40ss+w%c3%b6rd%2F1&x=1", "https://h/?t=•••&x=1"),
        (r'{"t": "p@ss w\u00f6rd\/1"}', '{"t": "•••"}'),
        ("Authorization: Basic dXNlcjpwQHNzIHfDtnJkLzE=", "Authorization: Basic •••"),
        ("70407373 7040737320 77c3b6", "70407373 7040737320 77c3b6"),
        ("7040737320 77c3b672642f31", "7040737320 77c3b672642f31"),
        ("x70407373207", "x70407373207"),
        ("a line like any other", "a line like any other"),
    ],
)
def test_only_the_secret_is_masked(text: str, masked: str) -> None:
    """What stands around it can be read; half of it, or with spaces in between, is not found."""
    assert of_secrets(["p@ss wörd/1"]).text(text) == masked


def test_secrets_that_overlap_are_masked_as_one() -> None:
    """No rest of one is left because another began before it."""
    assert of_secrets(["xxabc", "abcdefgh"]).text("1 xxabcdefgh 2") == f"1 {MASK} 2"


def test_longer_secret_that_holds_a_shorter_one_leaves_no_rest() -> None:
    """Both may be known."""
    mask = of_secrets(["hunter2", "hunter22"])

    assert mask.text("a=hunter22 b=hunter2 c") == f"a={MASK} b={MASK} c"


def test_key_file_is_masked_as_it_is_and_encoded() -> None:
    """By each line; as one JSON text; in base64 also where the tool broke the lines."""
    lines = [f"{n:02}-{'kLmNoPq' * 8}" for n in range(40)]
    key = "\n".join(["{", *lines, "}"])
    mask = of_secrets([key])
    encoded = base64.encodebytes(key.encode()).decode().split()

    assert [mask.text(line) for line in key.splitlines()] == ["{", *[MASK] * 40, "}"]
    assert mask.text(json.dumps(key)) == f'"{MASK}"'
    assert {mask.text(line) for line in encoded} == {MASK}


def test_blank_secrets_hide_nothing() -> None:
    """An empty variable does not turn every line into dots, and costs nothing."""
    mask = of_secrets(["", " ", "\n"])

    assert not mask
    assert mask.text("a b") == "a b"


@pytest.mark.parametrize(("secret", "short"), [("abc\n", True), ("abcd", False), (" ", False)])
def test_secret_is_too_short_below_four_characters(secret: str, *, short: bool) -> None:
    """It would stand in too many words; a blank one is nothing to hide."""
    assert is_too_short(secret) is short


def test_short_value_is_found_as_a_word_of_its_own() -> None:
    """Not in the middle of other numbers."""
    mask = Mask({"7": "#"})

    assert mask.text("7 of 17, 7.5 and x=7") == "# of 17, #.5 and x=#"


def test_value_is_found_in_any_case_where_that_is_wanted() -> None:
    """Names are printed in capitals."""
    mask = Mask({"Ana Souza": "#"}, any_case=True)

    assert mask.text("ANA SOUZA, ana%20souza") == "#, #"


def test_secret_from_an_environment_that_is_not_utf8_is_masked() -> None:
    """Its odd bytes are shown escaped in the log, and are found so."""
    secret = b"caf\xe9-bar-9".decode("utf-8", "surrogateescape")

    assert of_secrets([secret]).text(r"it is caf\xe9-bar-9") == f"it is {MASK}"
