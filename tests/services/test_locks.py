"""Closing an environment: who may, what waits, and what happens at the same moment."""

import asyncio
from datetime import timedelta

import pytest

from db.model.audit import FERRY, AuditEvent
from db.model.errors import Conflict, FerryError, InvalidInput, NotAllowed, NotFound
from db.model.execution import Execution, Status
from db.model.grants import Holder, Role
from db.model.people import Person
from executor.rules.outcomes import Outcome
from executor.services import Ask, Ground, Locked, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, CARLA, PRODUCTION, STAGING, another

LEASE = timedelta(seconds=15)
WHY = "deploying version 8"
DONE = Outcome(status=Status.SUCCEEDED)


async def launch(
    services: Services, channel: str = STAGING, by: Person = BRUNO, **other: str
) -> Execution:
    """Ask for a run."""
    ask = Ask(job="import-patients", channel_id=channel, by=by, values=another(), **other)
    return await services.launcher.launch(ask)


async def events(ground: Ground, *verbs: str) -> list[AuditEvent]:
    """Return the audit events with these verbs."""
    async with ground.db.read() as repos:
        return [event for event in await repos.audit.page(0, 1000) if event.verb in verbs]


async def versions(services: Services) -> dict[int, int]:
    """Return the version of each execution: it grows when its card is to be told anew."""
    return {one.id: one.version for one in await services.history.recent(limit=50)}


async def test_a_lock_keeps_what_waits_and_lets_go_on_what_runs(services: Services) -> None:
    """Who locks is told how many there are of each."""
    running, waiting = await launch(services), await launch(services)
    await services.queue.claim_next("w1", LEASE)

    turned = await services.locks.lock("staging", BRUNO, WHY)

    assert (turned.running, turned.waiting, turned.channels) == (1, 1, (STAGING,))
    assert (await services.history.execution(running.id)).status is Status.RUNNING
    forecast = await services.forecasts.of(waiting)
    assert forecast.closed is not None
    assert (forecast.closed.by, forecast.closed.reason) == (BRUNO.user_id, WHY)


async def test_nothing_is_claimed_until_it_is_opened(services: Services) -> None:
    """Then the oldest goes first, as ever."""
    first = await launch(services)
    await launch(services)
    await services.locks.lock("staging", BRUNO, WHY)

    while_locked = await services.queue.claim_next("w1", LEASE)
    await services.locks.unlock("staging", BRUNO)
    then = await services.queue.claim_next("w1", LEASE)

    assert while_locked is None
    assert then is not None
    assert then.id == first.id


