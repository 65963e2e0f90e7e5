"""What was confirmed and is not what would run: nothing runs, and it is asked again."""

from dataclasses import replace
from typing import Any

import pytest

from db.database import Database
from db.model.categories import Category
from db.model.errors import Conflict, LeaseLost
from db.model.execution import Execution, Status
from executor.rules.outcomes import Outcome
from executor.rules.plan import plan_hash
from executor.services import Ask, Services
from tests.support.database import Clock
from tests.support.executions import MEASURED
from tests.support.looked import looked_at
from tests.support.running import LEASE, claimed, ran
from tests.support.world import ANA, BRUNO, GOOD, PRODUCTION, STAGING

OTHER = replace(MEASURED, sha256="cd" * 32)


async def _confirmed(services: Services) -> Execution:
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    looked = await looked_at(services, await services.launcher.launch(ask))
    return await services.confirmations.confirm(looked.id, BRUNO, looked.plan_hash)


@pytest.fixture
async def running(services: Services) -> Execution:
    """Give an execution that was confirmed and that a worker has; nothing of it was sent."""
    return await claimed(services, await _confirmed(services))


def _changed(execution: Execution) -> Any:
    return replace(execution.plan, measured=OTHER)


async def test_a_void_confirmation_asks_again(
    services: Services, running: Execution, clock: Clock
) -> None:
    """With the new plan, the old one beside it, as if nobody had said anything."""
    clock.advance(60)

    assert await services.voids.void(running, _changed(running))

    asks = await services.history.execution(running.id)
    assert asks.status is Status.AWAITING_CONFIRMATION
    assert (asks.voided_plan, asks.plan) == (running.plan, _changed(running))
    assert (running.voids, asks.voids) == (0, 1)
    assert asks.plan_hash == plan_hash(asks.plan)
    assert (asks.checks, asks.checked_at) == ((), None)
    assert (asks.answered_by, asks.answered_at, asks.confirmed_by) == ("", None, ())
    assert (asks.started_at, asks.lease_until, asks.worker) == (None, None, "")
    assert asks.expires_at is not None
    assert (asks.expires_at - clock()).total_seconds() == 30 * 60
    assert not asks.is_retried
    (attempt,) = await services.history.attempts(asks)
    assert (attempt.error_category, attempt.finished_at) == (Category.PLAN_CHANGED, clock())


async def test_it_runs_once_the_new_plan_is_confirmed(
    services: Services, running: Execution
) -> None:
    """The old plan's button is refused, and the attempt that was void counts as none."""
    await services.voids.void(running, _changed(running))
    asks = await looked_at(services, running, measured=OTHER)
    with pytest.raises(Conflict, match="another plan"):
        await services.confirmations.confirm(asks.id, BRUNO, running.plan_hash)
    again = await services.confirmations.confirm(asks.id, BRUNO, asks.plan_hash)

    done = await ran(services, again, OTHER, Outcome(status=Status.SUCCEEDED))

    assert done.status is Status.SUCCEEDED
    assert (done.attempt, done.max_attempts) == (2, running.max_attempts + 1)


async def test_the_reminder_comes_after_half_of_the_new_time(
    services: Services, running: Execution, clock: Clock
) -> None:
    """However long ago the run was asked for."""
    clock.advance(10 * 60 * 60)
    await services.voids.void(running, _changed(running))

    early = await services.confirmations.remind_due()
    clock.advance(15 * 60)
    due = await services.confirmations.remind_due()

    assert (early, due) == (0, 1)


async def test_it_is_noted_who_had_said_yes_to_what(
    services: Services, database: Database, running: Execution
) -> None:
    """And what had changed, without a value of it."""
    await services.voids.void(running, _changed(running))

    async with database.read() as repos:
        events = {event.verb: event for event in await repos.audit.page(0, 100)}
    void, asks = events["execution.voided"], events["execution.awaiting_confirmation"]
    assert void.before == {"plan_hash": running.plan_hash, "confirmed_by": [BRUNO.user_id]}
    assert void.after == {"plan_hash": plan_hash(_changed(running))}
    assert void.reason == "content of the script"
    assert asks.before == {"status": "running"}
    assert asks.after["plan_hash"] == void.after["plan_hash"]


async def test_a_cancel_goes_before_a_void(services: Services, running: Execution) -> None:
    """Who does not want it any more is not asked again."""
    await services.controls.cancel(running.id, BRUNO)

    assert not await services.voids.void(running, _changed(running))

    assert (await services.history.execution(running.id)).status is Status.CANCELLING


async def test_who_lost_the_lease_voids_nothing(
    services: Services, running: Execution, clock: Clock
) -> None:
    """Another worker may have started it."""
    clock.advance(31)
    assert await services.queue.take_over("other", LEASE)

    with pytest.raises(LeaseLost):
        await services.voids.void(running, _changed(running))

    assert (await services.history.execution(running.id)).status is Status.RUNNING


async def test_what_started_without_a_confirmation_asks_its_requester(services: Services) -> None:
    """Nobody else is named where nobody was to be asked."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    own = await claimed(services, await services.launcher.launch(ask))

    await services.voids.void(own, replace(own.plan, host="other", measured=MEASURED))

    asks = await looked_at(services, own)
    confirmed = await services.confirmations.confirm(asks.id, BRUNO, asks.plan_hash)
    assert confirmed.status is Status.QUEUED


async def test_a_void_that_nobody_answers_expires(
    services: Services, running: Execution, clock: Clock
) -> None:
    """Nothing of it ran, so it did not fail."""
    await services.voids.void(running, _changed(running))
    clock.advance(30 * 60)

    assert await services.confirmations.expire_due() == 1
    assert (await services.history.execution(running.id)).status is Status.EXPIRED


async def test_what_waits_again_after_a_void_expires_in_the_queue(
    services: Services, running: Execution, clock: Clock
) -> None:
    """It waited for its first start, not for a retry."""
    await services.voids.void(running, _changed(running))
    asks = await looked_at(services, running, measured=OTHER)
    await services.confirmations.confirm(asks.id, BRUNO, asks.plan_hash)
    clock.advance(12 * 3600)

    assert await services.queue.expire_due() == 1
    assert (await services.history.execution(running.id)).status is Status.EXPIRED


async def test_what_was_measured_at_the_start_is_stored(services: Services) -> None:
    """Where nothing was looked at before."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)
    queued = await services.launcher.launch(ask)

    done = await ran(services, queued, MEASURED, Outcome(status=Status.SUCCEEDED))

    assert queued.plan.measured is None
    assert done.plan.measured == MEASURED
    assert done.plan_hash == plan_hash(done.plan)
