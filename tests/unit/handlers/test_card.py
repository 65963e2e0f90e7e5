"""The card tells every state in words, offers only what is valid, and lets nobody speak for us."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.catalog import Kind
from db.model.execution import Attempt, Execution, Progress, Status
from db.model.output import LogLine, Stream
from executor.rules.estimates import Forecast, estimate
from executor.rules.host_keys import fingerprints
from executor.ssh.status import Receipt
from handlers.views.card import execution_card
from handlers.views.ids import Action
from handlers.views.looks import LOOK
from handlers.views.message import Told
from handlers.views.plan import plan_lines
from handlers.views.queue import queue
from handlers.views.sentences import in_line, place, share
from handlers.views.thread import due_posts, log_refused, not_here
from tests.support.executions import FINGERPRINT, HOST_KEY, NOON, execution, line, on_production
from tests.support.rendered import buttons, check, shown

AGAIN = ["Run again", "Run again with changes…"]
BUTTONS = {
    Status.AWAITING_CONFIRMATION: ["Run on production", "Discard"],
    Status.QUEUED: ["Cancel"],
    Status.RUNNING: ["Cancel", "Log"],
    Status.CANCELLING: ["Log"],
    Status.SUCCEEDED: [*AGAIN, "Log"],
    Status.FAILED: [*AGAIN, "Log"],
    Status.TIMED_OUT: [*AGAIN, "Log"],
    Status.CANCELLED: [*AGAIN, "Log"],
    Status.LOST: [*AGAIN, "Log"],
    Status.DISCARDED: AGAIN,
    Status.EXPIRED: AGAIN,
}
HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<!channel>",
            "</",
            "```",
            "`<@U0GUEST>`",
            "&lt;!here&gt;",
            "<https://evil.example|full log>",
            "<!date^0^x|y>",
            "*_~\x00\x1b[2J",
            "\u202e@channel",
            "x" * 5000,
        ]
    ),
    st.text(max_size=80),
)


def card(subject: Execution, **changes: Any) -> Told:
    """Return the card half a minute after noon."""
    told: dict[str, Any] = {"tail": [], "forecast": Forecast(position=2)}
    told["now"] = NOON + timedelta(seconds=33)
    return execution_card(subject, **(told | changes))


def usual(seconds: float) -> Forecast:
    """Return the forecast of a run that always took so long."""
    return Forecast(estimate=estimate([seconds] * 3))


@pytest.mark.parametrize("status", Status)
def test_card_of_every_status_says_it_in_words_and_is_taken_by_slack(status: Status) -> None:
    """Emoji, word, number, job and environment; a full sentence for screen readers."""
    told = card(execution(status, **on_production()), tail=[line("hello")])

    check(told)
    emoji, word = LOOK[status]
    title = told.blocks[0]["text"]["text"].lower()
    assert title.startswith(f"{emoji} *{word}*")
    assert title.endswith(" · *#128 import-patients* → 🔴 production")
    assert told.text.startswith("#128 import-patients on production ")
    assert told.text.endswith(".")


@pytest.mark.parametrize("status", Status)
def test_card_offers_only_what_is_valid_now(status: Status) -> None:
    """The buttons of each state, each with the execution's number."""
    told = card(execution(status, **on_production()))

    offered = buttons(told)
    assert list(offered) == BUTTONS[status]
    assert {button["value"].split(":")[0] for button in offered.values()} == {"128"}


def test_question_shows_exactly_what_will_run() -> None:
    """Version, values, host, key, user, directory, argv in order, variables by name, timeout."""
    told = card(execution(Status.AWAITING_CONFIRMATION, **on_production(host_key=HOST_KEY)))

    lines = shown(told).splitlines()
    start = lines.index("job:         import-patients, version 3")
    assert lines[start : start + 16] == [
        "job:         import-patients, version 3",
        "parameter:   sistema = iclinic",
        "parameter:   usuario = dr leandro",
        "host:        deploy@10.0.0.5, port 22",
        f"host key:    {fingerprints(HOST_KEY)}",
        "directory:   ~/scripts",
        "interpreter: node",
        "script:      ~/scripts/orchestrate-import.js",
        "real path:   /home/deploy/scripts/orchestrate-import.js",
        f"sha256:      {'ab' * 32}",
        "size:        4.2 kB, modified 2026-03-14 15:09:26 UTC",
        "run by:      /usr/bin/node, v22.1.0",
        "argument 1:  iclinic",
        "argument 2:  dr leandro",
        "variable:    API_TOKEN",
        "timeout:     10 min, then TERM, KILL after 5 s",
    ]
    assert "Why: the clinic asked" in shown(told)
    assert "Without an answer it expires <!date^" in shown(told)
    assert "sistema=iclinic" not in told.blocks[1]["elements"][0]["text"], "said twice"


