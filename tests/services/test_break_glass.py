"""Breaking the glass: by admins, with a reason, and never quietly."""

import asyncio
from datetime import timedelta

import pytest

from db.model.errors import Conflict, InvalidInput, NotAllowed, NotFound
from db.model.execution import Execution, Status
from db.model.locks import Closed
from db.model.people import Person
from executor.services import Ask, Ground, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, GOOD, PRODUCTION, STAGING, another

WHY = "the clinic is down"


@pytest.fixture
async def waiting(services: Services) -> Execution:
    """Give an execution that awaits Bruno's confirmation."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    return await looked_at(services, await services.launcher.launch(ask))


async def test_what_awaits_confirmation_is_queued_at_once(
    services: Services, waiting: Execution, ground: Ground, clock: Clock
) -> None:
    """Who and why are in the row and in the audit log."""
    overridden = await services.break_glass.override(waiting.id, ANA, f" {WHY} ")

    assert (overridden.status, overridden.queued_at) == (Status.QUEUED, clock())
    assert (overridden.overridden_by, overridden.override_reason) == ("U0ANA", WHY)
    assert overridden.answered_by == ""
    async with ground.db.read() as repos:
        events = [event for event in await repos.audit.page(0, 100) if event.actor == "U0ANA"]
    (event,) = [event for event in events if event.verb == "execution.overridden"]
    assert overridden.goes_without_yes
    assert (event.subject, event.reason) == (str(waiting.id), WHY)
    assert event.before == {"status": "awaiting_confirmation", "confirmed_by": []}
    assert event.after == {"status": "queued", "overridden_by": "U0ANA"}


async def test_a_glass_that_was_broken_for_a_lock_is_broken_for_the_yes_as_well(
    services: Services,
) -> None:
    """Only then it goes without one, and that is to be told anew."""
    await services.locks.lock("production", ANA, "month end")
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=ANA, values=GOOD, override=WHY)
    asked = await looked_at(services, await services.launcher.launch(ask))

    overridden = await services.break_glass.override(asked.id, ANA, "nobody answers")

    assert (asked.status, asked.goes_without_yes) == (Status.AWAITING_CONFIRMATION, False)
    assert (overridden.status, overridden.goes_without_yes) == (Status.QUEUED, True)


async def test_what_waits_in_the_queue_is_marked(services: Services) -> None:
    """The queue lets it past a lock; once is enough."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    queued = await services.launcher.launch(ask)

    overridden = await services.break_glass.override(queued.id, ANA, WHY)

    assert (overridden.status, overridden.overridden_by) == (Status.QUEUED, "U0ANA")
    assert overridden.version == queued.version + 1
    with pytest.raises(Conflict, match="<@U0ANA> broke the glass"):
        await services.break_glass.override(queued.id, ANA, WHY)


async def test_what_closed_the_environment_is_kept(services: Services, ground: Ground) -> None:
    """Whoever is told of the glass is told of that, too, long after it is open again."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    queued = await services.launcher.launch(ask)
    assert await services.history.overrode(queued) is None
    until = ground.clock() + timedelta(hours=2)
    await services.locks.lock("staging", BRUNO, "month end", until)
    again = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=another(), override=WHY)

    by_number = await services.break_glass.override(queued.id, ANA, WHY)
    by_form = await services.launcher.launch(again)
    await services.locks.unlock("staging", BRUNO)

    kept = Closed(environment="staging", by="U0BRUNO", reason="month end", until=until)
    assert await services.history.overrode(by_number) == kept
    assert await services.history.overrode(by_form) == kept


@pytest.mark.parametrize("by", [BRUNO, Person("", "T0FERRY")])
async def test_only_admins_do_it(services: Services, waiting: Execution, by: Person) -> None:
    """Not the requester, and nobody whom Ferry does not know."""
    with pytest.raises(NotAllowed):
        await services.break_glass.override(waiting.id, by, WHY)

    assert (await services.history.execution(waiting.id)) == waiting


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_it_takes_a_reason(services: Services, waiting: Execution, reason: str) -> None:
    """One that fits on the card."""
    with pytest.raises(InvalidInput):
        await services.break_glass.override(waiting.id, ANA, reason)

    assert (await services.history.execution(waiting.id)) == waiting


async def test_what_runs_or_is_over_is_left_alone(
    services: Services, waiting: Execution, clock: Clock
) -> None:
    """And what is not there, or whose time is over, too."""
    with pytest.raises(NotFound):
        await services.break_glass.override(4711, ANA, WHY)
    clock.advance(30 * 60)
    with pytest.raises(Conflict, match="time to confirm"):
        await services.break_glass.override(waiting.id, ANA, WHY)
    await services.confirmations.expire_due()
    with pytest.raises(Conflict, match="expired before it could start"):
        await services.break_glass.override(waiting.id, ANA, WHY)


async def test_an_override_and_a_yes_at_once_queue_it_once(
    services: Services, waiting: Execution
) -> None:
    """Whoever is second is told of the first, or marks what waits in the queue."""
    yes = services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)
    glass = services.break_glass.override(waiting.id, ANA, WHY)

    answers = await asyncio.gather(yes, glass, return_exceptions=True)

    now = await services.history.execution(waiting.id)
    assert now.status is Status.QUEUED
    assert now.overridden_by == "U0ANA"
    assert isinstance(answers[1], Execution)
    if isinstance(answers[0], Conflict):
        assert "broke the glass" in answers[0].message
