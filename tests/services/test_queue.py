"""Claims, leases, fences, and what is recorded."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from db.model.categories import Category
from db.model.errors import Conflict, LeaseLost, NotAllowed
from db.model.execution import Execution, Status
from db.model.output import Stream
from db.model.people import Person
from executor.rules.outcomes import Outcome
from executor.services import Ask, Ground, Services
from tests.db.seeds import blocks, line, mark
from tests.support.database import Clock, waiting
from tests.support.executions import MEASURED
from tests.support.remote import eventually
from tests.support.world import ANA, BRUNO, STAGING, another

LEASE = timedelta(seconds=15)
DONE = Outcome(status=Status.SUCCEEDED)


async def _launch(services: Services, by: Person = BRUNO) -> Execution:
    ask = Ask(job="import-patients", channel_id=STAGING, by=by, values=another())
    return await services.launcher.launch(ask)


async def _claim(services: Services, worker: str = "w1") -> Execution:
    execution = await services.queue.claim_next(worker, LEASE)
    assert execution is not None
    return execution


async def test_the_oldest_goes_first_and_one_at_a_time(services: Services) -> None:
    """Staging runs one at once unless its row says more."""
    first, second = await _launch(services), await _launch(services)

    claimed = await _claim(services)
    none = await services.queue.claim_next("w2", LEASE)
    await services.records.finish(claimed, DONE, exit_status=0)
    then = await _claim(services, "w2")

    assert (claimed.id, none, then.id) == (first.id, None, second.id)
    assert claimed.status is Status.RUNNING
    assert (await services.history.execution(first.id)).status is Status.SUCCEEDED


async def test_ten_workers_claim_one_run_once(services: Services) -> None:
    """Compare-and-set: one finds it queued."""
    await _launch(services)

    claims = await asyncio.gather(*(services.queue.claim_next(f"w{n}", LEASE) for n in range(10)))

    assert len([claim for claim in claims if claim]) == 1


async def test_a_run_is_taken_over_only_after_its_lease(services: Services, clock: Clock) -> None:
    """And then the first worker can write no more."""
    await _launch(services)
    old = await _claim(services)
    early = await services.queue.take_over("w2", LEASE)
    clock.advance(16)

    new = await services.queue.take_over("w2", LEASE)

    assert early is None
    assert new is not None
    assert (new.worker, new.fence, new.resumed) == ("w2", old.fence + 1, 1)
    with pytest.raises(LeaseLost):
        await services.records.finish(old, DONE)
    await services.records.finish(new, DONE)


async def test_a_lease_of_a_wrong_clock_leaves_no_run_without_a_worker(
    services: Services, clock: Clock
) -> None:
    """An hour ahead, then dead, then set right: for an hour nobody would follow it."""
    await _launch(services)
    clock.advance(3600)
    old = await _claim(services)
    clock.advance(-3600)

    assert await services.queue.take_over("w2", LEASE) is None
    clock.advance(LEASE.total_seconds())
    new = await services.queue.take_over("w2", LEASE)

    assert new is not None
    assert (new.worker, new.fence, new.lease_until) == ("w2", old.fence + 1, clock() + LEASE)
    assert await services.queue.take_over("w3", LEASE) is None


async def test_a_clock_that_is_behind_takes_nobody_a_run_that_is_renewed(
    services: Services, clock: Clock
) -> None:
    """Else its worker and the owner would take it from each other for ever."""
    await _launch(services)
    clock.advance(3600)
    old = await _claim(services)
    for _ in range(3):
        assert await services.queue.renew(old.worker, [old.id], LEASE) == ({old.id}, set())
        clock.advance(-3600)
        assert await services.queue.take_over("w2", LEASE) is None
        clock.advance(3600 + LEASE.total_seconds() / 2)


async def test_renewing_tells_what_is_still_ours_and_what_is_unwanted(
    services: Services, clock: Clock
) -> None:
    """One query keeps the lease and looks for cancels."""
    await _launch(services)
    mine = await _claim(services)
    await services.controls.cancel(mine.id, BRUNO)
    clock.advance(14)

    owned, unwanted = await services.queue.renew("w1", [mine.id, 4711], LEASE)
    clock.advance(14)

    assert (owned, unwanted) == ({mine.id}, {mine.id})
    assert await services.queue.take_over("w2", LEASE) is None


async def test_a_released_run_is_taken_over_at_once(services: Services) -> None:
    """A graceful stop hands over: nobody waits for the lease."""
    await _launch(services)
    await _claim(services)

    await services.queue.release("w1")

    assert await services.queue.take_over("w2", LEASE) is not None


async def test_a_queued_run_is_cancelled_at_once_a_running_one_is_asked(
    services: Services,
) -> None:
    """The worker that owns it stops the remote."""
    running, queued = await _launch(services), await _launch(services)
    await _claim(services)

    first = await services.controls.cancel(running.id, BRUNO)
    second = await services.controls.cancel(queued.id, BRUNO)

    assert (first.status, second.status) == (Status.CANCELLING, Status.CANCELLED)
    assert first.cancelled_by == BRUNO.user_id


async def test_what_is_over_cannot_be_cancelled(services: Services) -> None:
    """The person is told how it ended."""
    over = await _launch(services)
    await services.records.finish(await _claim(services), DONE)

    with pytest.raises(Conflict, match="it succeeded"):
        await services.controls.cancel(over.id, BRUNO)


async def test_strangers_cancel_nothing(services: Services) -> None:
    """Only who asked, who confirmed, or an admin."""
    mine = await _launch(services, by=ANA)

    with pytest.raises(NotAllowed, match="belongs to <@U0ANA>"):
        await services.controls.cancel(mine.id, BRUNO)


async def test_the_end_keeps_why_and_what_came_out(services: Services) -> None:
    """Category, sentence, result and receipt are in the row."""
    await _launch(services)
    mine = await _claim(services)
    failed = Outcome(
        status=Status.FAILED, category=Category.SCRIPT_ERROR, message="It ended.", hint="Look."
    )

    await services.records.finish(mine, failed, exit_status=3, result={"imported": "12"})

    ended = await services.history.execution(mine.id)
    assert (ended.status, ended.exit_status) == (Status.FAILED, 3)
    assert (ended.error_category, ended.error_message) == (Category.SCRIPT_ERROR, "It ended.")
    assert ended.result == {"imported": "12"}


async def test_a_cancel_while_the_start_is_recorded_is_seen_by_the_worker(
    services: Services, ground: Ground
) -> None:
    """Both write to the run: neither fails for it, and the start is not sent."""
    await _launch(services)
    mine = await _claim(services)
    async with ground.db.begin() as repos:
        await repos.executions.hold(mine.id)
        asking = asyncio.create_task(
            services.records.start_requested(mine, replace(mine.plan, measured=MEASURED))
        )
        if not ground.db.is_sqlite:  # which lets one write at a time
            await eventually(lambda: waiting(ground.db), bool)
        await repos.executions.change(mine.id, expect={mine.status}, status=Status.CANCELLING)

    assert await asking is False
    assert await services.records.may_run(mine) is False


async def test_a_worker_that_was_paused_starts_nothing(services: Services, clock: Clock) -> None:
    """Its lease ran out while it was preparing: the new owner starts, or nobody does."""
    await _launch(services)
    old = await _claim(services)
    clock.advance(16)
    await services.queue.take_over("w2", LEASE)

    with pytest.raises(LeaseLost):
        await services.records.start_requested(old, old.plan)
    with pytest.raises(LeaseLost):
        await services.records.started(old)


async def test_a_cancel_before_the_start_is_seen_by_the_worker(services: Services) -> None:
    """The start is not sent any more."""
    await _launch(services)
    mine = await _claim(services)
    await services.controls.cancel(mine.id, BRUNO)

    assert await services.records.start_requested(mine, mine.plan) is False


async def test_a_brief_has_the_last_words_of_a_script(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """Whoever takes it over tells why it failed as the one would who followed it all along."""
    await _launch(services)
    mine = await _claim(services)
    new = await services.queue.brief(mine)
    said = line(mine, 1, "Error: no such patient", clock, stream=Stream.ERR)
    async with ground.db.begin() as repos:
        await repos.attempts.advance([mark(mine, err_offset=23, last_line=1)])
        await repos.log_lines.add(blocks([said]))

    then = await services.queue.brief(mine)

    assert (new.stderr, then.stderr) == ((), (said,))


async def test_a_long_word_of_a_host_is_cut_where_it_is_stored(services: Services) -> None:
    """MariaDB refuses what does not fit, and the run would end as a bug of ours."""
    await _launch(services)
    claimed = await _claim(services)
    odd = Outcome(status=Status.FAILED, category=Category.CONNECTION_ERROR, detail="É" * 70)

    await services.records.finish(claimed, odd)

    over = await services.history.execution(claimed.id)
    assert (over.status, over.error_detail) == (Status.FAILED, "É" * 64)