def test_question_asks_once_more_before_it_runs() -> None:
    """The dialog names job and environment; the answer carries the plan that was shown."""
    told = card(execution(Status.AWAITING_CONFIRMATION, **on_production()))

    run = buttons(told)["Run on production"]
    assert run["action_id"] == Action.EXECUTION_CONFIRM
    assert run["value"] == f"128:{'ab' * 32}"
    dialog = run["confirm"]
    assert dialog["title"]["text"] == "Run on production?"
    assert "import-patients" in dialog["text"]["text"]
    assert "with sistema=iclinic usuario=dr leandro" in dialog["text"]["text"]
    assert dialog["style"] == "danger"


def test_question_counts_what_it_does_not_show() -> None:
    """Nobody says yes to something that is hidden without a word."""
    arguments = tuple(f"{n}-{'x' * 900}" for n in range(40))
    told = card(execution(Status.AWAITING_CONFIRMATION, **on_production(arguments=arguments)))

    check(told)
    assert "… (602 more characters)" in shown(told)
    assert "more lines are not shown; a yes covers them too" in shown(told)


def test_fingerprint_is_what_ssh_keygen_prints() -> None:
    """People compare it with what the host's operator tells them."""
    assert fingerprints("") == "none is pinned"
    assert fingerprints("rubbish") == "(unreadable)"
    assert fingerprints("ssh-ed25519 rubbish").endswith("(unreadable)")
    assert fingerprints(f"{HOST_KEY} comment\n") == f"ssh-ed25519 {FINGERPRINT}"
    assert fingerprints(f"@revoked {HOST_KEY}") == f"never ssh-ed25519 {FINGERPRINT}"
    assert fingerprints("@revoked") == "never (unreadable)"


def test_argument_cannot_pretend_to_be_another_line() -> None:
    """A line break in a value is shown as a sign."""
    subject = execution(
        Status.AWAITING_CONFIRMATION, **on_production(arguments=("a\nhost: good", ""))
    )

    lines = plan_lines(subject)

    assert "argument 1:  a␊host: good" in lines
    assert "argument 2:  (empty)" in lines


@pytest.mark.parametrize(
    ("status", "receipt"),
    [(Status.QUEUED, "confirmed by <@U0BRUNO>"), (Status.DISCARDED, "discarded by <@U0BRUNO>")],
)
def test_answer_leaves_a_receipt(status: Status, receipt: str) -> None:
    """Who said yes or no, and when, stays on the card."""
    told = card(execution(status, answered_by="U0BRUNO", answered_at=NOON))

    assert f"{receipt} <!date^" in shown(told)


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (0, "waiting for a free slot"),
        (1, "next in line"),
        (2, "2nd in line"),
        (3, "3rd in line"),
        (11, "11th in line"),
        (21, "21st in line"),
        (112, "112th in line"),
    ],
)
def test_place_in_line(position: int, words: str) -> None:
    """As people say it."""
    assert in_line(position) == words


def test_running_card_shows_bar_words_and_estimate() -> None:
    """A bar is never alone."""
    told = card(execution(Status.RUNNING), forecast=usual(192.0), tail=[line("hello")])

    assert "`███████████░░░░░░░░░` 7/12 · 58 %" in shown(told)
    assert "running for 33 s" in shown(told)
    assert "about 24 s left · usually takes 3 min 12 s" in shown(told)
    assert "hello" in shown(told)
    assert "running, 33 s so far, 7/12 · 58 %" in told.text


def test_running_card_without_past_runs_estimates_by_progress() -> None:
    """Seven of twelve in 33 s leave some 24 s."""
    assert "about 24 s left" in shown(card(execution(Status.RUNNING)))


def test_running_card_longer_than_usual_says_so() -> None:
    """No negative time."""
    subject = execution(Status.RUNNING, progress=None)

    assert "about 2 min 39 s left" in shown(card(subject, forecast=usual(192.0)))
    assert "longer than usual: usually takes 20 s" in shown(card(subject, forecast=usual(20)))
    assert "longer" not in shown(card(subject, forecast=usual(30)))


@pytest.mark.parametrize(("done", "now_s"), [(12, 33), (11.9, 33), (12, 600)])
def test_nothing_left_is_no_estimate(done: float, now_s: int) -> None:
    """A script that has said 100 % may work on; nobody reads "about 0 s left" for minutes."""
    subject = execution(Status.RUNNING, progress=Progress(done=done, total=12))

    told = shown(card(subject, now=NOON + timedelta(seconds=now_s), forecast=usual(100)))

    assert " left" not in told
    assert ("longer than usual" in told) == (now_s == 600)


