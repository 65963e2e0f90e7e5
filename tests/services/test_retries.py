"""A failed attempt is tried again: what waits for it is in the database, and people see it."""

import asyncio
from datetime import timedelta

import pytest

from db.model.categories import Category
from db.model.errors import Conflict, LeaseLost
from db.model.execution import Execution, Status
from executor.rules.outcomes import Outcome, failed
from executor.services import Ask, Ground, Services
from handlers.views.states import sentence
from tests.support.database import Clock, waiting
from tests.support.remote import eventually
from tests.support.world import ANA, BRUNO, STAGING, another

LEASE = timedelta(seconds=15)
UNREACHABLE = failed(Category.CONNECTION_ERROR, "host refused the connection.", detail="REFUSED")


async def _launch(services: Services) -> Execution:
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=another())
    return await services.launcher.launch(ask)


async def _claim(services: Services) -> Execution | None:
    return await services.queue.claim_next("w1", LEASE)


async def _failed_once(services: Services, clock: Clock) -> Execution:
    await _launch(services)
    running = await _claim(services)
    assert running is not None
    due = clock() + timedelta(seconds=30)
    assert await services.records.retry(running, UNREACHABLE, not_before=due)
    return await services.history.execution(running.id)


async def test_a_retry_waits_in_the_queue_until_it_is_due(services: Services, clock: Clock) -> None:
    """It holds no place meanwhile; when it is due it is the oldest, and a new attempt."""
    waiting = await _failed_once(services, clock)
    other = await _launch(services)

    meanwhile = await _claim(services)
    assert meanwhile is not None
    await services.records.finish(meanwhile, Outcome(status=Status.SUCCEEDED))
    early = await _claim(services)
    clock.advance(30)
    again = await _claim(services)

    assert (waiting.status, waiting.attempt) == (Status.QUEUED, 1)
    assert waiting.error_category is Category.CONNECTION_ERROR
    assert (meanwhile.id, early) == (other.id, None)
    assert again is not None
    assert (again.id, again.attempt, again.error_category) == (waiting.id, 2, None)
    assert again.not_before is None
    tries = await services.history.attempts(again)
    assert [(one.number, one.error_message) for one in tries] == [
        (1, "host refused the connection."),
        (2, ""),
    ]
    assert tries[0].finished_at is not None


async def test_a_retry_that_waits_can_be_cancelled(services: Services, clock: Clock) -> None:
    """At once: nothing runs that would have to be stopped."""
    waiting = await _failed_once(services, clock)

    cancelled = await services.controls.cancel(waiting.id, BRUNO)
    clock.advance(60)

    assert cancelled.status is Status.CANCELLED
    assert await _claim(services) is None


