"""Budgets and pauses, without a clock: every number is a second that the test names."""

from datetime import timedelta

import pytest

from handlers.budgets import EDITS, EDITS_KEPT, POSTS, Budgets, Window
from handlers.pace import interval, retry_after


def test_window_lets_a_burst_through_and_then_makes_wait() -> None:
    """The fourth call in a row waits until the first one is a span old."""
    window = Window(3, 10.0)
    for second in (0.0, 1.0, 2.0):
        assert window.wait_s(second, urgent=False) == 0
        window.begin()
        window.end(second)

    assert window.wait_s(4.0, urgent=False) == 6.0
    assert window.wait_s(10.0, urgent=False) == 0


def test_call_that_takes_long_counts_until_a_span_after_its_end() -> None:
    """Slack may have counted it at any moment in between."""
    window = Window(1, 5.0)
    window.begin()

    assert 0 < window.wait_s(30.0, urgent=True) < 1
    window.end(31.0)
    assert window.wait_s(32.0, urgent=True) == 4.0


def test_last_edits_of_a_minute_are_kept_for_what_is_urgent() -> None:
    """Progress stops before ends and questions do."""
    budgets = Budgets()
    edits = budgets.window("chat.update", "C1")
    for _ in range(EDITS - EDITS_KEPT):
        edits.begin()
        edits.end(0.0)

    assert budgets.wait_s("chat.update", "C2", 1.0, urgent=False) == 59.0
    assert budgets.wait_s("chat.update", "C2", 1.0, urgent=True) == 0

    for _ in range(EDITS_KEPT):
        edits.begin()
        edits.end(1.0)

    assert budgets.wait_s("chat.update", "C2", 2.0, urgent=True) == 58.0
    assert budgets.wait_s("chat.update", "C2", 60.5, urgent=True) == 0


def test_posts_are_counted_in_each_channel() -> None:
    """A busy channel does not silence another."""
    budgets = Budgets()
    posts = budgets.window("chat.postMessage", "C1")
    for _ in range(POSTS):
        posts.begin()
        posts.end(0.0)

    assert budgets.wait_s("chat.postMessage", "C1", 0.0, urgent=True) == 5.0
    assert budgets.wait_s("chat.postMessage", "C2", 0.0, urgent=True) == 0


def test_pause_is_of_one_method_and_never_shortened() -> None:
    """What Slack said last does not shorten what it said before."""
    budgets = Budgets()
    budgets.pause("chat.update", 0.0, 30)
    budgets.pause("chat.update", 1.0, 2)

    assert budgets.wait_s("chat.update", "C1", 10.0, urgent=True) == 20.0
    assert budgets.wait_s("chat.postMessage", "C1", 10.0, urgent=True) == 0


def test_outage_stops_everything_ever_longer_until_slack_is_back() -> None:
    """1, 2, 4 … at most 30 s; failures of calls that were under way together count once."""
    budgets = Budgets()
    now, pauses = 0.0, []
    for _ in range(7):
        pauses.append(budgets.away(now))
        budgets.away(now)
        now += pauses[-1]

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert budgets.back()
    assert not budgets.back()
    assert budgets.wait_s("files", "", now - 1, urgent=True) == 0


@pytest.mark.parametrize(
    ("age_s", "runs", "seconds"),
    [(5, 1, 2.5), (60, 1, 5), (3600, 1, 12), (5, 2, 3), (60, 20, 30), (3600, 4, 12)],
)
def test_interval_grows_with_age_and_with_the_number_of_runs(
    age_s: int, runs: int, seconds: float
) -> None:
    """Forty edits a minute in all, however many run."""
    assert interval(timedelta(seconds=age_s), runs).total_seconds() == seconds


def test_retries_back_off() -> None:
    """From two seconds to a minute."""
    assert [retry_after(n).total_seconds() for n in (1, 2, 3, 6, 60)] == [2, 4, 8, 60, 60]
