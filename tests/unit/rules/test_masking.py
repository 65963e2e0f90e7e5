from hypothesis import given
from hypothesis import strategies as st

from executor.rules.masking import MASK, mask


def test_every_occurrence_is_masked_the_longest_first() -> None:
    """A secret that holds another one leaves no rest of itself."""
    assert mask("a=hunter22 b=hunter2 c", ["hunter2", "hunter22"]) == f"a={MASK} b={MASK} c"


def test_blank_secrets_are_ignored() -> None:
    """An empty variable does not turn every line into dots."""
    assert mask("a b", ["", " "]) == "a b"


@given(st.text(), st.lists(st.text(min_size=1).filter(lambda s: s.strip() and "•" not in s)))
def test_no_secret_is_left(text: str, secrets: list[str]) -> None:
    """Whatever the text, no secret can be read in it afterwards."""
    masked = mask(text + "".join(secrets), secrets)

    assert not any(secret in masked for secret in secrets)
