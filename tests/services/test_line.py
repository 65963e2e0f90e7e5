"""Who starts next: first in, first out, past those that must wait for something else."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.model.catalog import JobDraft
from db.model.categories import Category
from db.model.errors import Conflict, NotAllowed
from db.model.execution import Execution, Status
from executor.rules.outcomes import Outcome, failed
from executor.services import Ask, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, GOOD, PRODUCTION, SPECS, STAGING, another, environment

LEASE = timedelta(hours=20)
DONE = Outcome(status=Status.SUCCEEDED)
RECORDS = "{sistema}:{practitioner-id}"


async def _job(services: Services, name: str, **changes: Any) -> None:
    source = await services.catalog.source("iclinic")
    values: dict[str, Any] = {"script": "~/x.js", "parameters": SPECS, **changes}
    await services.catalog.create_job(JobDraft(name=name, source_id=source.id, **values), ANA)


async def _place(services: Services, channel: str, **changes: Any) -> None:
    await services.catalog.create_environment(environment(channel.lower(), **changes), ANA)
    await services.bindings.bind(channel, channel.lower(), ANA)


async def _asks(
    services: Services, job: str = "import-patients", channel: str = STAGING, **values: str
) -> int:
    ask = Ask(job=job, channel_id=channel, by=BRUNO, values=another() | values)
    return (await services.launcher.launch(ask)).id


async def _claims(services: Services, count: int) -> list[int]:
    """Return the numbers of the next *count* that are claimed, fewer if no more may start."""
    found = [await services.queue.claim_next("w1", LEASE) for _ in range(count)]
    return [one.id for one in found if one]


async def _ends(services: Services, number: int, outcome: Outcome = DONE) -> None:
    await services.records.finish(await services.history.execution(number), outcome)


async def test_a_job_runs_as_often_at_once_as_it_says_everywhere(services: Services) -> None:
    """Its limit holds across environments, and holds up no other job."""
    await _place(services, "C0WIDE", concurrency=9)
    await _place(services, "C0OTHER", concurrency=9)
    await _job(services, "narrow", concurrency=2)
    narrow = [await _asks(services, "narrow", channel) for channel in ("C0WIDE", "C0OTHER") * 2]
    other = await _asks(services, "import-patients", "C0WIDE")

    first = await _claims(services, 9)
    await _ends(services, first[0])
    then = await _claims(services, 9)

    assert first == [narrow[0], narrow[1], other]
    assert then == [narrow[2]]


async def test_workers_at_once_do_not_exceed_the_limit_of_a_job(services: Services) -> None:
    """Counting and claiming is one step, also where two environments are held by two workers."""
    for channel in ("C0WIDE", "C0OTHER"):
        await _place(services, channel, concurrency=50)
    await _job(services, "narrow", concurrency=3)
    for number in range(20):
        await _asks(services, "narrow", ("C0WIDE", "C0OTHER")[number % 2])

    found = await asyncio.gather(
        *(services.queue.claim_next(f"w{n}", LEASE) for n in range(20)), return_exceptions=True
    )

    assert sum(isinstance(one, Execution) for one in found) == 3


async def test_of_the_same_records_only_one_runs_at_once(services: Services) -> None:
    """Whatever the job; in another environment, and without a key, nobody waits for it."""
    await _place(services, "C0WIDE", concurrency=9)
    await _place(services, "C0OTHER", concurrency=9)
    await _job(services, "import", concurrency_key=RECORDS)
    await _job(services, "repair", concurrency_key=RECORDS)
    first = await _asks(services, "import", "C0WIDE")
    second = await _asks(services, "repair", "C0WIDE")
    free = await _asks(services, "repair", "C0WIDE", **{"practitioner-id": "7"})
    third = await _asks(services, "import", "C0WIDE")
    elsewhere = await _asks(services, "import", "C0OTHER")

    started = await _claims(services, 9)
    waits = await services.forecasts.of(await services.history.execution(second))
    await _ends(services, first)
    then = await _claims(services, 9)
    await _ends(services, second)
    last = await _claims(services, 9)

    assert sorted(started) == [first, free, elsewhere]
    assert waits.behind == first
    assert (then, last) == ([second], [third])


async def test_who_waits_for_the_same_records_is_not_overtaken_on_them(
    services: Services,
) -> None:
    """The first is held up by the limit of its job; the second, of another job, stays behind."""
    await _place(services, "C0WIDE", concurrency=9)
    await _job(services, "import", concurrency_key=RECORDS, concurrency=1)
    await _job(services, "repair", concurrency_key=RECORDS)
    running = await _asks(services, "import", "C0WIDE", **{"practitioner-id": "7"})
    held_up = await _asks(services, "import", "C0WIDE")
    behind = await _asks(services, "repair", "C0WIDE")

    started = await _claims(services, 9)
    await _ends(services, running)
    then = await _claims(services, 9)

    assert started == [running]
    assert then == [held_up]
    assert (await services.history.execution(behind)).status is Status.QUEUED


async def test_an_admin_moves_one_to_the_front_and_then_another(services: Services) -> None:
    """The last one moved goes first; places and the list agree."""
    one, two, three = [await _asks(services) for _ in range(3)]

    await services.controls.move_to_front(two, ANA)
    await services.controls.move_to_front(three, ANA)

    line, count = await services.forecasts.line(None, 10)
    assert [execution.id for execution, _ in line] == [three, two, one]
    assert [forecast.position for _, forecast in line] == [1, 2, 3]
    assert count == 3
    for number in (three, two, one):
        assert await _claims(services, 1) == [number]
        await _ends(services, number)


async def test_only_an_admin_moves_and_only_what_waits_in_the_queue(services: Services) -> None:
    """Nothing is changed otherwise."""
    running, waiting = await _asks(services), await _asks(services)
    await _claims(services, 1)
    asking = await _asks(services, channel=PRODUCTION)

    with pytest.raises(NotAllowed):
        await services.controls.move_to_front(waiting, BRUNO)
    for number in (running, asking):
        with pytest.raises(Conflict, match="does not wait in the queue"):
            await services.controls.move_to_front(number, ANA)

    assert (await services.history.execution(waiting)).priority == 0


async def test_what_waits_too_long_expires_and_says_so(services: Services, clock: Clock) -> None:
    """As long as its environment allows; what runs, or asks on production, is not meant."""
    await _place(services, "C0SHORT", queue_timeout_s=60)
    running, waiting = [await _asks(services, channel="C0SHORT") for _ in range(2)]
    await _claims(services, 1)
    clock.advance(59)
    early = await services.queue.expire_due()
    clock.advance(1)

    ended = await services.queue.expire_due()

    expired = await services.history.execution(waiting)
    assert (early, ended, await services.queue.expire_due()) == (0, 1, 0)
    assert expired.status is Status.EXPIRED
    assert expired.error_message == "It waited 1 min in the queue, which is as long as it may."
    assert (await services.history.execution(running)).status is Status.RUNNING


async def test_a_confirmed_run_waits_from_its_confirmation_on(
    services: Services, clock: Clock
) -> None:
    """The time until somebody answered is not the queue's."""
    execution = await services.launcher.launch(
        Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    )
    clock.advance(600)

    execution = await looked_at(services, execution)
    queued = await services.confirmations.confirm(execution.id, BRUNO, execution.plan_hash)

    assert execution.queue_expires_at is None
    assert queued.queue_expires_at == clock() + timedelta(hours=12)


async def test_a_retry_that_rests_keeps_its_records_for_itself(
    services: Services, clock: Clock
) -> None:
    """It may have stopped halfway: who comes later with the same key must not be before it."""
    await _place(services, "C0WIDE", concurrency=9)
    await _job(services, "import", concurrency_key=RECORDS)
    first = await _asks(services, "import", "C0WIDE")
    await _claims(services, 1)
    running = await services.history.execution(first)
    due = clock() + timedelta(minutes=1)
    refused = failed(Category.CONNECTION_ERROR)
    assert await services.records.retry(running, refused, not_before=due)
    second = await _asks(services, "import", "C0WIDE")
    free = await _asks(services, "import", "C0WIDE", **{"practitioner-id": "7"})

    meanwhile = await _claims(services, 9)
    waits = await services.forecasts.of(await services.history.execution(second))
    clock.advance(60)
    then = await _claims(services, 9)

    assert meanwhile == [free]
    assert waits.behind == first
    assert then == [first]
