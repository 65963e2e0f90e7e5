import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.errors import InvalidInput
from executor.rules import durations


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (0.3, "less than 1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (192, "3 min 12 s"),
        (5400, "1 h 30 min"),
        (90_061, "1 d 1 h 1 min"),
    ],
)
def test_words_are_what_people_say(seconds: float, words: str) -> None:
    """Durations are told in at most the units that matter."""
    assert durations.words(seconds) == words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("600", 600),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        (" 2 Hours ", 7200),
        ("3 min 12 s", 192),
        ("7d", 604_800),
        ("45 sec", 45),
    ],
)
def test_parse_reads_the_usual_spellings(text: str, seconds: int) -> None:
    """What a person writes for a timeout is understood."""
    assert durations.parse(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "10x", "1h 1h", "30m 1h", "1.5h", "-5", "10m!", "m10"])
def test_parse_refuses_the_rest_with_an_example(text: str) -> None:
    """Doubtful durations are not guessed."""
    with pytest.raises(InvalidInput) as refused:
        durations.parse(text)

    assert "for example" in refused.value.message or "like 45s" in refused.value.message


@given(st.integers(0, 86_399))
def test_parse_reads_what_words_wrote(seconds: int) -> None:
    """A shown duration can be typed back, up to a day, from where seconds are left out."""
    assert durations.parse(durations.words(seconds)) == seconds


@given(st.text(max_size=30))
def test_parse_answers_or_refuses_any_text(text: str) -> None:
    """No input breaks it in another way."""
    try:
        seconds = durations.parse(text)
    except InvalidInput:
        return

    assert seconds >= 0
