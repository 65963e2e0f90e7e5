"""What is closed, in the same words everywhere: whole, within Slack's limits, and harmless."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.model.catalog import Environment, Job, Kind
from db.model.execution import Status
from db.model.locks import Closed, FreezeWindow, Lock
from db.model.people import Person
from executor.rules.closing import sentence
from executor.rules.estimates import Forecast
from executor.services import Locked
from executor.services.freezes import Freeze
from executor.services.locks import Standing, Turned
from handlers.views import catalog, freezes, locks, notes
from handlers.views import help as help_views
from handlers.views.blocks import Block
from handlers.views.card import execution_card
from handlers.views.going import in_the_queue
from handlers.views.message import Told
from handlers.views.queue import queue
from handlers.views.run_form import RunForm, run_modal
from playground.view_rules import check_view
from tests.support.executions import NOON, execution
from tests.support.rendered import buttons, check, mrkdwn_of, shown

ANA = Person("U0ANA", "T0FERRY")
SIX = NOON + timedelta(hours=6)
LATER = "<!date^1773511200^{date_short_pretty} {time}|2026-03-14 18:00 UTC>"
CLOSED = Closed(environment="staging", by="U0ANA", reason="deploying version 8", until=SIX)
STAGING = Environment(
    id=1,
    name="staging",
    kind=Kind.STAGING,
    ssh_host="h",
    ssh_user="u",
    created_at=NOON,
    updated_at=NOON,
)
LOCK = Lock(
    id=1, environment_id=1, locked_by="U0ANA", reason="deploying", until=SIX, created_at=NOON
)
TURNED = Turned(
    environment=STAGING, lock=LOCK, closed=CLOSED, running=2, waiting=1, channels=("C0STAGING",)
)
OPENED = replace(
    TURNED, lock=replace(LOCK, opened_by="U0BRUNO", opened_at=NOON), before=LOCK, closed=None
)
JOB = Job(
    id=1,
    name="import-patients",
    source_id=1,
    source_name="iclinic",
    script="/x",
    version=1,
    created_by="U0ANA",
    edited_by="U0ANA",
    created_at=NOON,
    updated_at=NOON,
)
HOSTILE = "<!channel> <@U0EVIL> <http://evil|good> *b* `x` \u202e\x00" + "é" * 600


def standing(**changes: Any) -> Standing:
    """Return staging as Ana locked it, for an admin."""
    values: dict[str, Any] = {"environment": STAGING, "closed": CLOSED, "lock": LOCK}
    values |= {"may_lock": True, "may_unlock": True, "may_freeze": True, "may_override": True}
    return Standing(**(values | changes))


def window(text: str) -> Freeze:
    """Return a freeze window with a reason."""
    made = FreezeWindow(
        id=3,
        environment_id=1,
        cron="0 18 * * 5",
        minutes=3600,
        time_zone="America/Sao_Paulo",
        reason=text,
        made_by="U0ANA",
        created_at=NOON,
    )
    return Freeze(environment=STAGING, window=made, next=[(NOON, SIX)] * 3, channels=("C0PROD",))


def test_card_of_what_waits_says_by_whom_until_when_and_why() -> None:
    """In the blocks, and to who has it read aloud; it starts nobody knows when."""
    forecast = Forecast(position=1, starts_in_s=0.0, closed=CLOSED)

    told = execution_card(execution(Status.QUEUED), tail=[], forecast=forecast, now=NOON)

    check(told)
    words = f"staging is locked by <@U0ANA> until {LATER}: deploying version 8"
    assert f"Next in line · 🔒 waits: {words}" in shown(told)
    assert "starts" not in shown(told)
    assert told.text.endswith(f"is queued, next in line. {words}.")


def test_card_that_asks_says_that_it_cannot_be_confirmed_now() -> None:
    """The request stays, and can be discarded; a yes would only be refused."""
    forecast = Forecast(closed=replace(CLOSED, until=None, is_freeze=True))

    told = execution_card(
        execution(Status.AWAITING_CONFIRMATION), tail=[], forecast=forecast, now=NOON
    )

    check(told)
    assert "🧊 staging is frozen by <@U0ANA>: deploying version 8." in shown(told)
    assert "🧊 It can be confirmed once staging is open." in str(told.blocks[-2])
    assert list(buttons(told)) == ["Discard"]


def test_card_says_who_broke_the_glass_and_why() -> None:
    """For as long as there is a card."""
    for status in Status:
        one = execution(status, overridden_by="U0ANA", override_reason="the clinic is down")
        told = execution_card(one, tail=[], forecast=Forecast(), now=NOON)

        check(told)
        assert "🔨 <@U0ANA> broke the glass: the clinic is down" in shown(told)


def test_retry_that_rests_says_that_it_is_locked_as_well() -> None:
    """Its attempt is due, and will wait."""
    one = execution(
        Status.QUEUED, attempt=1, max_attempts=3, not_before=NOON + timedelta(seconds=30)
    )

    told = in_the_queue(one, Forecast(closed=CLOSED), NOON)

    assert "Attempt 2 is due" in told
    assert told.endswith(": deploying version 8")


def test_queue_is_read_aloud_with_what_closes_it() -> None:
    """The reason comes last."""
    told = queue(
        [(execution(Status.QUEUED), Forecast(position=1, closed=CLOSED))],
        1,
        now=NOON,
        may_move=False,
    )

    check(told)
    assert f"locked by <@U0ANA> until {LATER}: deploying" in told.text


@pytest.mark.parametrize(
    ("turned", "words"),
    [
        pytest.param(
            TURNED,
            f"<@U0ANA> locked 🟡 staging until {LATER}: deploying. Nothing starts there. 2 runs go "
            "on, 1 waits in the queue.",
            id="locked",
        ),
        pytest.param(
            replace(TURNED, lock=replace(LOCK, until=None), running=0, waiting=0),
            "<@U0ANA> locked 🟡 staging: deploying. Nothing starts there. Nothing runs "
            "there now, and nothing waits in the queue.",
            id="locked for good",
        ),
        pytest.param(
            OPENED,
            "<@U0BRUNO> opened 🟡 staging again. It was locked for: deploying. 1 run that waited "
            "starts now.",
            id="opened",
        ),
        pytest.param(
            replace(OPENED, lock=replace(OPENED.lock, opened_by="ferry"), waiting=0),
            "🟡 staging is open again: the lock of <@U0ANA> has ended. It was locked for: "
            "deploying.",
            id="by itself",
        ),
        pytest.param(
            replace(OPENED, closed=replace(CLOSED, is_freeze=True)),
            "<@U0BRUNO> opened 🟡 staging again. It stays closed: staging is frozen by <@U0ANA> "
            f"until {LATER}: deploying version 8.",
            id="still frozen",
        ),
    ],
)
def test_everybody_reads_what_was_closed_and_opened(turned: Turned, words: str) -> None:
    """Who, what, until when, why, and what comes of it."""
    told = locks.announced(turned)

    check(told)
    assert told.text == words


def test_error_says_the_moment_in_the_reader_s_own_time_zone() -> None:
    """Errors have their times in UTC; what somebody typed is left alone."""
    told = notes.refused(Locked(replace(CLOSED, reason="from 2026-03-14 18:00 UTC on")))

    check(told)
    assert f"until {LATER}: `from 2026-03-14 18:00 UTC on`." in told.text


def test_number_that_only_looks_like_a_moment_stays_as_it_is() -> None:
    """There is no 30 February."""
    assert notes.prose("at 2026-02-30 18:00 UTC") == "at 2026-02-30 18:00 UTC"


def test_buttons_are_for_who_may() -> None:
    """And each has a name of its own."""
    nobody = standing(may_lock=False, may_unlock=False)
    other = replace(STAGING, name="attic")

    mine = locks.locks([standing(), standing(environment=other)])

    assert "lock.unlock" not in str(locks.locks([nobody]).blocks)
    assert "lock.open" not in str(locks.locks([nobody]).blocks)
    assert "Unlock staging" in str(mine.blocks)
    assert "Unlock attic" in str(mine.blocks)
    assert "freeze.drop" not in str(freezes.freezes([window("x")], may_freeze=False).blocks)


def test_form_of_a_closed_environment_has_nothing_to_submit_but_for_who_may_override() -> None:
    """Slack takes no fields without a submit button, so there are none."""
    form = RunForm(jobs=[JOB], environment=STAGING, channel_id="C0STAGING", closed=CLOSED)

    shut, picking = run_modal(form), run_modal(replace(form, asks_channel=True))
    glass = run_modal(replace(form, may_override=True))

    for view in (shut, picking, glass):
        check_view(view, "modal")
    assert "submit" not in shut
    assert Locked(CLOSED).hint.split(". ")[0] in str(shut)  # the same words as a typed line gets
    assert "conversations_select" in str(picking)
    assert glass["submit"]["text"] == "Run"
    assert "Break the glass" in str(glass)


def messages(text: str) -> Iterator[Told]:
    """Yield every message that tells of closing, full of *text*."""
    shut = replace(CLOSED, environment=text[:63], reason=text)
    lock = replace(LOCK, reason=text)
    turned = replace(TURNED, lock=lock, before=lock, closed=shut)
    one = standing(environment=replace(STAGING, name=text[:63]), closed=shut, lock=lock)
    yield locks.locks([one] * 60)
    yield locks.locked(turned)
    yield locks.unlocked(turned)
    yield locks.announced(turned)
    yield locks.announced(replace(OPENED, lock=replace(OPENED.lock, reason=text), closed=shut))
    yield notes.refused(Locked(replace(shut, environment="staging")))
    yield catalog.environments([one.environment] * 60, {}, standings=[one])
    yield freezes.freezes([window(text)] * 60, may_freeze=True)
    yield freezes.made(window(text))
    yield freezes.dropped(window(text))
    yield freezes.announced(window(text), ANA, is_made=True)
    yield freezes.announced(window(text), ANA, is_made=False)
    glass = {"overridden_by": "U0ANA", "override_reason": text}
    for status in (Status.QUEUED, Status.AWAITING_CONFIRMATION):
        forecast = Forecast(position=1, closed=shut)
        yield execution_card(execution(status, **glass), tail=[], forecast=forecast, now=NOON)


def views(text: str) -> Iterator[Block]:
    """Yield every modal that tells of closing, full of *text*."""
    shut = replace(CLOSED, environment=text[:63], reason=text)
    named = replace(STAGING, name=text[:63] or "x")
    yield locks.lock_modal([named], "x")
    yield freezes.freeze_modal([named], time_zone="UTC", current="x")
    form = RunForm(jobs=[JOB], environment=named, channel_id="C0STAGING", closed=shut)
    yield run_modal(form)
    yield run_modal(replace(form, may_override=True))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.sampled_from([HOSTILE, "", "`<!here>`", "<@U0EVIL>"]), st.text(max_size=600)))
def test_reasons_mention_nobody_and_fit(text: str) -> None:
    """Whatever somebody gives as a reason, or calls an environment."""
    for told in messages(text):
        check(told)
    for view in views(text):
        check_view(view, "modal")
        assert not any("<!channel" in one or "<@U0EVIL" in one for one in mrkdwn_of(view))
    shut = [replace(CLOSED, reason=text)] * 9
    check_view(help_views.home([], [], closed=shut), "home")
    assert "\n" not in sentence(replace(CLOSED, reason=text))


def test_empty_lists_say_how_to_begin() -> None:
    """With an example."""
    assert "/migrate lock staging for 2h" in str(locks.locks([standing(closed=None)]).blocks)
    looks_on = locks.locks([standing(closed=None, may_lock=False)])
    assert "/migrate lock" not in f"{looks_on.text}{looks_on.blocks}"  # they would be refused
    assert "/migrate freeze staging" in str(freezes.freezes([], may_freeze=False).blocks)
