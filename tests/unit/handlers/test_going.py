"""How a run waits and how it goes, in words that stay the same while nothing happens."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.model.categories import Category
from db.model.execution import Execution, Status
from executor.rules.estimates import Estimate, Forecast, estimate
from handlers.views.card import execution_card
from handlers.views.going import going, in_the_queue, usually
from handlers.views.queue import queue
from tests.support.executions import NOON, execution
from tests.support.rendered import buttons, check, shown

USUAL = Estimate(median_s=120, low_s=60, high_s=240, slow_s=300, runs=20)
FAILED_ONCE: dict[str, Any] = {
    "attempt": 1,
    "max_attempts": 3,
    "error_category": Category.CONNECTION_ERROR,
    "error_message": "10.0.0.5:22 refused the connection.",
    "not_before": NOON + timedelta(seconds=30),
}


def waiting(**changes: Any) -> Execution:
    """Return a queued execution."""
    return execution(Status.QUEUED, **changes)


def running(seconds: float, **changes: Any) -> Execution:
    """Return an execution that has run for so long at noon."""
    start = NOON - timedelta(seconds=seconds)
    return execution(Status.RUNNING, progress=None, started_at=start, **changes)


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        pytest.param(
            Forecast(position=2, starts_in_s=130, estimate=USUAL),
            "2nd in line · starts about <!date^1773489780^{time}|2026-03-14 12:03 UTC> · "
            "usually takes 2 min (1 min to 4 min)",
            id="place, start, length",
        ),
        pytest.param(
            Forecast(position=1, starts_in_s=0),
            "Next in line · starts any moment",
            id="at once",
        ),
        pytest.param(Forecast(position=1), "Next in line", id="nobody knows"),
        pytest.param(
            Forecast(position=1, starts_in_s=6),
            "Next in line · starts about <!date^1773489660^{time}|2026-03-14 12:01 UTC>",
            id="soon",
        ),
        pytest.param(
            Forecast(position=2, running=(12,), places=1),
            "2nd in line · waits for #12 to end (one run at a time there)",
            id="the only place",
        ),
        pytest.param(
            Forecast(position=2, running=(12, 13), places=1),
            "2nd in line · waits for #12 and #13 to end (one run at a time there)",
            id="more than may run by now",
        ),
        pytest.param(
            Forecast(position=1, running=(12, 13, 14), places=3),
            "Next in line · waits for a place: all 3 are taken",
            id="all places",
        ),
        pytest.param(Forecast(position=1, running=(12,), places=2), "Next in line", id="room"),
        pytest.param(
            Forecast(position=1, starts_in_s=0, behind=127),
            "Next in line · waits for #127, which works on the same records",
            id="same records",
        ),
        pytest.param(
            Forecast(position=1, behind=127, behind_ends_in_s=200),
            "Next in line · waits for #127, which works on the same records and ends about "
            "<!date^1773489840^{time}|2026-03-14 12:04 UTC>",
            id="same records, for so long",
        ),
        pytest.param(
            Forecast(position=1, behind=127, behind_ends_in_s=4),
            "Next in line · waits for #127, which works on the same records and ends "
            "in a few seconds",
            id="same records, hardly any more",
        ),
        pytest.param(
            Forecast(position=1, behind=127, behind_ends_in_s=-1),
            "Next in line · waits for #127, which works on the same records",
            id="same records, for longer than thought",
        ),
        pytest.param(
            Forecast(position=1, starts_in_s=0, job_is_full=True),
            "Next in line · waits until fewer runs of its job are under way",
            id="limit of the job",
        ),
    ],
)
def test_what_waits_says_its_place_and_for_what(forecast: Forecast, words: str) -> None:
    """And when it will start, as far as that is known."""
    assert in_the_queue(waiting(), forecast, NOON) == words


def test_start_is_told_as_a_time_that_does_not_change_while_nothing_happens() -> None:
    """Each change is an edit, of which Slack allows few."""
    told = {
        in_the_queue(
            waiting(),
            Forecast(position=2, starts_in_s=130 - passed),
            NOON + timedelta(seconds=passed),
        )
        for passed in range(0, 100, 3)
    }

    assert len(told) == 1


def test_a_retry_that_waits_says_why_and_when() -> None:
    """What failed, of how many, and when the next one is due."""
    told = execution_card(waiting(**FAILED_ONCE), tail=[], forecast=Forecast(position=1), now=NOON)

    check(told)
    refused = "ttempt 1 of 3 failed: CONNECTION_ERROR: 10.0.0.5:22 refused the connection"
    assert f"A{refused}" in shown(told)
    assert "Attempt 2 is due within a minute" in shown(told)
    assert "in line" not in shown(told)
    assert told.text == f"#128 import-patients on staging is tried again: a{refused}."


@pytest.mark.parametrize(
    ("pause_s", "words"),
    [
        (10, "in a few seconds"),
        (11, "within a minute"),
        (60, "within a minute"),
        (61, "within 2 minutes"),
        (120, "within 2 minutes"),
        (121, "<!date^1773489721^{time}|2026-03-14 12:02 UTC>"),
    ],
)
def test_a_short_pause_is_told_roughly_and_the_same_until_it_is_over(
    pause_s: int, words: str
) -> None:
    """A time of day, read in that minute, says nothing; a countdown would be edit after edit."""
    asked = {"created_at": NOON - timedelta(hours=1)}
    one = waiting(**FAILED_ONCE | asked | {"not_before": NOON + timedelta(seconds=pause_s)})
    moments = [NOON, NOON + timedelta(seconds=pause_s - 1)]

    told = {in_the_queue(one, Forecast(), now).rpartition("\n")[2] for now in moments}

    assert told == {f"Attempt 2 is due {words}"}


def test_a_running_attempt_says_which_it_is() -> None:
    """Only from the second one on."""
    assert "attempt 2 of 3" in going(running(5, attempt=2, max_attempts=3), None, NOON)
    assert "attempt" not in " ".join(going(running(5, attempt=1, max_attempts=3), None, NOON))


@pytest.mark.parametrize(("seconds", "is_slow"), [(300, False), (301, True)])
def test_slower_than_95_of_100_is_said(seconds: int, is_slow: bool) -> None:
    """Not before, and not without enough past runs."""
    told = " ".join(going(running(seconds), USUAL, NOON))

    assert ("slower than 95 %" in told) is is_slow
    assert "slower" not in " ".join(going(running(seconds), None, NOON))


def test_silence_is_said_with_how_long_it_lasts() -> None:
    """On the card and read aloud."""
    subject = running(900, silent_since=NOON - timedelta(minutes=12))
    told = execution_card(subject, tail=[], forecast=Forecast(), now=NOON)

    assert "🔇 no output for 12 min" in shown(told)
    assert told.text.endswith("15 min so far; no output for 12 min.")


def test_a_cancel_that_does_not_reach_the_host_says_so() -> None:
    """It is not stopped yet, and nobody has to press again."""
    subject = execution(Status.CANCELLING, reconnecting_since=NOON - timedelta(seconds=12))
    told = execution_card(subject, tail=[], forecast=Forecast(), now=NOON)

    will = "reconnecting (12 s): the script will be stopped as soon as the host answers"
    assert f"{will}, asked by <@U0ANA>" in shown(told)
    assert "TERM" not in shown(told)
    assert told.text.endswith("is being cancelled by <@U0ANA>; reconnecting (12 s).")


def test_of_few_runs_nobody_says_what_is_usual() -> None:
    """Two of 15 s and 25 s took that, and how many they were is said."""
    assert usually(estimate([25.0, 15.0])) == ["took 15 s to 25 s before (2 runs)"]
    assert usually(estimate([25.0, *[15.0] * 9])) == ["usually takes 15 s (15 s to 16 s)"]


def test_a_cancel_that_reaches_the_host_says_how_and_who() -> None:
    """Once the host answers; without a cancel nobody asked."""
    here, away = execution(Status.CANCELLING), NOON - timedelta(seconds=12)

    assert "stopping: TERM, then KILL after 5 s, asked by <@U0ANA>" in going(here, None, NOON)
    assert "asked by" not in str(going(running(12, reconnecting_since=away), None, NOON))


def test_range_is_left_out_where_past_runs_do_not_differ() -> None:
    """A range of one is none."""
    same = Estimate(median_s=60, low_s=60, high_s=60, slow_s=None, runs=3)

    assert usually(same) == ["usually takes 1 min"]
    assert usually(replace(same, runs=1)) == ["took 1 min last time"]
    assert usually(None) == []


def test_an_empty_queue_says_how_to_begin() -> None:
    """It does not promise a start: what is under way may take every place."""
    told = queue([], 0, now=NOON, where="staging", may_move=True)

    check(told)
    assert told.text == "Nothing waits in the queue in staging."
    assert list(buttons(told)) == ["Run a job…", "What runs now"]


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        pytest.param([Status.RUNNING], "1 run is under way.", id="one"),
        pytest.param(
            [Status.RUNNING, Status.CANCELLING, Status.AWAITING_CONFIRMATION],
            "2 runs are under way and 1 awaits confirmation.",
            id="both",
        ),
        pytest.param([Status.AWAITING_CONFIRMATION] * 2, "2 await confirmation.", id="asking"),
    ],
)
def test_an_empty_queue_says_what_takes_places(statuses: list[Status], words: str) -> None:
    """Each as it counts: what is being cancelled still runs."""
    others = [execution(status) for status in statuses]

    told = queue([], 0, now=NOON, active=others, may_move=False)

    check(told)
    assert told.text == f"Nothing waits in the queue. {words}"
    assert words in shown(told)


@pytest.mark.parametrize("may_move", [True, False])
def test_queue_offers_what_the_reader_may_do(may_move: bool) -> None:
    """Everybody may ask to cancel; only admins move, and never what goes next anyway."""
    line = [(waiting(id=n), Forecast(position=n)) for n in range(1, 20)]

    told = queue(line, 40, now=NOON, may_move=may_move)

    check(told)
    text = str(told.blocks)
    assert ("Move #2 " in text) is may_move
    assert "Move #1 " not in text
    assert "Cancel #1 " in text
    assert "and 25 more" in text
