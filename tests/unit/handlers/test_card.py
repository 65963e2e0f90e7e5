"""The card tells every state in words, offers only what is valid, and lets nobody speak for us."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.catalog import Kind
from db.model.execution import Attempt, Progress, Status
from db.model.output import LogLine, Stream
from executor.rules.estimates import Forecast, estimate, with_end
from executor.rules.host_keys import fingerprints
from handlers.views.ids import Action
from handlers.views.looks import LOOK
from handlers.views.plan import plan_lines
from handlers.views.queue import queue
from handlers.views.sentences import in_line, place, share
from handlers.views.thread import due_posts, log_refused, not_here
from tests.support.executions import FINGERPRINT, HOST_KEY, NOON, execution, line, on_production
from tests.support.rendered import buttons, card, check, shown, usual

SOON, LATE = NOON + timedelta(seconds=33), NOON + timedelta(hours=1)
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
    told = card(execution(Status.RUNNING), forecast=usual(192.0, ends=57), tail=[line("hello")])

    assert "`███████████░░░░░░░░░` 7/12 · 58 %" in shown(told)
    assert "running for 33 s" in shown(told)
    assert "about 24 s left · usually takes 3 min 12 s" in shown(told)
    assert "hello" in shown(told)
    assert "running, 33 s so far, 7/12 · 58 %" in told.text


def test_running_card_without_past_runs_estimates_by_progress() -> None:
    """Nothing is said of past runs."""
    alone = Forecast(estimate=with_end(None, NOON + timedelta(seconds=57)))

    told = [shown(card(execution(Status.RUNNING), forecast=alone, now=now)) for now in (SOON, LATE)]

    assert "running for 33 s · about 24 s left" in told[0]
    assert "running for 1 h\n" in f"{told[1]}\n"
    assert "usual" not in str(told)


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

    told = shown(card(subject, now=NOON + timedelta(seconds=now_s), forecast=usual(100, ends=33.4)))

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
