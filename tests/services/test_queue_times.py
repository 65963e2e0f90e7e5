"""How long something may wait in the queue, when several look at it at once."""

import asyncio
from datetime import timedelta

import pytest

from db.model.categories import Category
from db.model.execution import Execution, Status
from executor.rules.outcomes import failed
from executor.services import Ask, Ground, Services
from executor.services.sweeping import PORTION
from tests.support.database import Clock, do, waiting
from tests.support.remote import eventually
from tests.support.world import ANA, BRUNO, PRODUCTION, another, environment

LEASE = timedelta(hours=1)


async def _asked(services: Services, name: str) -> Execution:
    await services.catalog.create_environment(environment(name, queue_timeout_s=600), ANA)
    await services.bindings.bind(f"C0{name.upper()}", name, ANA)
    ask = Ask(job="import-patients", channel_id=f"C0{name.upper()}", by=BRUNO, values=another())
    return await services.launcher.launch(ask)


@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.mariadb
async def test_a_lease_counts_from_the_claim_on(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """Not from before its environment was waited for, which may take most of a short lease."""
    asked = await _asked(services, "one")
    async with ground.db.begin() as repos:
        await repos.environments.lock(asked.environment_id)
        claiming = asyncio.create_task(services.queue.claim_next("w1", LEASE))
        await eventually(lambda: waiting(ground.db, "environments"), bool)
        clock.advance(10)
    claimed = await claiming

    assert claimed is not None
    assert claimed.lease_until == clock() + LEASE


async def test_what_waited_too_long_never_starts(services: Services, clock: Clock) -> None:
    """Nobody swept while all bots were down: a worker that looks first finds nothing to start."""
    asked = await _asked(services, "one")
    clock.advance(599.999999)
    in_time = await _asked(services, "two")
    clock.advance(0.000001)

    claimed = [await services.queue.claim_next("w1", LEASE) for _ in range(2)]

    assert [one and one.id for one in claimed] == [in_time.id, None]
    assert (await services.history.execution(asked.id)).status is Status.QUEUED
    assert await services.queue.expire_due() == 1
    assert (await services.history.execution(asked.id)).status is Status.EXPIRED


@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.mariadb
async def test_what_ran_meanwhile_and_waits_for_a_retry_does_not_expire(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """It was overdue when it was looked for, and is not any more when its turn to end comes.

    For another bot, whose clock is a little behind, it was not: that one still claimed it.
    """
    first = await _asked(services, "one")
    rests = "UPDATE migration_executions SET not_before = '2030-01-01'"
    await do(ground.db, rests)  # it is claimed by nobody
    second = await _asked(services, "two")
    clock.advance(601)
    async with ground.db.begin() as repos:
        await repos.executions.hold(first.id)
        expiring = asyncio.create_task(services.queue.expire_due())
        await eventually(lambda: waiting(ground.db), bool)
        clock.advance(-2)
        claimed = await services.queue.claim_next("w1", LEASE)
        assert claimed is not None
        unreachable = failed(Category.CONNECTION_ERROR)
        await services.records.retry(claimed, unreachable, not_before=clock.advance(60))
    ended = await expiring
    now = await services.history.execution(second.id)

    assert (now.status, now.is_retried) == (Status.QUEUED, True)
    assert ended == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_sweep_of_many_lets_others_write_in_between(
    services: Services, clock: Clock
) -> None:
    """Leases are renewed meanwhile, however many runs are overdue: SQLite has one writer."""
    last = await _asked(services, "one")
    for _ in range(2 * PORTION):
        values = another()
        ask = Ask(job="import-patients", channel_id=last.channel_id, by=BRUNO, values=values)
        last = await services.launcher.launch(ask)
    clock.advance(600)

    sweeping = asyncio.create_task(services.queue.expire_due())
    await asyncio.sleep(0)  # it waits for its first answer by now
    await services.queue.renew("w1", [last.id], LEASE)
    before = (await services.history.execution(last.id)).status

    assert (before, sweeping.done()) == (Status.QUEUED, False)
    assert await sweeping == 2 * PORTION + 1


async def test_a_sweep_reminds_of_and_expires_all_there_are(
    services: Services, clock: Clock
) -> None:
    """More than one portion of confirmations, each of them once."""
    count = PORTION + 1
    for _ in range(count):
        ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=another())
        await services.launcher.launch(ask)
    clock.advance(15 * 60)
    reminded = [await services.confirmations.remind_due() for _ in range(2)]
    clock.advance(15 * 60)
    expired = [await services.confirmations.expire_due() for _ in range(2)]

    assert (reminded, expired) == ([count, 0], [count, 0])