def test_no_time_is_left_of_what_is_being_cancelled() -> None:
    """It is not going to be done."""
    stopping = execution(Status.CANCELLING, progress=Progress(done=7, total=12))

    told = shown(card(stopping, forecast=usual(192.0)))

    assert " left" not in told
    assert "usually" not in told


def test_nothing_is_guessed_of_what_is_out_of_reach() -> None:
    """Neither how much is left, nor that it is slow, nor that it has said nothing meanwhile."""
    since = NOON + timedelta(minutes=2)
    away = execution(Status.RUNNING, reconnecting_since=since, silent_since=NOON)
    slow = Forecast(estimate=estimate([60.0] * 20))

    told = card(away, now=NOON + timedelta(minutes=30), forecast=slow)

    assert " left" not in shown(told)
    assert "slower" not in shown(told)
    assert "no output for 2 min" in shown(told)
    assert "no output for 2 min" in told.text


def test_connecting_is_not_called_running_aloud() -> None:
    """The words read aloud are those of the card."""
    told = card(execution(Status.RUNNING, begun_at=None, progress=None))

    assert "is connecting, 33 s so far" in told.text
    assert "connecting for 33 s" in shown(told)


def test_reconnecting_and_resumed_are_said() -> None:
    """The two things that look like trouble and are none."""
    since = NOON + timedelta(seconds=21)
    told = card(execution(Status.RUNNING, reconnecting_since=since, resumed=1))

    assert "reconnecting (12 s)" in shown(told)
    assert "reconnecting (12 s)" in told.text
    assert "bot restarted, nothing lost" in shown(told)


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress(done=37, total=100), "37 %"),
        (Progress(done=1500, total=3000), "1,500/3,000 · 50 %"),
        (Progress(done=0.5, total=2), "0.5/2 · 25 %"),
        (Progress(done=2999, total=3000), "2,999/3,000 · 99 %"),
    ],
)
def test_share_in_words(progress: Progress, words: str) -> None:
    """Done of total and per cent, which is 100 only at the end."""
    assert share(progress) == words


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
    assert list(buttons(told)) == AGAIN


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


def test_attached_log_is_linked() -> None:
    """One click to the whole log."""
    told = card(execution(Status.SUCCEEDED), log_permalink="https://files/1")

    check(told)
    assert "<https://files/1|full log>" in shown(told)


def test_kind_is_said_where_the_name_does_not() -> None:
    """The dot is never alone."""
    assert place("production", Kind.PRODUCTION) == "🔴 production"
    assert place("iclinic <eu>", Kind.PRODUCTION) == "🔴 iclinic &lt;eu&gt; (production)"


def test_digest_tells_messages_apart() -> None:
    """Equal messages are equal, a second later they are not."""
    same = card(execution(Status.RUNNING)), card(execution(Status.RUNNING))
    later = card(execution(Status.RUNNING), now=NOON + timedelta(seconds=34))

    assert same[0].digest == same[1].digest
    assert same[0].digest != later.digest


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_that_people_or_scripts_wrote_is_obeyed(data: st.DataObject) -> None:
    """Whatever is in names, reasons, values and output: no mention, no link, no refused block."""
    hostile = data.draw(st.lists(HOSTILE, min_size=1, max_size=6))

    def word() -> str:
        return data.draw(st.sampled_from(hostile))

    plan: dict[str, Any] = {"host": word(), "user": word(), "directory": word(), "script": word()}
    plan |= {"interpreter": word(), "host_key": word(), "job": word()}
    plan |= {"arguments": (word(), word()), "variables": {word(): word()}}
    subject = execution(data.draw(st.sampled_from(Status)), **on_production(**plan))
    subject = replace(
        subject,
        job_name=word(),
        environment_name=word(),
        reason=word(),
        parameters={word(): word()},
        result={word(): word()},
        error_message=word(),
        error_hint=word(),
        receipt=word(),
        answered_by=data.draw(st.sampled_from(["", "U0BRUNO", "<!here>"])),
        answered_at=NOON,
        progress=Progress(done=1, total=2, words=word()),
        lines=5,
        resumed=1,
        attempt=2,
        max_attempts=3,
    )
    tail: list[LogLine] = [line(word(), n, Stream.ERR) for n in range(3)]
    now = NOON + timedelta(minutes=2)

    told = [card(subject, tail=tail, now=now), log_refused(subject, word())]
    told.append(not_here(subject, word()))
    tries = [
        Attempt(execution_id=128, number=1, created_at=NOON, error_message=word()) for _ in range(2)
    ]
    posts = due_posts(
        subject, said=(), tail=tail, estimate=None, attempts=tries, now=now, log_is_attached=False
    )
    told.append(queue([(subject, Forecast(position=2))], 1, now=now, where=word(), may_move=True))
    for message in [*told, *(post.told for post in posts)]:
        check(message)
