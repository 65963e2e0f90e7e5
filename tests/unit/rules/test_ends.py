"""When a lock ends, as people write it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.model.errors import InvalidInput
from executor.rules.ends import end_of, split_end

ZONE = ZoneInfo("America/Sao_Paulo")  # UTC-3
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)  # 12:09 there


@pytest.mark.parametrize(
    ("line", "end", "rest"),
    [
        pytest.param("for 2h deploying", NOW + timedelta(hours=2), "deploying", id="duration"),
        pytest.param("for 1h 30m x", NOW + timedelta(minutes=90), "x", id="two parts"),
        pytest.param("For 2 Hours x", NOW + timedelta(hours=2), "x", id="in words"),
        pytest.param("for 2h 30 people", NOW + timedelta(hours=2), "30 people", id="number after"),
        pytest.param("until 18:00 x", datetime(2026, 3, 14, 21, tzinfo=UTC), "x", id="today"),
        pytest.param(
            "until tomorrow 9:00 x", datetime(2026, 3, 15, 12, tzinfo=UTC), "x", id="tomorrow"
        ),
        pytest.param(
            "until 9:00 tomorrow x", datetime(2026, 3, 15, 12, tzinfo=UTC), "x", id="turned round"
        ),
        pytest.param("until 6pm x", datetime(2026, 3, 14, 21, tzinfo=UTC), "x", id="pm"),
        pytest.param("until 12am tomorrow x", datetime(2026, 3, 15, 3, tzinfo=UTC), "x", id="12am"),
        pytest.param("until 18h x", datetime(2026, 3, 14, 21, tzinfo=UTC), "x", id="18h"),
        pytest.param(
            "until 2026-12-31 18:00 x", datetime(2026, 12, 31, 21, tzinfo=UTC), "x", id="date"
        ),
        pytest.param("deploying for 2h", None, "deploying for 2h", id="later in the line"),
        pytest.param("for maintenance", None, "for maintenance", id="a reason"),
        pytest.param("until the end", None, "until the end", id="another"),
        pytest.param("until", None, "until", id="alone"),
        pytest.param("", None, "", id="nothing"),
    ],
)
def test_end_is_parted_from_the_reason(line: str, end: datetime | None, rest: str) -> None:
    """In the person's own time zone."""
    assert split_end(line.split(), NOW, ZONE) == (end, rest.split())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("until 12:09 x", "it is 12:09 on 2026-03-14 (America/Sao_Paulo)", id="over"),
        pytest.param("for 0h x", "over already", id="nothing"),
        pytest.param("until 25:00 x", "is not a time of day", id="25:00"),
        pytest.param("until 9 x", "`until tomorrow 9:00`", id="an hour"),
        pytest.param("until tomorrow", "not a time of day", id="no time"),
        pytest.param("until 2026-02-30 9:00", "is not a day", id="30 February"),
        pytest.param("for 2 x", "is not a duration", id="no unit"),
        pytest.param("for 2weeks x", "is not a duration", id="unknown unit"),
        pytest.param("for 400d x", "within 366 days", id="too long"),
        pytest.param("for 999999999d x", "within 366 days", id="beyond all calendars"),
        pytest.param("until 9999-12-31 23:59 x", "within 366 days", id="the last day"),
    ],
)
def test_end_that_is_none_is_refused_with_an_example(line: str, words: str) -> None:
    """It is never taken for a part of the reason."""
    with pytest.raises(InvalidInput) as told:
        split_end(line.split(), NOW, ZONE)

    assert words in told.value.message


@pytest.mark.parametrize("text", ["18:00", "until 18:00", "today 18:00", "6pm", " 18:00 "])
def test_field_needs_no_word_before_the_end(text: str) -> None:
    """The label of the field says it."""
    assert end_of(text, NOW, ZONE) == datetime(2026, 3, 14, 21, tzinfo=UTC)


def test_field_takes_durations_and_may_be_empty() -> None:
    """No end: until somebody opens it."""
    assert end_of("2h", NOW, ZONE) == end_of("for 2h", NOW, ZONE) == NOW + timedelta(hours=2)
    assert end_of("", NOW, ZONE) is None


@pytest.mark.parametrize("text", ["soon", "18:00 or so", "2h and more", "until", "for"])
def test_field_with_anything_else_is_refused(text: str) -> None:
    """A lock that never ends by mistake is worse than one more try."""
    with pytest.raises(InvalidInput, match="write it like `for 2h`"):
        end_of(text, NOW, ZONE)
