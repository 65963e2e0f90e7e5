"""Who must answer, who did, who went past: in words, in every state, and nobody speaks for us."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft, Kind
from db.model.execution import Check, CheckState, Execution, Status
from db.model.locks import Closed
from executor.rules.confirming import Answerers
from executor.rules.estimates import Forecast
from handlers.views import alarms, answer_forms, confirming, runs, second_factors
from handlers.views.alarms import broken_glass
from handlers.views.card import execution_card
from handlers.views.message import Told
from handlers.views.states import ending, sentence
from handlers.views.thread import Calls, due_posts
from playground.view_rules import check_view
from tests.support.executions import NOON, execution, on_production
from tests.support.rendered import check, shown

POLICY = ConfirmationPolicy
GROUP = {"confirmation": POLICY.GROUP, "confirmations": 2, "confirm_group": "S0OPS"}
OVERRIDDEN = {"overridden_by": "U0ANA", "override_reason": "the clinic is down"}
_NEVER_QUEUED = {Status.AWAITING_CONFIRMATION, Status.DISCARDED, Status.EXPIRED}
EVIL = "<!channel> <@U0GUEST> `x` *b*"
EVILS = st.one_of(st.just(EVIL), st.just("x" * 5000), st.text(max_size=80))


def waiting(**changes: Any) -> Execution:
    """Return what awaits confirmation on production."""
    return execution(Status.AWAITING_CONFIRMATION, **on_production(), **changes)


def card(subject: Execution) -> Told:
    """Return its card."""
    return execution_card(subject, tail=[], forecast=Forecast(position=1), now=NOON)


def posts(subject: Execution, **changes: Any) -> dict[str, str]:
    """Return what is due in the thread, by key."""
    told: dict[str, Any] = {"said": (), "tail": [], "estimate": None, "attempts": (), "now": NOON}
    told |= {"log_is_attached": True}
    return {post.key: shown(post.told) for post in due_posts(subject, **(told | changes))}


@pytest.mark.parametrize(
    ("changes", "asked", "aloud"),
    [
        pytest.param({}, "<@U0ANA>, nothing has started yet", "awaits confirmation;", id="own"),
        pytest.param(
            {"confirmation": POLICY.SOMEONE_ELSE},
            "*An approver has to say yes* (not <@U0ANA>, who asked for it, and not the last editor",
            "awaits confirmation by somebody else",
            id="somebody else",
        ),
        pytest.param(
            GROUP, "*2 of <!subteam^S0OPS> must say yes*", "by 2 more of a user group", id="group"
        ),
        pytest.param(
            GROUP | {"confirmations": 1}, "*One of <!subteam^S0OPS> must", "by 1 more", id="one of"
        ),
    ],
)
def test_card_says_who_must_answer(changes: dict[str, Any], asked: str, aloud: str) -> None:
    """On the card, and to whoever has it read aloud."""
    told = card(waiting(**changes))

    check(told)
    assert asked in shown(told)
    assert aloud in told.text


def test_card_says_who_said_yes_and_how_many_are_missing() -> None:
    """Only where more than one must."""
    none = shown(card(waiting(**GROUP)))
    one = shown(card(waiting(**GROUP, confirmed_by=("U0BRUNO",))))

    assert "0 of 2 said yes so far; 2 missing." in none
    assert "1 of 2 said yes: <@U0BRUNO>; 1 missing." in one
    assert "said yes" not in shown(card(waiting()))


def test_receipt_names_everybody_who_said_yes() -> None:
    """Not only the last one."""
    yes = {"confirmed_by": ("U1", "U2", "U3"), "answered_by": "U3", "answered_at": NOON}

    assert "confirmed by <@U1>, <@U2> and <@U3> " in shown(card(execution(Status.QUEUED, **yes)))


def test_refusal_is_told_with_its_reason_and_a_discard_without() -> None:
    """On the card and in the thread, where who asked is called."""
    discarded = execution(Status.DISCARDED)
    refused = replace(discarded, error_message=f"no backup {EVIL}")

    check(card(refused))
    assert shown(card(refused)).startswith("⛔ *Refused* by <@U0BRUNO> · ")
    assert "refused by <@U0BRUNO>" in shown(card(refused))
    assert runs.row(refused, now=NOON)["text"]["text"].startswith("⛔ ")
    assert "refused" in runs.row(refused, now=NOON)["text"]["text"]
    assert "Nothing ran: no backup &lt;!channel" in shown(card(refused))
    assert "Nothing ran.\n" in shown(card(discarded))
    assert "was refused: no backup &lt;!channel" in posts(refused)["end"]
    assert posts(refused)["end"].startswith("⛔ <@U0ANA>: ")
    assert shown(card(discarded)).startswith("🗑️ *Discarded* by <@U0BRUNO> · ")
    assert "discarded by <@U0BRUNO>" in shown(card(discarded))
    assert ending(discarded) == "was discarded by <@U0BRUNO>; nothing ran"


@pytest.mark.parametrize("status", Status)
def test_override_stays_on_the_card_and_is_told_to_all(status: Status) -> None:
    """In every state; in spite of what failed, if it did and the glass took the place of a yes."""
    past_yes: dict[str, Any] = {
        "confirmation": POLICY.REQUESTER,
        "queued_at": NOON,
        "answered_by": "",
    }
    subject = execution(status, **OVERRIDDEN)
    failed = Check(name="disk", state=CheckState.FAILED, words="full")
    good = Check(name="host", state=CheckState.GOOD)
    unseen = Check(name="clock", state=CheckState.UNSEEN)

    check(card(subject))
    assert "🔨 <@U0ANA> broke the glass: the clinic is down" in shown(card(subject))
    assert "In spite of" not in shown(card(subject))
    of_lock = replace(subject, checks=(good, failed, unseen))
    assert "In spite of" not in shown(card(of_lock))
    in_spite = shown(card(replace(of_lock, **past_yes)))
    assert "In spite of: disk.\nNot looked at: clock." in in_spite
    for key, one in (("past-lock", subject), ("overridden", replace(subject, **past_yes))):
        due = [post for post in _due(one) if post.key == key]
        assert [post.broadcast for post in due] == [True]
        assert "broke the glass" in due[0].told.text
        assert key not in posts(one, said=[key])
        assert key not in posts(one, said=["overridden"])  # once that was the key of both


@pytest.mark.parametrize("is_freeze", [True, False])
@pytest.mark.parametrize("status", Status)
def test_a_glass_that_was_broken_for_a_lock_is_not_said_to_do_more(
    status: Status, is_freeze: bool
) -> None:
    """Whatever became of the run, and also if nothing closed its environment after all."""
    yes = {} if status in _NEVER_QUEUED else {"answered_by": "U0BRUNO", "answered_at": NOON}
    subject = execution(status, **OVERRIDDEN, **yes, confirmation=POLICY.REQUESTER)
    shut = Closed(
        environment="staging", by="U1", reason="deploying", until=None, is_freeze=is_freeze
    )
    what = "the freeze window there" if is_freeze else "the lock there"
    asked = "; its confirmation is asked for as ever" * (status is Status.AWAITING_CONFIRMATION)

    told, for_nothing = broken_glass(subject, shut).text, broken_glass(subject).text

    assert f"#128 import-patients on staging was let past {what}{asked}. Why: the c" in told
    assert f"was let past whatever closes it{asked}. Why: the clinic" in for_nothing


def test_a_broken_glass_tells_what_it_went_past() -> None:
    """Wholly: that nobody confirmed it, and who closed the environment, until when and why."""
    subject = execution(Status.QUEUED, **OVERRIDDEN, confirmation=POLICY.REQUESTER)
    shut = Closed(environment="staging", by="U0BRUNO", reason=f"month end {EVIL}", until=NOON)

    told = broken_glass(subject, shut)
    on_card = execution_card(subject, tail=[], forecast=Forecast(), now=NOON, overrode=shut)

    for each in (told, on_card):
        check(each)
        assert "Although it was locked by <@U0BRUNO> until <!date" in shown(each)
        assert "month end &lt;!channel" in shown(each)
    assert "past the confirmation that it needs, and past the lock there. Why: " in told.text
    assert "the confirmation that it needs. Why: " in broken_glass(subject).text


def _due(subject: Execution) -> list[Any]:
    return due_posts(
        subject,
        said=(),
        tail=[],
        estimate=None,
        attempts=(),
        now=NOON,
        log_is_attached=True,
    )


@pytest.mark.parametrize(
    ("answerers", "called"),
    [
        (Answerers(people=("U0ANA",)), "⏰ <@U0ANA>: #128 import-patients on production still"),
        (Answerers(people=("U1",), groups=("S1",)), "⏰ <!subteam^S1>, <@U1>: "),
        (Answerers(), "Nobody may confirm it yet: an admin names one with `/migrate grant @ana"),
        (Answerers(groups=("<!channel>",)), "⏰ `&lt;!channel&gt;`: "),
    ],
)
def test_reminder_calls_those_who_may_answer(answerers: Answerers, called: str) -> None:
    """Once for each half time, while it waits; ids only, never text."""
    at = NOON + timedelta(minutes=15)
    key = f"reminder-{int(at.timestamp())}"
    subject = waiting(reminded_at=at)

    told = posts(subject, calls=Calls(answerers))

    assert list(told) == [key]
    assert called in told[key]
    assert "It expires <!date^" in told[key]
    assert posts(subject, said=[key]) == {}
    assert posts(execution(Status.QUEUED, reminded_at=at)) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"checks": (Check(name="script", state=CheckState.FAILED),)}, "script failed; its card"),
        ({"checked_at": None}, "Ferry is still looking at its host"),
    ],
)
def test_reminder_of_what_cannot_be_confirmed_calls_only_who_asked(
    changes: dict[str, Any], words: str
) -> None:
    """Its card has no button: an approver is called once there is something to press."""
    calls, at = Calls(Answerers(people=("U0BRUNO",))), int(NOON.timestamp())

    told = posts(waiting(reminded_at=NOON, **changes), calls=calls)
    mended = posts(waiting(reminded_at=NOON), calls=calls, said=list(told))

    (said,) = told.values()
    assert said.startswith("⏰ <@U0ANA>: #128 import-patients on production cannot be confirmed")
    assert words in said
    assert "It expires <!date^" in said
    assert "U0BRUNO" not in said
    assert list(mended) == [f"reminder-{at}"]
    assert "<@U0BRUNO>" in mended[f"reminder-{at}"]


@pytest.mark.parametrize(("is_freeze", "words"), [(True, "is frozen"), (False, "is locked")])
def test_reminder_where_it_is_closed_calls_only_who_asked(is_freeze: bool, words: str) -> None:
    """The button would refuse: approvers are called once it is open, who closed it never."""
    shut = Closed(
        environment="production", by="U0CARLA", reason=EVIL, until=None, is_freeze=is_freeze
    )
    who = Answerers(people=("U0BRUNO",))
    subject = waiting(reminded_at=NOON)

    told = posts(subject, calls=Calls(who, shut))
    opened = posts(subject, calls=Calls(who), said=list(told))

    (said,) = told.values()
    assert said.startswith("⏰ <@U0ANA>: #128 import-patients on production cannot be confirmed")
    assert f"production {words}; its card says by whom. It expires <!date^" in said
    assert said.count("<@") == 1
    (called,) = opened.values()
    assert "<@U0BRUNO>" in called
    assert posts(subject, calls=Calls(who, shut), said=list(opened)) == {}


def test_reminder_of_a_group_says_how_many_are_missing() -> None:
    """One has said yes."""
    subject = waiting(**GROUP, confirmed_by=("U1",), reminded_at=NOON)

    told = alarms.reminder(subject, Answerers(groups=("S0OPS",)))

    assert "; 1 more must say yes." in told.text


def test_a_yes_that_is_not_enough_has_its_own_receipt() -> None:
    """Who gave it on a copy knows that nothing started."""
    told = runs.answered(waiting(**GROUP, confirmed_by=("U1",)))

    assert "has your yes; 1 more must say yes before it runs" in told.text
    assert "is confirmed." in runs.answered(execution(Status.QUEUED)).text
    assert "is discarded: nothing runs." in runs.answered(execution(Status.DISCARDED)).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the requester confirms"),
        ({"kind": Kind.STAGING}, ""),
        ({"kind": Kind.STAGING, "asks_reason": True}, "asks why"),
        (
            {"confirmation": POLICY.SOMEONE_ELSE, "second_factor": True},
            "somebody else confirms, with a second factor",
        ),
        (GROUP, "2 of <!subteam^S0OPS> confirm"),
        (GROUP | {"confirmations": 1}, "1 of <!subteam^S0OPS> confirms"),
    ],
)
def test_policy_in_words(changes: dict[str, Any], words: str) -> None:
    """As the list of environments has it."""
    values: dict[str, Any] = {"name": "p", "kind": Kind.PRODUCTION, "ssh_host": "h"}
    draft = EnvironmentDraft(**(values | {"ssh_user": "u"} | changes))

    assert confirming.policy(draft) == words


@given(EVILS)
def test_no_text_of_people_speaks_for_ferry(text: str) -> None:
    """Reasons, names, ids of groups: in cards, posts and windows."""
    subject = waiting(
        job_name=text,
        confirmation=POLICY.GROUP,
        confirm_group=text,
        reminded_at=NOON,
        overridden_by="U0ANA",
        override_reason=text,
        checks=(Check(name=text, state=CheckState.FAILED),),
    )

    for told in (
        card(subject),
        alarms.reminder(subject, Answerers(groups=(text,))),
        alarms.broken_glass(subject, is_elsewhere=True),
        runs.overridden(subject),
    ):
        check(told)
    check_view(answer_forms.refuse_modal(subject), "modal")
    check_view(answer_forms.code_modal(subject, "128:abc"), "modal")
    assert sentence(subject, position=0, now=NOON)


def test_windows_and_letters_of_a_second_factor_are_taken_by_slack() -> None:
    """Each of them, with the longest that there can be."""
    place = second_factors.place_of("D" + "0" * 30, "1" * 20, "F" + "0" * 30)

    check_view(second_factors.first_modal(place), "modal")
    check_view(second_factors.renew_modal(), "modal")
    for told in (
        second_factors.letter("A" * 32, place, has_picture=True),
        second_factors.enrolled(is_gone=True),
        second_factors.was_reset("U0ANA"),
        second_factors.sent(),
        second_factors.on_its_way(),
        alarms.not_alarmed(),
    ):
        check(told)
    assert second_factors.placed(place) == ("D" + "0" * 30, "1" * 20, "F" + "0" * 30)
    assert second_factors.picture("otpauth://totp/x?secret=A").startswith(b"\x89PNG")
