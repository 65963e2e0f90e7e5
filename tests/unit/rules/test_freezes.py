"""When a freeze window is closed: cron, clocks that change, boundaries, windows that overlap."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.errors import InvalidInput
from db.model.locks import FreezeDraft
from executor.rules.freezes import _known, closed_until, freeze_draft, spans

NEW_YORK = "America/New_York"  # clocks go forth on 8 March 2026 at 2:00, back on 1 November at 2:00
NOW = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)
GOOD = {"cron": "0 18 * * 5", "lasts": "60h", "time_zone": "America/Sao_Paulo", "reason": "rest"}


def window(cron: str, minutes: int, time_zone: str = "UTC") -> FreezeDraft:
    """Return a window."""
    return FreezeDraft(cron=cron, minutes=minutes, time_zone=time_zone, reason="rest")


def at(text: str, time_zone: str = "UTC", *, fold: int = 0) -> datetime:
    """Return the moment at which clocks in *time_zone* show *text*; *fold* 1: the second time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone), fold=fold)
    return local.astimezone(UTC)


def test_a_weekend_is_closed_from_its_first_moment_until_its_last() -> None:
    """The beginning belongs to it, the end does not: to the microsecond."""
    weekend = window("0 18 * * 5", 60 * 60, "America/Sao_Paulo")
    begins, ends = at("2026-03-13 18:00", "America/Sao_Paulo"), at("2026-03-16 09:00")
    tick = timedelta(microseconds=1)

    assert closed_until(weekend, begins - tick) is None
    assert closed_until(weekend, begins) == ends
    assert closed_until(weekend, ends - tick) == ends
    assert closed_until(weekend, ends) is None


def test_what_begins_in_the_skipped_hour_begins_right_after_it() -> None:
    """2:30 is not on the clocks of that night."""
    nightly = window("30 2 * * *", 60, NEW_YORK)
    three = at("2026-03-08 03:00", NEW_YORK)

    assert closed_until(nightly, three - timedelta(seconds=1)) is None
    assert closed_until(nightly, three) == three + timedelta(hours=1)


@pytest.mark.parametrize(
    ("clock", "fold", "is_closed"),
    [
        pytest.param("01:29", 0, False, id="before"),
        pytest.param("01:30", 0, True, id="the first half past one"),
        pytest.param("01:15", 1, True, id="still, though the clock shows less"),
        pytest.param("01:45", 1, False, id="an hour later the clock shows almost the same"),
        pytest.param("02:30", 0, False, id="long after"),
    ],
)
def test_what_begins_in_the_doubled_hour_begins_once(
    clock: str, fold: int, is_closed: bool
) -> None:
    """The first time, and it lasts as long as ever."""
    nightly = window("30 1 * * *", 60, NEW_YORK)
    now = at(f"2026-11-01 {clock}", NEW_YORK, fold=fold)

    ends = at("2026-11-01 01:30", NEW_YORK, fold=1) if is_closed else None

    assert closed_until(nightly, now) == ends


def test_windows_without_a_break_between_them_are_one() -> None:
    """Of overlapping ones the end is that of the last."""
    evenings = window("0 18,20 * * *", 3 * 60)

    coming = list(itertools.islice(spans(evenings, at("2026-03-14 19:00")), 2))

    assert coming == [
        (at("2026-03-14 18:00"), at("2026-03-14 23:00")),
        (at("2026-03-15 18:00"), at("2026-03-15 23:00")),
    ]


def test_a_window_that_begins_as_another_ends_is_the_same() -> None:
    """There is no moment between them."""
    evenings = window("0 18,20 * * *", 2 * 60)

    assert next(spans(evenings, NOW)) == (at("2026-03-14 18:00"), at("2026-03-14 22:00"))


