"""One notion of closed: of locks and windows the one that lasts longest, until nothing closes."""

from datetime import UTC, datetime, timedelta

import pytest

from db.model.locks import Closed, FreezeWindow, Lock
from executor.rules.closing import closed, sentence

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def hours(count: float) -> datetime:
    """Return so many hours after noon."""
    return NOON + timedelta(hours=count)


def lock(until: datetime | None = None, **changes: datetime | str) -> Lock:
    """Return a lock of Ana."""
    values: dict[str, object] = {"id": 1, "environment_id": 1, "locked_by": "U0ANA"}
    values |= {"reason": "deploying", "until": until, "created_at": NOON, **changes}
    return Lock(**values)  # type: ignore[arg-type]


def window(cron: str, count: int) -> FreezeWindow:
    """Return a window of Bruno that lasts so many hours."""
    return FreezeWindow(
        id=1,
        environment_id=1,
        cron=cron,
        minutes=60 * count,
        time_zone="UTC",
        reason="rest",
        made_by="U0BRUNO",
        created_at=NOON,
    )


def test_nothing_closes_an_environment_that_is_open() -> None:
    """Not what was opened, nor what is over, nor what comes later."""
    opened = lock(opened_by="U0ANA", opened_at=NOON)

    assert closed("staging", None, [], NOON) is None
    assert closed("staging", opened, [window("0 13 * * *", 1)], NOON) is None
    assert closed("staging", lock(until=NOON), [], NOON) is None


def test_a_lock_is_shut_until_the_moment_of_its_end() -> None:
    """To the microsecond."""
    ends = lock(until=hours(1))

    assert closed("staging", ends, [], hours(1) - timedelta(microseconds=1)) == Closed(
        environment="staging", by="U0ANA", reason="deploying", until=hours(1)
    )
    assert closed("staging", ends, [], hours(1)) is None


def test_a_lock_without_an_end_outlasts_every_window() -> None:
    """Whatever else is closed."""
    found = closed("staging", lock(), [window("0 12 * * *", 3)], NOON)

    assert found is not None
    assert (found.by, found.until, found.is_freeze) == ("U0ANA", None, False)


def test_what_follows_without_a_break_is_one() -> None:
    """A lock until one, a window from half past twelve, another from three."""
    windows = [window("30 12 * * *", 3), window("0 15 * * *", 2)]

    found = closed("staging", lock(until=hours(1)), windows, NOON)

    assert found is not None
    assert (found.reason, found.until) == ("deploying", hours(5))


def test_two_windows_that_leave_no_break_have_no_end() -> None:
    """Days and nights: nobody can say when it opens."""
    found = closed("staging", None, [window("0 0 * * *", 12), window("0 12 * * *", 12)], NOON)

    assert found is not None
    assert found.until is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "staging is locked by <@U0ANA>: `rest`.", id="no end"),
        pytest.param(
            {"until": NOON, "is_freeze": True},
            "staging is frozen by <@U0ANA> until 2026-03-14 12:00 UTC: `rest`.",
            id="window",
        ),
        pytest.param(
            {"by": "cli:ana", "reason": "`<!here>`"},
            "staging is locked by ana: `'<!here>'`.",
            id="command line",
        ),
    ],
)
def test_sentence_says_by_whom_until_when_and_why(changes: dict[str, object], words: str) -> None:
    """A reason stands in backticks: nothing in it is obeyed."""
    values = {"environment": "staging", "by": "U0ANA", "reason": "rest", "until": None} | changes

    assert sentence(Closed(**values)) == words  # type: ignore[arg-type]