async def test_a_lock_opens_by_itself_at_its_end(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """The clock decides; that it is noted later is only told."""
    waiting = await launch(services)
    await services.locks.lock("staging", BRUNO, WHY, clock() + timedelta(minutes=10))
    early = await services.queue.claim_next("w1", LEASE)
    clock.advance(600)

    claimed = await services.queue.claim_next("w1", LEASE)
    opened = await services.locks.open_due()
    again = await services.locks.open_due()

    assert early is None
    assert claimed is not None
    assert claimed.id == waiting.id
    assert (opened, again) == (1, 0)
    (event,) = await events(ground, "lock.opened")
    assert event.actor == FERRY
    assert event.before["reason"] == WHY
    (told,) = await services.locks.untold()
    assert (told.lock.opened_by, told.lock.opened_at) == (FERRY, clock())


async def test_nobody_else_may_start_or_confirm_anything_there(services: Services) -> None:
    """The refusal says by whom, until when and why; the request stays, to be confirmed later."""
    asking = await looked_at(services, await launch(services, PRODUCTION))
    await services.locks.lock("production", ANA, WHY)

    with pytest.raises(Locked, match="locked by <@U0ANA>: `deploying version 8`"):
        await launch(services, PRODUCTION)
    with pytest.raises(Locked, match="production is locked by"):
        await services.confirmations.confirm(asking.id, BRUNO, asking.plan_hash)

    assert (await services.history.execution(asking.id)).status is Status.AWAITING_CONFIRMATION
    await services.locks.unlock("production", ANA)
    confirmed = await services.confirmations.confirm(asking.id, BRUNO, asking.plan_hash)
    assert confirmed.status is Status.QUEUED


async def test_run_again_is_refused_as_well(services: Services) -> None:
    """Every way in asks the same question."""
    old = await launch(services)
    await services.controls.cancel(old.id, BRUNO)
    await services.locks.lock("staging", BRUNO, WHY)

    with pytest.raises(Locked):
        await services.launcher.again(old.id, BRUNO, STAGING)


async def test_cards_of_what_waits_are_told_anew_with_each_change(services: Services) -> None:
    """In the same transaction; what runs is left alone."""
    running = await launch(services)
    await services.queue.claim_next("w1", LEASE)
    waiting, elsewhere = await launch(services), await launch(services, PRODUCTION)
    seen = [await versions(services)]

    await services.locks.lock("staging", BRUNO, WHY)
    seen.append(await versions(services))
    await services.locks.unlock("staging", BRUNO)
    seen.append(await versions(services))

    assert [one[waiting.id] - seen[0][waiting.id] for one in seen] == [0, 1, 2]
    assert {one[running.id] for one in seen} == {seen[0][running.id]}
    assert {one[elsewhere.id] for one in seen} == {seen[0][elsewhere.id]}


async def test_its_owner_changes_reason_and_end(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """One lock all the while; the audit log keeps what it said before."""
    first = await services.locks.lock("staging", BRUNO, WHY)

    second = await services.locks.lock(
        "staging", BRUNO, "deploying  version 9", clock() + timedelta(hours=1)
    )

    assert second.before == first.lock
    assert (second.lock.id, second.lock.reason) == (first.lock.id, "deploying version 9")
    assert second.lock.until == clock() + timedelta(hours=1)
    last = (await events(ground, "lock.closed"))[-1]
    assert (last.before["reason"], last.after["reason"]) == (WHY, "deploying version 9")


async def test_somebody_else_is_told_whose_lock_it_is(services: Services) -> None:
    """Also an admin: they open it first."""
    await services.locks.lock("staging", BRUNO, WHY)

    with pytest.raises(Conflict, match=r"is locked by <@U0BRUNO>: .* nothing was changed"):
        await services.locks.lock("staging", ANA, "mine")

    (standing,) = [one for one in await services.locks.standings(ANA) if one.lock]
    assert standing.lock is not None
    assert standing.lock.reason == WHY


async def test_its_holder_and_admins_open_it_nobody_else(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """Others learn whom to ask; the row keeps who opened it."""
    await services.locks.lock("staging", BRUNO, WHY)

    with pytest.raises(NotAllowed, match="Only they or an admin") as told:
        await services.locks.unlock("staging", CARLA)
    await services.locks.unlock("staging", ANA)

    assert told.value.hint == "Ask <@U0BRUNO> or <@U0ANA>."
    async with ground.db.read() as repos:
        environment = await repos.environments.named("staging")
        assert environment is not None
        (row,) = await repos.locks.history(environment.id)
    assert (row.locked_by, row.opened_by, row.opened_at) == ("U0BRUNO", "U0ANA", clock())
    assert [event.actor for event in await events(ground, "lock.opened")] == ["U0ANA"]


async def test_a_viewer_locks_nothing(services: Services, ground: Ground) -> None:
    """Nor opens what was theirs when they were more."""
    await services.locks.lock("staging", BRUNO, WHY)
    async with ground.db.begin() as repos:
        staging = await repos.environments.named("staging")
        assert staging is not None
        await repos.grants.put(Holder.EVERYONE, "", staging.id, Role.VIEWER, ANA.user_id)

    with pytest.raises(NotAllowed, match="takes an operator on `staging`, and you are a viewer"):
        await services.locks.unlock("staging", BRUNO)
    with pytest.raises(NotAllowed, match="You may not lock an environment: that"):
        await services.locks.lock("staging", CARLA, WHY)


@pytest.mark.parametrize(
    ("name", "reason", "minutes", "error", "words"),
    [
        pytest.param("stagin", WHY, None, NotFound, "no environment called `stagin`", id="typo"),
        pytest.param("staging", " ", None, InvalidInput, "Say why", id="no reason"),
        pytest.param("staging", "x" * 501, None, InvalidInput, "501 characters", id="long"),
        pytest.param("staging", WHY, 0, InvalidInput, "over already", id="ends now"),
        pytest.param("staging", WHY, -1, InvalidInput, "over already", id="ended"),
    ],
)
async def test_what_cannot_be_locked_is_refused(
    services: Services,
    clock: Clock,
    name: str,
    reason: str,
    minutes: int | None,
    error: type[FerryError],
    words: str,
) -> None:
    """And nothing is locked."""
    until = None if minutes is None else clock() + timedelta(minutes=minutes)

    with pytest.raises(error, match=words):
        await services.locks.lock(name, BRUNO, reason, until)

    assert all(one.closed is None for one in await services.locks.standings(ANA))


async def test_what_is_open_cannot_be_opened(services: Services) -> None:
    """It is said, and nothing is noted."""
    with pytest.raises(Conflict, match="staging is not locked: nothing was changed"):
        await services.locks.unlock("staging", ANA)


async def test_an_admin_breaks_the_glass_when_asking(services: Services, ground: Ground) -> None:
    """Past what waits for the lock; it is noted."""
    await launch(services)
    await services.locks.lock("staging", BRUNO, WHY)

    urgent = await launch(services, by=ANA, override="the clinic is down")
    claimed = await services.queue.claim_next("w1", LEASE)
    rest = await services.queue.claim_next("w2", LEASE)

    assert (urgent.overridden_by, urgent.override_reason) == (ANA.user_id, "the clinic is down")
    forecast = await services.forecasts.of(urgent)
    assert (forecast.closed, forecast.position) == (None, 1)
    assert claimed is not None
    assert (claimed.id, rest) == (urgent.id, None)
    (event,) = await events(ground, "execution.overridden")
    assert (event.actor, event.subject, event.reason) == (
        "U0ANA",
        str(urgent.id),
        "the clinic is down",
    )


async def test_a_broken_glass_is_no_confirmation(services: Services) -> None:
    """On production it is asked for as ever, and may then be given while it is locked."""
    await services.locks.lock("production", ANA, WHY)

    asking = await launch(services, PRODUCTION, by=ANA, override="the clinic is down")
    asking = await looked_at(services, asking)
    confirmed = await services.confirmations.confirm(asking.id, ANA, asking.plan_hash)

    assert asking.status is Status.AWAITING_CONFIRMATION
    assert confirmed.status is Status.QUEUED
    assert not asking.goes_without_yes
    assert not confirmed.goes_without_yes
    assert await services.queue.claim_next("w1", LEASE) is not None


async def test_others_break_no_glass(services: Services) -> None:
    """Whatever they send; and where nothing is closed there is none to break."""
    open_ = await launch(services, by=ANA, override="just in case")
    await services.locks.lock("staging", BRUNO, WHY)

    with pytest.raises(NotAllowed, match="break the glass: that takes an admin on `staging`"):
        await launch(services, override="me too")
    with pytest.raises(InvalidInput) as told:
        await launch(services, by=ANA, override="x" * 501)

    assert open_.overridden_by == ""
    assert list(told.value.fields) == ["override"]


async def test_of_two_locks_at_once_one_counts(services: Services, ground: Ground) -> None:
    """Ten people, one lock; the others are told whose."""
    people = [Person(f"U{number}", "T0FERRY") for number in range(10)]

    ended = await asyncio.gather(
        *(services.locks.lock("staging", one, WHY) for one in people), return_exceptions=True
    )

    refused = [one for one in ended if isinstance(one, Conflict)]
    assert len(refused) == len(people) - 1
    assert len(await events(ground, "lock.closed")) == 1


async def test_a_lock_and_a_claim_at_the_same_moment(services: Services) -> None:
    """Either the run was claimed before, and the lock counts it as running, or it waits."""
    for _ in range(8):
        asked = await launch(services)

        turned, claimed = await asyncio.gather(
            services.locks.lock("staging", BRUNO, WHY), services.queue.claim_next("w1", LEASE)
        )

        assert (turned.running, turned.waiting) == ((1, 0) if claimed else (0, 1))
        assert await services.queue.claim_next("w2", LEASE) is None
        await services.locks.unlock("staging", BRUNO)
        ours = claimed or await services.queue.claim_next("w1", LEASE)
        assert ours is not None
        assert ours.id == asked.id
        await services.records.finish(ours, DONE)


async def test_a_lock_and_a_launch_at_the_same_moment(services: Services) -> None:
    """What got in is counted as waiting; what did not is refused."""
    asked = [launch(services) for _ in range(6)]

    turned, ended = await asyncio.gather(
        services.locks.lock("staging", BRUNO, WHY), asyncio.gather(*asked, return_exceptions=True)
    )

    entered = [one for one in ended if isinstance(one, Execution)]
    refused = [one for one in ended if isinstance(one, Locked)]
    assert turned.waiting == len(entered)
    assert len(entered) + len(refused) == len(asked)


async def test_what_was_claimed_before_the_lock_starts(services: Services) -> None:
    """A lock stops nothing that a worker has in hand."""
    await launch(services)
    claimed = await services.queue.claim_next("w1", LEASE)
    assert claimed is not None
    await services.locks.lock("staging", BRUNO, WHY)

    assert await services.records.start_requested(claimed, claimed.plan) is True


async def test_waiting_for_a_lock_counts_as_waiting(services: Services, clock: Clock) -> None:
    """A run that would start days after it was asked for is no longer what was meant."""
    waiting = await launch(services)
    await services.locks.lock("staging", BRUNO, WHY)
    clock.advance(12 * 3600)

    assert await services.queue.expire_due() == 1
    assert (await services.history.execution(waiting.id)).status is Status.EXPIRED


async def test_an_announcement_is_told_once_unless_it_changes_meanwhile(
    services: Services,
) -> None:
    """Who tells an old state has still the new one to tell."""
    await services.locks.lock("staging", BRUNO, WHY)
    (first,) = await services.locks.untold()
    await services.locks.unlock("staging", BRUNO)
    await services.locks.told(first.lock)
    (second,) = await services.locks.untold()
    await services.locks.told(second.lock)

    assert first.lock.opened_at is None
    assert second.lock.opened_by == BRUNO.user_id
    assert await services.locks.untold() == []
