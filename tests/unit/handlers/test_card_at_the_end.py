"""The card of what is over: how it ended, why, and what to do."""

from dataclasses import replace

import pytest

from db.model.categories import Category
from db.model.execution import Progress, Status
from db.model.output import Stream
from executor.ssh.status import Receipt
from handlers.views.states import ending
from handlers.views.thread import due_posts
from tests.support.executions import NOON, execution, line
from tests.support.rendered import buttons, card, shown


@pytest.mark.parametrize(
    ("status", "headline", "outcome"),
    [
        (Status.SUCCEEDED, "✅ *Succeeded* in 3 min 12 s · ", "imported=2950 skipped=50"),
        (
            Status.FAILED,
            "❌ *Failed* after 3 min 12 s · ",
            "COMMAND_NOT_FOUND: `node` is not there",
        ),
        (Status.TIMED_OUT, "⏰ *Timed out* after 3 min 12 s · ", "TIMEOUT_ERROR"),
        (Status.CANCELLED, "🚫 *Cancelled* after 3 min 12 s · ", "By <@U0ANA>"),
        (Status.LOST, "❓ *Lost* after 3 min 12 s · ", "HOST_REBOOTED"),
        (Status.DISCARDED, "🗑️ *Discarded* by <@U0BRUNO> · ", "Nothing ran"),
        (Status.EXPIRED, "⌛ *Expired* · ", "Nobody confirmed it in time; nothing ran"),
    ],
)
def test_end_is_said_once_and_first(status: Status, headline: str, outcome: str) -> None:
    """How it ended and how long it took; then what it counted, or why it failed."""
    blocks = card(execution(status)).blocks

    assert blocks[0]["text"]["text"].startswith(headline)
    assert blocks[1]["text"]["text"].startswith(outcome)


def test_failure_shows_what_to_do_and_the_last_lines() -> None:
    """Enough to act without opening anything."""
    told = card(execution(Status.FAILED), tail=[line("sh: node: not found", 1, Stream.ERR)])

    assert "What to do: Set the node path." in shown(told)
    assert "sh: node: not found" in shown(told)
    assert "exit status 127" in shown(told)


def test_exit_status_that_the_reason_tells_is_not_told_again() -> None:
    """The reason of a script that said no begins with it."""
    said = execution(Status.FAILED, error_message="The script ended with exit status 127")

    assert shown(card(said)).count("exit status 127") == 1


def test_line_that_the_reason_quotes_is_not_shown_again() -> None:
    """One line of stderr is often all there is."""
    said = execution(Status.FAILED, error_message="It said: no such patient")

    told = card(said, tail=[line("no such patient", 1, Stream.ERR)])

    assert shown(told).count("no such patient") == 1


@pytest.mark.parametrize("status", [Status.RUNNING, Status.FAILED])
def test_marks_for_ferry_are_not_shown_as_output(status: Status) -> None:
    """The bar and the end say them already."""
    tail = [line("::progress 7/12 importing"), line("warning: no name", 2), line("::result a=1", 3)]

    told = shown(card(execution(status), tail=tail))

    assert "warning: no name" in told
    assert "::" not in told


@pytest.mark.parametrize(
    "status", [Status.FAILED, Status.TIMED_OUT, Status.CANCELLED, Status.LOST, Status.SUCCEEDED]
)
def test_how_far_it_got_is_told(status: Status) -> None:
    """How many records are in is the first question; of what got to its end nobody asks it."""
    short = execution(status, progress=Progress(done=1100, total=1200))
    done = execution(status, progress=Progress(done=12, total=12))

    assert "got to 1,100/1,200 (91 %)" in shown(card(short))
    assert "got to 1,100/1,200 (91 %)" in ending(short)
    assert ("got to" in shown(card(done))) is (status is not Status.SUCCEEDED)
    assert "got to" not in shown(card(execution(status)))


def test_what_never_began_does_not_say_that_it_started() -> None:
    """Whether data was touched is what people are afraid of."""
    never = execution(Status.FAILED, begun_at=None, lines=0, exit_status=None)
    again = replace(never, attempt=2, max_attempts=3)

    told = card(never)

    assert told.blocks[0]["text"]["text"].startswith("❌ *Failed* before it started · ")
    assert "`node` is not there · nothing ran" in shown(told)
    assert "started " not in told.blocks[-2]["elements"][0]["text"]
    assert ending(never).endswith("`node` is not there · nothing ran")
    assert "before attempt 2 of 3 started" in shown(card(again))
    assert "nothing ran" not in shown(card(again))  # the first may have
    for trace in ({"error_category": Category.INTERNAL_ERROR}, {"exit_status": 1}, {"lines": 1}):
        assert "nothing ran" not in shown(card(replace(never, **trace)))
        assert "before it started" not in shown(card(replace(never, **trace)))


def test_what_was_asked_again_before_it_never_began_counts_no_attempt_for_that() -> None:
    """The first one found the plan changed, so nobody knows of it, and nothing of it ran."""
    never = execution(Status.FAILED, begun_at=None, lines=0, exit_status=None)
    asked_again = replace(never, attempt=2, max_attempts=2, voided_plan=never.plan)

    told = shown(card(asked_again))

    assert "*Failed* before it started" in told
    assert "nothing ran" in told


def test_next_attempt_that_never_had_its_turn_is_told_beside_how_far_the_last_one_got() -> None:
    """The thread is where production hears of it."""
    waited = execution(
        Status.FAILED, not_before=NOON, max_attempts=3, progress=Progress(done=2, total=5)
    )

    assert ending(waited).endswith(
        "got to 2/5 (40 %) · attempt 2 of 3 waited too long in the queue"
    )


