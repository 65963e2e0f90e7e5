"""The card while it asks: what was found, what keeps the button away, what changed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.execution import Check, CheckState, Execution, Status
from executor.rules.estimates import Forecast
from executor.ssh.look import CHECKS
from handlers.views.card import execution_card
from handlers.views.ids import Action
from handlers.views.looked import STATES
from handlers.views.message import Told
from handlers.views.preview import plan_note
from handlers.views.run_form import parsed
from handlers.views.thread import due_posts
from tests.support.executions import MEASURED, NOON, PLAN, execution, on_production
from tests.support.rendered import buttons, check, shown

FAILED = Check(name="script", state=CheckState.FAILED, words="There is no ~/x.js on <10.0.0.5>.")
SLOW = Check(name="disk", state=CheckState.WARNING, words="120 MB are free")
GOOD = Check(name="reachable", state=CheckState.GOOD, words="answered in 12 ms")
HUGE = tuple(
    Check(name=name * 9, state=CheckState.FAILED, words="<&>" * 900)
    for name in (*CHECKS, "proven in staging")
)
TOUCHED = replace(MEASURED, sha256="cd" * 32, size=4300, script="/srv/other.js")


def asking(**changes: Any) -> Execution:
    """Return what awaits its confirmation on production."""
    given = on_production()
    if "measured" in changes:
        given["plan"] = replace(given["plan"], measured=changes.pop("measured"))
    return execution(Status.AWAITING_CONFIRMATION, **given | changes)


def card(subject: Execution) -> Told:
    """Return its card."""
    told = execution_card(subject, tail=[], forecast=Forecast(), now=NOON)
    check(told)
    return told


def test_before_the_look_is_over_nobody_can_say_yes() -> None:
    """What is known so far is there, each with its mark and its word."""
    checks = (GOOD, SLOW, Check(name="clock"))

    told = card(asking(checked_at=None, measured=None, checks=checks))

    assert list(buttons(told)) == ["Discard"]
    assert "Ferry is looking at the host" in shown(told)
    assert "✅ good · *reachable*: answered in 12 ms" in shown(told)
    assert "⚠️ warning · *disk*: 120 MB are free" in shown(told)
    assert "… pending · *clock*" in shown(told)


def test_a_failed_check_keeps_the_button_away_and_says_why() -> None:
    """It can be looked at again, or discarded."""
    told = card(asking(checks=(GOOD, FAILED), measured=None))

    offered = buttons(told)
    assert list(offered) == ["Check again", "Discard"]
    assert (offered["Check again"]["action_id"], offered["Check again"]["value"]) == (
        Action.EXECUTION_CHECK,
        "128",
    )
    assert "nothing can: script failed" in shown(told)
    assert "❌ failed · *script*: There is no ~/x.js on &lt;10.0.0.5&gt;." in shown(told)


def test_warnings_leave_the_button() -> None:
    """They are for people to judge."""
    told = card(asking(checks=(GOOD, SLOW)))

    assert list(buttons(told)) == ["Run on production", "Discard"]
    assert "this is exactly what will run" in shown(told)
    assert "⚠️ warning · *disk*: 120 MB are free\n✅ good · *reachable*: answered" in shown(told)
    assert shown(told).count("ab" * 32) == 1  # the plan says it, and nothing says it again


def test_what_is_good_takes_one_line() -> None:
    """What is wrong stands above it, each on its own."""
    also = Check(name="login", state=CheckState.GOOD, words="as <deploy>")

    told = card(asking(checks=(GOOD, FAILED, also), measured=None))

    assert (
        "❌ failed · *script*: There is no ~/x.js on &lt;10.0.0.5&gt;.\n"
        "✅ good · *reachable*: answered in 12 ms · *login*: as &lt;deploy&gt;"
    ) in shown(told)


def test_what_was_found_for_several_is_said_once() -> None:
    """A host that lets nobody in keeps all the rest from being looked at."""
    why = "the host does not let Ferry in"
    rest = [Check(name=name, state=CheckState.UNSEEN, words=why) for name in ("login", "script")]
    warned = replace(SLOW, words=why)

    told = card(asking(checks=(GOOD, *rest, warned, FAILED), measured=None))

    assert (
        f"⚪ not looked at · *login*, *script*: {why}\n"
        f"⚠️ warning · *disk*: {why}\n"
        "❌ failed · *script*: There is no"
    ) in shown(told)


def test_what_was_not_looked_at_did_not_fail() -> None:
    """Of a host whose key differs nothing else is known: still nobody can say yes."""
    key = replace(FAILED, name="host key")
    login = Check(name="login", state=CheckState.UNSEEN, words="the host does not let Ferry in")

    told = card(asking(checks=(GOOD, key, login), measured=None))

    assert "nothing can: host key failed. Mend it" in shown(told)
    assert "Run on production" not in buttons(told)


def test_a_changed_host_key_is_told_to_the_end_and_compared_first() -> None:
    """What to do stands behind two fingerprints; its button comes before those that would fail."""
    words = f"pinned is {'a' * 50}, it shows {'b' * 50}. {'If so, compare it there. ' * 10}Or else."
    changed = Check(name="host key", state=CheckState.FAILED, words=words)

    told = card(asking(checks=(changed,), measured=None))

    assert list(buttons(told)) == ["Compare host keys…", "Check again", "Discard"]
    assert len(next(block for block in told.blocks if block["type"] == "actions")["elements"]) == 3
    assert f"*host key*: {words}" in shown(told)


def test_each_state_has_a_mark_and_a_word_of_its_own() -> None:
    """Never a colour alone."""
    assert set(STATES) == set(CheckState)
    assert len(set(STATES.values())) == len(STATES)
    assert all(mark and word for mark, word in STATES.values())


def test_a_void_confirmation_shows_both_sides() -> None:
    """What it was and what it is, and the usual question below."""
    told = card(asking(voided_plan=on_production()["plan"], measured=TOUCHED))

    text = shown(told)
    assert "⚠️ *What was confirmed is not what is on the host any more.* Nothing ran." in text
    assert "sha256 abababababab…, 4.2 kB → sha256 cdcdcdcdcdcd…, 4.3 kB" in text
    assert "the script really is: /home/deploy/scripts/orchestrate-import.js → /srv/oth" in text
    assert "Run on production" in buttons(told)


def test_the_longest_question_is_taken_by_slack() -> None:
    """Every check fails at length, everything changed, the plan is too long to be shown."""
    arguments = tuple(f"{n}-{'x' * 900}" for n in range(40))
    old = replace(PLAN, host="x" * 5000, script="\x00" * 3000, directory="y" * 5000)
    given = on_production(arguments=arguments)

    told = card(asking(**given, checks=HUGE, voided_plan=old))

    assert len(told.blocks) <= 50
    assert sum(len(text) for text in shown(told).splitlines()) < 13_000


def test_the_thread_calls_the_requester_once_for_each_time_it_is_void() -> None:
    """The attempt that did not start makes the difference, and how often it was void."""
    void = asking(voided_plan=PLAN, attempt=1, max_attempts=2)

    def posts(subject: Execution, *said: str) -> list[str]:
        due = due_posts(
            subject,
            said=said,
            tail=[],
            estimate=None,
            attempts=[],
            now=NOON,
            log_is_attached=True,
        )
        return [f"{post.key} {post.told.text}" for post in due]

    (told,) = posts(void)
    assert told.startswith("voided-1 ✋ <@U0ANA>: #128 import-patients did not start.")
    assert "What was confirmed is not what is on the host any more. Nothing ran" in told
    assert posts(void, "voided-1") == []
    assert len(posts(replace(void, attempt=2, max_attempts=3), "voided-1")) == 1
    (second,) = posts(replace(void, voids=2), "voided-1", "voided-1.1")
    assert second.startswith("voided-1.2 ✋")


def test_what_was_never_confirmed_is_not_said_to_have_been() -> None:
    """An environment without confirmations asks when a definition changed."""
    told = card(asking(voided_plan=replace(PLAN, measured=None)))

    assert "What was asked for is not what would run any more." in shown(told)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.AWAITING_CONFIRMATION, "an earlier attempt failed"),
        (Status.DISCARDED, "not tried again"),
        (Status.EXPIRED, "not tried again"),
        (Status.CANCELLED, "while it waited for attempt 3 of 4"),
        (Status.QUEUED, "what it did so far stays done"),
    ],
)
def test_what_was_tried_before_it_was_void_is_not_said_to_have_done_nothing(
    status: Status, said: str
) -> None:
    """Its first attempt may have imported half of the records; only the second began nothing."""
    given = on_production(attempts=3)
    tried = {"attempt": 2, "max_attempts": 4, "started_at": None, "lines": 9}
    one = execution(status, **given, **tried, voided_plan=given["plan"])
    posts = due_posts(
        one, said=(), tail=[], estimate=None, attempts=[], now=NOON, log_is_attached=True
    )
    told = [card(one), *(post.told for post in posts)]

    text = "\n".join(f"{each.text}\n{each.blocks}" for each in told).lower()

    assert said in text
    for wrong in ("nothing ran", "nothing has started yet", "nothing of it has run"):
        assert wrong not in text
    assert "before it started" not in text


def test_what_waits_again_after_a_void_is_no_retry() -> None:
    """Nothing was tried, so nothing is told as tried again."""
    queued = execution(Status.QUEUED, attempt=1, max_attempts=2)

    told = execution_card(queued, tail=[], forecast=Forecast(position=1), now=NOON)

    assert told.text.endswith("is queued, next in line.")
    assert "attempt" not in shown(told)


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ((GOOD,), "It could run like this, and whoever asks for it has to confirm it."),
        ((FAILED,), "As its host stands it cannot run: script failed."),
    ],
)
def test_a_plan_is_shown_like_the_card(checks: tuple[Check, ...], words: str) -> None:
    """The same lines, and what it takes; nothing can be started from it but the form."""
    waiting = execution(Status.QUEUED)
    told = plan_note(asking(), checks, waiting)

    check(told)
    assert words in told.text
    assert words in shown(told)
    assert f"sha256:      {'ab' * 32}" in shown(told)
    assert "The same waits already, as #128 import-patients." in shown(told)
    assert list(buttons(told)) == ["Open the form", "Show #128"]


def test_a_hint_is_not_filled_into_the_form_of_a_plan() -> None:
    """The script would get `4•••71 (#a3f)` for the value that it stands for."""
    seen = asking()
    hinted = replace(
        seen,
        plan=replace(seen.plan, personal=("patient-id",)),
        parameters={"sistema": "iclinic", "patient-id": "4•••71 (#a3f)"},
    )

    value = buttons(plan_note(hinted, (), None))["Open the form"]["value"]

    assert parsed(value)[1] == {"sistema": "iclinic"}


def test_a_success_that_proves_its_job_leads_to_production() -> None:
    """Only there."""
    done = execution(Status.SUCCEEDED)

    def offered(*, proves: bool) -> list[str]:
        told = execution_card(done, tail=[], forecast=Forecast(), now=NOON, proves=proves)
        check(told)
        return list(buttons(told))

    assert offered(proves=True)[0] == "Run on production…"
    assert "Run on production…" not in offered(proves=False)


@given(
    st.one_of(
        st.sampled_from(["<!channel>", "*_~`", "<@U0GUEST>", "</", "&lt;!here&gt;", "\u202e@x"]),
        st.text(max_size=60),
    )
)
@settings(max_examples=60)
def test_nothing_that_a_host_says_speaks_for_ferry(said: str) -> None:
    """Names, words and paths come from the host, or from who defined the job."""
    found = (Check(name=said, state=CheckState.FAILED, words=said),)
    measured = replace(MEASURED, script=said, interpreter=said, interpreter_version=said)
    old = replace(PLAN, host=said, script=said)

    card(asking(checks=found, measured=measured, voided_plan=old))
    check(plan_note(asking(measured=measured), found, None))