def test_next_windows_begin_with_the_one_that_is_closed() -> None:
    """Three are shown when one is made."""
    coming = list(itertools.islice(spans(window("0 0 * * *", 60), NOW), 3))

    assert [begins for begins, _ in coming] == [at(f"2026-03-{day} 00:00") for day in (15, 16, 17)]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        pytest.param({"cron": "0 18 * *"}, "cron", "it has five parts", id="four parts"),
        pytest.param({"cron": "@daily"}, "cron", "for example `0 18 * * 5`", id="nickname"),
        pytest.param({"cron": "61 * * * *"}, "cron", "Bad minute", id="minute 61"),
        pytest.param({"cron": "0 0 30 2 *"}, "cron", "Bad day-of-month", id="30 February"),
        pytest.param({"cron": "0 18 * * 5; rm"}, "cron", "five parts", id="shell"),
        pytest.param({"lasts": "long"}, "lasts", "is not a duration", id="no duration"),
        pytest.param({"lasts": "90s"}, "lasts", "whole minutes", id="seconds"),
        pytest.param({"lasts": "0m"}, "lasts", "at least 1", id="nothing"),
        pytest.param({"lasts": "40d"}, "lasts", "at most 31 days", id="too long"),
        pytest.param({"lasts": "7d"}, "lasts", "nothing could ever run", id="always closed"),
        pytest.param(
            {"cron": "* * * * *", "lasts": "2m"},
            "lasts",
            "nothing could ever run",
            id="each minute",
        ),
        pytest.param(
            {"time_zone": "America/SaoPaulo"},
            "time_zone",
            "Did you mean `America/Sao_Paulo`?",
            id="zone",
        ),
        pytest.param({"time_zone": "../etc/passwd"}, "time_zone", "is not a time zone", id="path"),
        pytest.param({"reason": "  "}, "reason", "Say why", id="no reason"),
        pytest.param({"reason": "x" * 501}, "reason", "501 characters", id="long reason"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(
    changes: dict[str, str], field: str, words: str
) -> None:
    """With an example of what is right."""
    with pytest.raises(InvalidInput) as told:
        freeze_draft(**(GOOD | changes), now=NOW)

    assert list(told.value.fields) == [field]
    assert words in told.value.fields[field]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Nobody corrects one thing after the other."""
    with pytest.raises(InvalidInput) as told:
        freeze_draft(cron="x", lasts="y", time_zone="z", reason="", now=NOW)

    assert set(told.value.fields) == {"cron", "lasts", "time_zone", "reason"}


def test_a_good_window_is_stored_as_it_is_meant() -> None:
    """Spaces, capitals and line breaks are no matter."""
    draft = freeze_draft(
        cron=" 0 18  * * 5 ", lasts="2d 12h", time_zone="america/sao_paulo", reason="a\nb", now=NOW
    )

    assert draft == FreezeDraft(
        cron="0 18 * * 5", minutes=3600, time_zone="America/Sao_Paulo", reason="a b"
    )


HOURS = st.integers(0, 23).map(str)
RULES = st.one_of(
    st.builds("{} {} * * *".format, st.integers(0, 59), HOURS),
    st.builds("{} {} * * {}".format, st.integers(0, 59), HOURS, st.integers(0, 6)),
    st.builds("*/{} {} * * *".format, st.integers(7, 30), HOURS),
    st.builds("{} */{} * * *".format, st.integers(0, 59), st.integers(2, 9)),
)
CHANGES = st.sampled_from(["2026-03-08 07:00", "2026-11-01 06:00", "2026-06-01 12:00"])


@settings(max_examples=300, deadline=None)
@given(RULES, st.integers(1, 400), CHANGES, st.integers(-5 * 3600, 5 * 3600))
def test_it_is_closed_exactly_if_a_start_lies_that_near(
    cron: str, minutes: int, change: str, seconds: int
) -> None:
    """However we look back: as if all starts of the days before had been written down."""
    now = at(change) + timedelta(seconds=seconds)
    before = (now - timedelta(days=3)).astimezone(ZoneInfo(NEW_YORK))
    starts = itertools.takewhile(lambda start: start <= now, CronSim(cron, before))
    lasts = timedelta(minutes=minutes)
    expected = any(start.astimezone(UTC) + lasts > now for start in starts)

    assert (closed_until(window(cron, minutes, NEW_YORK), now) is not None) == expected


TICKS = st.lists(st.integers(-5 * 3600, 5 * 3600), min_size=2, max_size=30)


@settings(max_examples=200, deadline=None)
@given(RULES, st.integers(1, 119), CHANGES, TICKS)
def test_what_was_found_out_before_changes_no_answer(
    cron: str, minutes: int, change: str, ticks: list[int]
) -> None:
    """Asked again and again, forth and back, where clocks change: as if it were the first time."""
    rule = window(cron, minutes, NEW_YORK)
    times = [at(change) + timedelta(seconds=tick) for tick in ticks]

    remembered = [closed_until(rule, now) for now in times]

    anew = []
    for now in times:
        _known.cache_clear()
        anew.append(closed_until(rule, now))
    assert remembered == anew


def test_a_rare_window_is_worked_out_once() -> None:
    """Cards ask at each tick; 29 February is years away."""
    _known.cache_clear()
    leap = window("0 0 29 2 *", 60)

    found = {closed_until(leap, NOW + timedelta(hours=hours)) for hours in range(1000)}

    assert found == {None}
    assert len(_known(leap.cron, leap.minutes, leap.time_zone)) == 1
