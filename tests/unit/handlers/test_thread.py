"""The thread says few things, each once, and calls nobody but the one who asked."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from db.model.categories import Category
from db.model.execution import Attempt, Execution, Progress, Status
from db.model.output import Stream
from executor.rules.estimates import Estimate
from handlers.views.thread import Post, due_posts
from tests.support.executions import NOON, execution, line, on_production
from tests.support.rendered import check, shown

ENDS = [status for status in Status if status.is_over]
SOON, LATER = NOON + timedelta(seconds=20), NOON + timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


def due(subject: Execution, said: Collection[str] = (), **changes: Any) -> list[Post]:
    """Return what is due five minutes after noon."""
    told: dict[str, Any] = {"tail": [], "estimate": None, "attempts": ()}
    told |= {"now": LATER, "log_is_attached": True}
    return due_posts(subject, said=said, **(told | changes))


def keys(posts: list[Post]) -> list[str]:
    """Return what the posts are remembered by."""
    return [post.key for post in posts]


def running(fraction: float, **changes: Any) -> Execution:
    """Return a running execution that is so far."""
    return execution(Status.RUNNING, progress=Progress(done=fraction, total=1), **changes)


@pytest.mark.parametrize("status", [Status.AWAITING_CONFIRMATION, Status.QUEUED])
def test_what_has_not_begun_has_nothing_to_say(status: Status) -> None:
    """The card says it all."""
    assert due(execution(status)) == []


def test_start_is_said_once() -> None:
    """In one line: the card above it says the rest."""
    first = due(running(0), now=SOON)

    assert keys(first) == ["started"]
    assert shown(first[0].told) == "▶️ #128 import-patients started on staging."
    assert due(running(0), said=["started"], now=SOON) == []


@pytest.mark.parametrize(("began", "told"), [(None, ["started"]), (NOON, [])])
def test_start_is_not_said_after_what_failed_once_it_had_started(
    began: datetime | None, told: list[str]
) -> None:
    """A first attempt that failed at once was told by its failure; one that never began, not."""
    first = Attempt(execution_id=128, number=1, created_at=NOON, started_at=began)
    second = Attempt(execution_id=128, number=2, created_at=NOON, started_at=NOON)
    subject = running(0, attempt=2, max_attempts=3)

    posts = due(subject, said=["attempt-1"], now=SOON, attempts=(first, second))

    assert keys(posts) == told


def test_milestones_are_said_only_of_runs_that_last() -> None:
    """Half a minute is no time to tell about."""
    assert due(running(0.6), said=["started"], now=SOON) == []
    assert keys(due(running(0.6), said=["started"])) == ["milestone-50"]


@pytest.mark.parametrize(
    ("fraction", "said", "expected"),
    [
        (0.1, [], []),
        (0.3, [], ["milestone-25"]),
        (0.8, [], ["milestone-75"]),
        (0.3, ["milestone-50"], []),
        (0.6, ["milestone-50"], []),
        (0.8, ["milestone-50"], ["milestone-75"]),
        (1.0, [], []),
    ],
)
def test_only_the_highest_milestone_is_said(
    fraction: float, said: list[str], expected: list[str]
) -> None:
    """Progress may jump, and may fall back; nobody reads a quarter after the half."""
    assert keys(due(running(fraction), said=["started", *said])) == expected


def test_outage_is_said_after_a_minute_and_so_is_its_end() -> None:
    """A short one is on the card only."""
    away = {"reconnecting_since": NOON}
    key = f"away-{int(NOON.timestamp())}"

    assert due(running(0, **away), said=["started"], now=SOON) == []
    assert keys(due(running(0, **away), said=["started"])) == [key]
    assert due(running(0, **away), said=["started", key]) == []
    assert keys(due(running(0), said=["started", key])) == [key.replace("away", "back")]


def test_flapping_line_is_told_of_five_times() -> None:
    """Then the card has to do."""
    said = ["started", *(f"away-{n}" for n in range(5)), *(f"back-{n}" for n in range(5))]

    assert due(running(0, reconnecting_since=NOON), said=said) == []


def test_restart_of_the_bot_is_said() -> None:
    """Each take-over once."""
    assert keys(due(running(0, resumed=2), said=["started", "resumed-1.1"])) == ["resumed-1.2"]


@pytest.mark.parametrize("status", ENDS)
def test_end_calls_the_one_who_asked_and_nobody_else(status: Status) -> None:
    """It is the only post, whatever was missed before; a person is mentioned once."""
    posts = due(execution(status, cancelled_by="U0BRUNO", answered_by="U0CARLA"))

    assert keys(posts) == ["end"]
    check(posts[0].told)
    assert posts[0].told.text.count("<@") == posts[0].told.text.count("<@U0ANA>") == 1
    assert due(execution(status), said=["end"]) == []


def test_own_end_before_any_try_is_not_announced() -> None:
    """Who pressed the button knows; of what was sent to a host, all hear how it ended."""
    assert due(execution(Status.DISCARDED, answered_by="U0ANA")) == []
    assert due(execution(Status.CANCELLED, cancelled_by="U0ANA", attempt=0)) == []
    assert keys(due(execution(Status.CANCELLED, cancelled_by="U0BRUNO", attempt=0))) == ["end"]
    assert keys(due(execution(Status.CANCELLED, cancelled_by="U0ANA", attempt=1))) == ["end"]


def test_failure_says_what_to_do_and_the_last_twenty_lines() -> None:
    """Of stderr, as they came."""
    tail = [line(f"line {n}", n, Stream.ERR) for n in range(30)]

    (post,) = due(execution(Status.FAILED), tail=tail)

    assert "What to do: Set the node path." in shown(post.told)
    assert "the last lines of stderr" in shown(post.told)
    assert "line 10\n" in shown(post.told)
    assert "line 9\n" not in shown(post.told)


def test_failure_shows_no_marks_for_ferry() -> None:
    """A script that wrote nothing else has no last lines."""
    tail = [line("::result a=1", 1), line("no such patient", 2)]

    (post,) = due(execution(Status.FAILED), tail=tail)
    (bare,) = due(execution(Status.FAILED), tail=tail[:1])

    assert "no such patient" in shown(post.told)
    assert "::" not in shown(post.told)
    assert "the last lines" not in shown(bare.told)


@pytest.mark.parametrize("status", ENDS)
def test_only_a_failure_on_production_is_told_to_the_channel(status: Status) -> None:
    """Everything else stays in the thread."""
    is_bad = status in {Status.FAILED, Status.TIMED_OUT, Status.LOST}

    assert [post.broadcast for post in due(execution(status))] == [False]
    assert [post.broadcast for post in due(execution(status, **on_production()))] == [is_bad]


def test_end_says_how_to_see_a_log_that_is_not_attached() -> None:
    """Without the permission to upload, the command is the way."""
    (with_file,) = due(execution(Status.SUCCEEDED))
    (without,) = due(execution(Status.SUCCEEDED), log_is_attached=False)

    assert "/migrate log 128" not in shown(with_file.told)
    assert "`/migrate log 128` shows the log." in shown(without.told)


def test_each_silence_is_said_once_and_not_for_ever() -> None:
    """A second one is another; after the third nobody reads it any more."""
    quiet = running(0, silent_since=LATER - timedelta(minutes=3))
    key = f"silent-{int((LATER - timedelta(minutes=3)).timestamp())}"
    again = running(0, silent_since=LATER - timedelta(minutes=2))

    assert keys(due(quiet, said=["started"])) == [key]
    assert "has said nothing for 3 min" in shown(due(quiet, said=["started"])[0].told)
    assert due(quiet, said=["started", key]) == []
    assert len(due(again, said=["started", key])) == 1
    assert due(again, said=["started", key, "silent-1", "silent-2"]) == []


def test_slower_than_usual_is_said_once() -> None:
    """With what is usual."""
    usual = Estimate(median_s=60, low_s=50, high_s=90, slow_s=120, runs=20)

    first = due(running(0), said=["started"], estimate=usual)

    assert keys(first) == ["slow"]
    assert "5 min so far, it usually takes 1 min (50 s to 1 min 30 s)" in shown(first[0].told)
    assert due(running(0), said=["started", "slow"], estimate=usual) == []
    assert due(running(0), said=["started"], estimate=usual, now=SOON) == []


def test_each_attempt_that_is_followed_by_another_is_said() -> None:
    """Also when Slack was away meanwhile; the last one is the end's matter."""
    tries = [
        Attempt(
            execution_id=128,
            number=number,
            created_at=NOON,
            error_category=Category.CONNECTION_ERROR,
            error_message="It <did> not answer.",
        )
        for number in (1, 2, 3)
    ]
    waits = execution(Status.QUEUED, attempt=2, max_attempts=3, not_before=LATER + MINUTE)
    last = execution(Status.FAILED, attempt=3, max_attempts=3)

    meanwhile = due(waits, attempts=tries[:2], said=["attempt-1"])
    in_the_end = due(last, attempts=tries)

    assert keys(meanwhile) == ["attempt-2"]
    check(meanwhile[0].told)
    told = meanwhile[0].told.text
    assert "Attempt 2 of 3 failed: CONNECTION_ERROR: It &lt;did&gt; not answer." in told
    assert "The next one is due <!date^" in told
    assert keys(in_the_end) == ["attempt-1", "attempt-2", "end"]