@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.mariadb
async def test_a_cancel_is_heard_while_an_attempt_fails(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """It ran when the button was pressed, and waits for its retry when the cancel comes."""
    await _launch(services)
    run = await _claim(services)
    assert run is not None
    async with ground.db.begin() as repos:
        await repos.executions.hold(run.id)
        cancelling = asyncio.create_task(services.controls.cancel(run.id, BRUNO))
        await eventually(lambda: waiting(ground.db), bool)
        await repos.executions.change(
            run.id, expect={run.status}, status=Status.QUEUED, not_before=clock.advance(30)
        )
    cancelled = await cancelling

    assert (cancelled.status, cancelled.cancelled_by) == (Status.CANCELLED, BRUNO.user_id)


async def test_what_is_being_cancelled_is_not_tried_again(services: Services, clock: Clock) -> None:
    """The wish of a person counts more than the policy."""
    await _launch(services)
    running = await _claim(services)
    assert running is not None
    await services.controls.cancel(running.id, BRUNO)

    is_retried = await services.records.retry(running, UNREACHABLE, not_before=clock())

    assert not is_retried
    assert (await services.history.execution(running.id)).status is Status.CANCELLING


async def test_a_worker_that_lost_its_lease_retries_nothing(
    services: Services, clock: Clock
) -> None:
    """The one that took over decides."""
    await _launch(services)
    old = await _claim(services)
    assert old is not None
    clock.advance(16)
    await services.queue.take_over("w2", LEASE)

    with pytest.raises(LeaseLost):
        await services.records.retry(old, UNREACHABLE, not_before=clock())


async def test_a_retry_that_never_gets_its_turn_fails_as_its_attempt_did(
    services: Services, clock: Clock
) -> None:
    """It did run: so it did not expire."""
    waiting = await _failed_once(services, clock)
    clock.advance(30 + 12 * 3600)

    await services.queue.expire_due()

    over = await services.history.execution(waiting.id)
    assert over.status is Status.FAILED
    assert over.error_category is Category.CONNECTION_ERROR
    assert over.error_message == "host refused the connection."
    assert "waited too long in the queue" in sentence(over, position=0, now=clock())


async def test_directories_of_ended_attempts_are_remembered_until_they_are_removed(
    services: Services, clock: Clock
) -> None:
    """Only of those that were sent to the host, and not for ever."""
    waiting = await _failed_once(services, clock)
    await services.controls.cancel(waiting.id, ANA)
    await _launch(services)
    sent = await _claim(services)
    assert sent is not None
    await services.records.start_requested(sent, sent.plan)
    early = await services.records.leftovers(10, {})
    await services.records.finish(sent, Outcome(status=Status.SUCCEEDED))

    left = await services.records.leftovers(10, {})
    await services.records.removed(sent.id, 1)

    assert early == []
    assert [(one.execution_id, one.attempt) for one in left] == [(sent.id, 1)]
    assert await services.records.leftovers(10, {}) == []


async def test_an_admin_makes_a_retry_due_at_once(services: Services, clock: Clock) -> None:
    """Who moves it to the front does not mean that it shall rest there."""
    waiting = await _failed_once(services, clock)
    early = await _claim(services)

    await services.controls.move_to_front(waiting.id, ANA)
    now = await _claim(services)

    assert early is None
    assert now is not None
    assert (now.id, now.attempt) == (waiting.id, 2)
    assert now.not_before is None


async def test_a_retry_that_was_moved_to_the_front_is_cancelled_as_what_it_is(
    services: Services, clock: Clock
) -> None:
    """It waited for its second attempt, however long ago the first one began."""
    waiting = await _failed_once(services, clock)
    moved = await services.controls.move_to_front(waiting.id, ANA)
    clock.advance(600)

    cancelled = await services.controls.cancel(waiting.id, BRUNO)

    assert moved.not_before is not None
    assert moved.not_before <= clock()
    told = sentence(cancelled, position=0, now=clock())
    assert "was cancelled by" in told
    assert "while it waited for attempt 2 of" in told


async def test_a_retry_that_is_next_is_not_moved_again(services: Services, clock: Clock) -> None:
    """It rests no more."""
    waiting = await _failed_once(services, clock)
    await services.controls.move_to_front(waiting.id, ANA)

    with pytest.raises(Conflict):
        await services.controls.move_to_front(waiting.id, ANA)


@pytest.mark.parametrize(
    ("lasted_s", "took_s"),
    [
        pytest.param(60, 60, id="while nobody looked"),
        (None, 3600),
        pytest.param(7200, 3600, id="more than there was time"),
    ],
)
async def test_how_long_it_took_is_told_by_its_host(
    services: Services, clock: Clock, lasted_s: int | None, took_s: int
) -> None:
    """A script may end while no Ferry runs; estimates are made of what it took, not of that."""
    await _launch(services)
    running = await _claim(services)
    assert running is not None
    await services.records.started(running)
    clock.advance(3600)

    await services.records.finish(
        running, Outcome(status=Status.SUCCEEDED), exit_status=0, lasted_s=lasted_s
    )

    over = await services.history.execution(running.id)
    assert over.started_at is not None
    assert over.finished_at == over.started_at + timedelta(seconds=took_s)
