"""When what waits will start and what runs will end, as far as that can be known."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from db.model.catalog import JobDraft
from db.model.execution import Execution, Status
from executor.rules.outcomes import Outcome
from executor.services import Ask, Ground, Services
from tests.support.database import Clock
from tests.support.log_writing import batch
from tests.support.world import ANA, BRUNO, SPECS, STAGING, another, environment

LEASE = timedelta(hours=20)
WIDE = "C0WIDE"
DONE = Outcome(status=Status.SUCCEEDED)


async def _asks(services: Services, job: str = "import-patients", channel: str = STAGING) -> int:
    ask = Ask(job=job, channel_id=channel, by=BRUNO, values=another())
    return (await services.launcher.launch(ask)).id


async def test_forecast_tells_place_start_and_length(services: Services, clock: Clock) -> None:
    """From the median of past runs: what runs has 60 s left, one before it takes 100 s."""
    await _lasted(services, clock, [100.0] * 3)
    _, second, third = [await _asks(services) for _ in range(3)]
    await services.queue.claim_next("w1", LEASE)
    clock.advance(40)

    told = [
        await services.forecasts.of(await services.history.execution(number))
        for number in (second, third)
    ]

    assert [(one.position, one.starts_in_s) for one in told] == [(1, 60.0), (2, 160.0)]
    assert all(one.estimate and one.estimate.median_s == 100.0 for one in told)


async def test_own_progress_tells_the_same_on_its_card_and_to_who_waits(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """A quarter after 30 s: 90 s are left, whatever past runs took. Silence makes it no longer."""
    await _lasted(services, clock, [10.0] * 3)
    first, second = [await _asks(services) for _ in range(2)]
    await _begins(services, clock, after=5)
    await _says(ground, await services.history.execution(first), 2250, clock, after=30)

    told = [await _both(services, clock, first, second)]
    clock.advance(40)
    told.append(await _both(services, clock, first, second))
    clock.advance(60)
    told.append(await _both(services, clock, first, second))

    assert told == [(90.0, 90.0), (50.0, 50.0), (-10.0, None)]


async def test_nobody_knows_when_that_ends_which_is_stopped_or_out_of_reach(
    services: Services, clock: Clock
) -> None:
    """So nobody knows when the next one starts."""
    await _lasted(services, clock, [100.0] * 3)
    first, second = [await _asks(services) for _ in range(2)]
    await _begins(services, clock, after=5)
    own = await services.history.execution(first)

    await services.records.reconnecting(own, lost=True)
    away = await _both(services, clock, first, second)
    await services.records.reconnecting(own, lost=False)
    back = await _both(services, clock, first, second)
    await services.controls.cancel(first, ANA)

    assert (away, back) == ((None, None), (95.0, 95.0))
    assert await _both(services, clock, first, second) == (None, None)


async def test_who_waits_for_a_key_is_told_when_its_holder_ends(
    services: Services, clock: Clock
) -> None:
    """Also where there is room for both."""
    await services.catalog.create_environment(environment("wide", concurrency=9), ANA)
    await services.bindings.bind(WIDE, "wide", ANA)
    source = await services.catalog.source("iclinic")
    keyed: dict[str, Any] = {
        "script": "~/x.js",
        "parameters": SPECS,
        "concurrency_key": "{sistema}",
    }
    await services.catalog.create_job(JobDraft(name="keyed", source_id=source.id, **keyed), ANA)
    await _lasted(services, clock, [100.0], "keyed", WIDE)
    first, second = [await _asks(services, "keyed", WIDE) for _ in range(2)]
    await _begins(services, clock, after=0)
    clock.advance(30)

    waits = await services.forecasts.of(await services.history.execution(second))

    assert (waits.behind, waits.behind_ends_in_s, waits.running) == (first, 70.0, (first,))


async def _begins(services: Services, clock: Clock, *, after: float) -> None:
    """Let the next one in the line start, and its script *after* that."""
    own = await services.queue.claim_next("w1", LEASE)
    assert own is not None
    clock.advance(after)
    await services.records.started(own)


async def _says(
    ground: Ground, execution: Execution, done: int, clock: Clock, *, after: float
) -> None:
    """Let it be *done* of 9000 *after* some seconds."""
    clock.advance(after)
    async with ground.db.begin() as repos:
        await repos.attempts.advance([batch(execution, done, ["done"], clock).mark()])


async def _both(
    services: Services, clock: Clock, first: int, second: int
) -> tuple[float | None, float | None]:
    """Return the seconds that the first still takes, and until the second starts."""
    usual = (await services.forecasts.of(await services.history.execution(first))).estimate
    waits = await services.forecasts.of(await services.history.execution(second))
    left = (usual.ends_at - clock()).total_seconds() if usual and usual.ends_at else None
    return left, waits.starts_in_s


async def test_without_past_runs_nobody_knows_when_it_starts(services: Services) -> None:
    """But its place is known, and that it starts at once where there is room."""
    at_once = await services.forecasts.of(await services.history.execution(await _asks(services)))
    await services.queue.claim_next("w1", LEASE)
    waits = await services.forecasts.of(await services.history.execution(await _asks(services)))

    assert (at_once.position, at_once.starts_in_s) == (1, 0.0)
    assert (waits.position, waits.starts_in_s, waits.estimate) == (1, None, None)


async def _lasted(services: Services, clock: Clock, seconds: Sequence[float], *where: str) -> None:
    for each in seconds:
        number = await _asks(services, *where)
        await services.queue.claim_next("w1", LEASE)
        clock.advance(each)
        await services.records.finish(await services.history.execution(number), DONE)


async def test_forecasts_of_many_ask_once_what_they_have_in_common(
    services: Services, ground: Ground
) -> None:
    """How their environment stands, and how long their job takes; and say what each alone says."""
    numbers = [await _asks(services) for _ in range(4)]
    waiting = [await services.history.execution(number) for number in numbers]
    alone = {one.id: await services.forecasts.of(one) for one in waiting}
    statements: list[str] = []

    @event.listens_for(ground.db._engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    together = await services.forecasts.of_all(waiting)
    of_all = list(statements)
    await services.forecasts.line(None, 10)
    event.remove(ground.db._engine.sync_engine, "before_cursor_execute", note)

    assert together == alone
    assert [one.position for one in together.values()] == [1, 2, 3, 4]
    for asked in (of_all, statements[len(of_all) :]):
        for words in ("FROM environment_locks", "FROM freeze_windows", ".finished_at \nFROM"):
            assert sum(words in statement for statement in asked) == 1, words