def test_out_of_reach_while_cancelling_says_what_will_happen() -> None:
    """The script does not simply go on."""
    away = execution(Status.CANCELLING, reconnecting_since=NOON)

    (told,) = due(away, said=["started"])

    assert "the script will be stopped as soon as the host answers" in shown(told.told)


def test_silence_is_not_told_of_what_is_stopped_or_out_of_reach() -> None:
    """Nobody is told to cancel what is being cancelled, or how quiet it is where nobody hears."""
    quiet = {"silent_since": NOON}
    away = running(0, reconnecting_since=NOON, **quiet)

    assert due(execution(Status.CANCELLING, **quiet), said=["started"]) == []
    assert keys(due(away, said=["started"])) == [f"away-{int(NOON.timestamp())}"]


def test_what_is_out_of_reach_is_not_called_slow() -> None:
    """It may have ended in time: only its host knows."""
    usual = Estimate(median_s=60, low_s=50, high_s=90, slow_s=120, runs=20)
    away = running(0.6, reconnecting_since=NOON)

    posts = due(away, said=["started"], estimate=usual)

    assert keys(posts) == [f"away-{int(NOON.timestamp())}"]


def test_what_is_being_cancelled_has_no_milestones() -> None:
    """It goes nowhere any more."""
    stopping = execution(Status.CANCELLING, progress=Progress(done=3, total=4))

    assert due(stopping, said=["started"]) == []


def test_outage_of_an_earlier_attempt_does_not_end_in_the_next() -> None:
    """That one has just begun to connect."""
    before = f"away-{int(NOON.timestamp())}"
    second = execution(
        Status.RUNNING, attempt=2, max_attempts=3, started_at=LATER, begun_at=None, progress=None
    )

    assert due(second, said=["started", before]) == []


def test_out_of_reach_before_the_script_is_known_to_run_says_so() -> None:
    """Nobody can say that it does not need the line."""
    (told,) = due(running(0, reconnecting_since=NOON, begun_at=None))

    assert "whether the script has started is not known" in shown(told.told)


def test_time_of_a_retry_is_told_only_while_it_is_to_come() -> None:
    """Slack may have been away until then."""
    first = Attempt(
        execution_id=128, number=1, created_at=NOON, error_category=Category.SCRIPT_ERROR
    )
    waits = execution(Status.QUEUED, attempt=1, max_attempts=3, not_before=SOON)

    (before,) = due(waits, attempts=[first], now=NOON)
    (after,) = due(waits, attempts=[first], now=LATER)

    assert "The next one is due" in before.told.text
    assert "is due" not in after.told.text