def test_what_a_failed_script_counted_has_its_own_line() -> None:
    """Behind the reason it read as a part of it."""
    told = card(execution(Status.FAILED, result={"imported": "12"}))

    assert "`node` is not there\nIts result: imported=12" in shown(told)


def test_a_silence_is_not_told_as_a_timeout() -> None:
    """It did not take too long; it said nothing for too long."""
    silent = execution(Status.TIMED_OUT, error_detail="SILENCE")

    assert card(silent).blocks[0]["text"]["text"].startswith("⏰ *Stopped for silence* after")
    assert ending(silent).startswith("was stopped for silence after 3 min 12 s")


def test_nobody_is_sent_to_a_log_that_is_empty() -> None:
    """There is no button for it, either."""
    said = {"error_category": Category.SCRIPT_ERROR, "error_hint": "Read its log, correct it."}

    assert "Read its log" in shown(card(execution(Status.FAILED, **said)))
    assert "It printed nothing" in shown(card(execution(Status.FAILED, lines=0, **said)))


def test_what_waits_for_its_next_attempt_has_not_started() -> None:
    """When the last one did is history."""
    waits = execution(
        Status.QUEUED,
        attempt=1,
        max_attempts=3,
        started_at=NOON,
        error_category=Category.CONNECTION_ERROR,
    )

    told = shown(card(waits))

    assert "started " not in told
    assert told.startswith("⏳ *Waits for attempt 2 of 3* · ")


def test_cancel_of_what_waits_for_its_next_attempt_keeps_why_the_last_one_failed() -> None:
    """Else the last word of it would be that somebody had enough."""
    refused = {"error_category": Category.CONNECTION_ERROR, "error_message": "It refused."}
    waited = execution(
        Status.CANCELLED, not_before=NOON, max_attempts=3, receipt="", begun_at=None, **refused
    )

    told = card(waited).blocks[1]["text"]["text"]

    assert told == "By <@U0ANA> · attempt 1 of 3 failed: CONNECTION_ERROR: It refused"


def test_cancel_in_the_queue_does_not_speak_of_work_done() -> None:
    """Nothing has run that could stay done."""
    waiting = buttons(card(execution(Status.QUEUED)))["Cancel"]["confirm"]["text"]["text"]
    running = buttons(card(execution(Status.RUNNING)))["Cancel"]["confirm"]["text"]["text"]

    assert waiting.endswith("leaves the queue; nothing of it has run.")
    assert running.endswith("what it has done so far stays done.")


def test_cancel_shows_its_receipt() -> None:
    """What was stopped, and that nothing is left."""
    told = card(execution(Status.CANCELLED, receipt="5 processes: 5 ended on TERM; none remain"))

    assert "By <@U0ANA> · stopped 5 processes: 5 ended on TERM; none remain" in shown(told)


def test_cancel_that_found_nothing_to_stop_says_so() -> None:
    """In whole words, on the card and in its thread."""
    receipt = Receipt(0, 0, 0, 0, 0).words
    subject = execution(Status.CANCELLED, receipt=receipt)
    (end,) = due_posts(
        subject, said=(), tail=[], estimate=None, attempts=(), now=NOON, log_is_attached=True
    )

    for told in (card(subject), end.told):
        assert "stopped nothing: no process was running any more" in shown(told)


def test_cancel_before_the_start_says_so() -> None:
    """It took no time, and stopped nothing."""
    told = card(execution(Status.CANCELLED, started_at=None, attempt=0, lines=0))

    assert (
        told.text == "#128 import-patients on staging was cancelled by <@U0ANA> before it started."
    )
    assert list(buttons(told)) == ["Run again", "Run again with changes…"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.TIMED_OUT, "it had been stopped already"),
        (Status.LOST, "it was gone already"),
        (Status.SUCCEEDED, "it had ended by itself"),
        (Status.FAILED, "it had ended by itself"),
    ],
)
def test_cancel_that_came_too_late_says_what_was_faster(status: Status, words: str) -> None:
    """What was stopped did not end by itself."""
    told = shown(card(execution(status, cancelled_by="U0BRUNO")))

    assert f"the cancel by <@U0BRUNO> came too late: {words}" in told


def test_retry_that_never_had_its_turn_says_so() -> None:
    """Else nobody knows why the announced attempt was not made."""
    late = {"attempt": 1, "max_attempts": 3, "not_before": NOON}
    told = card(execution(Status.FAILED, **late))

    assert "`node` is not there · attempt 2 of 3 waited too long in the queue" in shown(told)
    assert "attempt 2 of 3 waited too long in the queue" in told.text
    assert "waited" not in shown(card(execution(Status.FAILED, attempt=3, max_attempts=3)))


@pytest.mark.parametrize(
    ("attempt", "moment"), [(1, "before it started"), (2, "before attempt 2 of 3 started")]
)
def test_cancel_while_it_connects_says_that_it_had_not_started(attempt: int, moment: str) -> None:
    """Two seconds of connecting are no two seconds of work that was done."""
    short = {"begun_at": None, "receipt": "", "lines": 0, "attempt": attempt, "max_attempts": 3}
    told = card(execution(Status.CANCELLED, **short))

    assert told.blocks[0]["text"]["text"].startswith(f"🚫 *Cancelled* {moment} ·")
    assert f"was cancelled by <@U0ANA> {moment}" in told.text
