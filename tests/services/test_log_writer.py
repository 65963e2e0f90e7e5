"""Group commit: nothing lost, nothing doubled, nobody's lines without their offset."""

import asyncio
import itertools
from datetime import timedelta

import pytest
from sqlalchemy import event

from db.database import Database
from db.migrations import upgrade
from db.model.errors import LeaseLost
from db.model.execution import Execution
from db.repos.log_lines import REFUSED, ROWS_A_STATEMENT
from db.session import Taken
from executor.services import Ground
from executor.services.log_writer import _MOST_A_RUN, _MOST_IN_ALL, Lane, LogWriter
from tests.support.database import Clock
from tests.support.log_writing import batch, numbered, running, statements, stored
from tests.support.loops import at_work
from tests.support.mariadb import MariaDB
from tests.support.proxy import Proxy
from tests.support.remote import eventually
from tests.support.waiting import until

LEASE = timedelta(seconds=15)
MANY = max(ROWS_A_STATEMENT.values()) + 500


@pytest.fixture
def writer(database: Database, clock: Clock) -> LogWriter:
    """Give a writer that is not at work yet: what is handed over till then is one commit."""
    return LogWriter(Ground(db=database, clock=clock))


async def test_lines_offset_and_progress_are_stored_together(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """In order, over several batches, larger than a statement."""
    (execution,) = await running(database, clock)
    lane = writer.lane()

    async with at_work(writer):
        for first in (1, MANY + 1):
            await lane.write(batch(execution, first, numbered(first, MANY), clock))
        await lane.flush()

    async with database.read() as repos:
        seen = await repos.executions.get(execution.id)
    assert await stored(database, execution) == numbered(1, 2 * MANY)
    assert seen is not None
    assert seen.progress is not None
    assert (seen.lines, seen.warnings, seen.progress.words) == (2 * MANY, 1, "importing")


async def test_two_hundred_runs_are_a_handful_of_statements(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """One for all offsets, one for all lines: what they wrote, twice each, is one commit."""
    executions = await running(database, clock, 200)
    lanes = [(execution, writer.lane()) for execution in executions]
    for first in (1, 3):
        for execution, lane in lanes:
            await lane.write(batch(execution, first, numbered(first, 2), clock))

    with statements(database) as seen:
        async with at_work(writer):
            for _, lane in lanes:
                await lane.flush()

    for execution in executions:
        assert await stored(database, execution) == numbered(1, 4)
    seen.pop("BEGIN", None)
    assert seen == {"UPDATE": 1, "INSERT": 1, "COMMIT": 1}


async def test_what_is_read_when_a_commit_is_due_goes_along(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """Readers wait until then; what all of them hand over is one commit, not the one after it."""
    first, *others = [(each, writer.lane()) for each in await running(database, clock, 20)]
    writer._interval_s = 2

    async def read(execution: Execution, lane: Lane, turn: asyncio.Event) -> None:
        await turn.wait()
        await lane.write(batch(execution, 1, numbered(1, 2), clock))
        await lane.flush()

    async with at_work(writer):
        await first[1].write(batch(first[0], 1, numbered(1, 2), clock))
        await first[1].flush()  # the next one is due two seconds after this one
        with statements(database) as seen:
            async with asyncio.timeout(3.5), asyncio.TaskGroup() as readers:
                turns = [asyncio.Event() for _ in others]
                for (execution, lane), turn in zip(others, turns, strict=True):
                    readers.create_task(read(execution, lane, turn))
                    writer.before_commit(turn.set)
                await asyncio.sleep(0.5)
                woken_early = [turn for turn in turns if turn.is_set()]

    assert not woken_early
    for execution, _ in others:
        assert await stored(database, execution) == numbered(1, 2)
    seen.pop("BEGIN", None)
    assert seen == {"UPDATE": 1, "INSERT": 1, "COMMIT": 1}


async def test_flush_does_not_wait_for_the_next_commit(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """Who flushes has nothing to add."""
    (execution,) = await running(database, clock)
    lane = writer.lane()
    writer._interval_s = 60

    async with asyncio.timeout(10), at_work(writer):
        for first in (1, 3):
            await lane.write(batch(execution, first, numbered(first, 2), clock))
            await lane.flush()

    assert await stored(database, execution) == numbered(1, 4)


async def test_one_of_many_that_lost_its_lease_writes_nothing(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """Neither lines nor offset, also later; the others are in the same commit, unharmed."""
    mine = await running(database, clock, 5)
    lost = mine[2]
    async with database.begin() as repos:
        clock.advance(LEASE.total_seconds())
        assert await repos.leases.take_over(lost, "w2", clock() + LEASE)
        theirs = await repos.executions.get(lost.id)
    assert theirs is not None
    lanes = [(execution, writer.lane()) for execution in (*mine, theirs)]
    for execution, lane in lanes:
        await lane.write(batch(execution, 1, numbered(1, 3), clock))

    with statements(database) as seen:
        async with at_work(writer):
            ends = await asyncio.gather(
                *(lane.flush() for _, lane in lanes), return_exceptions=True
            )

    assert [type(end) for end in ends if end is not None] == [LeaseLost]
    assert ends.index(None) == 0
    assert isinstance(ends[2], LeaseLost)
    with pytest.raises(LeaseLost):
        await lanes[2][1].write(batch(lost, 4, numbered(4, 1), clock))
    for execution in mine:
        assert await stored(database, execution) == numbered(1, 3)
    assert seen["COMMIT"] == 1


async def test_what_follows_a_batch_that_cannot_be_stored_is_not_stored(
    database: Database, writer: LogWriter, clock: Clock
) -> None:
    """Its numbers are taken, so it is refused for good; a hole would be worse than an end."""
    bad, good = await running(database, clock, 2)
    async with at_work(writer):
        lane = writer.lane()
        await lane.write(batch(bad, 1, numbered(1, 5), clock))
        await lane.flush()
    again, other = writer.lane(), writer.lane()
    await again.write(batch(bad, 5, numbered(5, 1), clock))
    await other.write(batch(good, 1, numbered(1, 2), clock))
    await again.write(batch(bad, 6, numbered(6, 3), clock))
    await other.write(batch(good, 3, numbered(3, 2), clock))

    async with at_work(writer):
        await other.flush()
        with pytest.raises(Taken):
            await again.flush()

    assert await stored(database, bad) == numbered(1, 5)
    assert await stored(database, good) == numbered(1, 4)


@pytest.mark.parametrize("code", [0xD800, 0xDCFF])  # cannot be sent; is refused
async def test_a_line_that_the_database_refuses_is_stored_escaped(
    database: Database, writer: LogWriter, clock: Clock, code: int
) -> None:
    """It says so; numbers, neighbours and other runs are as they would be without it."""
    bad, good = await running(database, clock, 2)
    texts = numbered(1, 300)
    texts[123] = f"é{chr(code)}\n"
    lanes = [writer.lane(), writer.lane()]
    await lanes[0].write(batch(bad, 1, texts, clock))
    await lanes[1].write(batch(good, 1, numbered(1, 2), clock))
    await lanes[0].write(batch(bad, 301, numbered(301, 2), clock))

    async with at_work(writer):
        for lane in lanes:
            await lane.flush()

    escaped = f"\\xe9\\u{code:x}\\n{REFUSED}"
    expected = [*numbered(1, 123), escaped, *numbered(125, 178)]
    assert await stored(database, bad) == expected
    assert await stored(database, good) == numbered(1, 2)


async def test_what_waits_is_bounded(database: Database, writer: LogWriter, clock: Clock) -> None:
    """For a run, and in all: a slow database slows the scripts down instead of filling memory."""
    text = ["x" * 4096] * 64
    executions = await running(database, clock, 20)
    lanes = [writer.lane() for _ in executions]
    step = batch(executions[0], 1, text, clock).weight

    async def flood(lane: Lane, number: int) -> None:
        first = 1
        while True:
            await lane.write(batch(executions[number], first, text, clock))
            first += len(text)

    floods = [asyncio.create_task(flood(lane, number)) for number, lane in enumerate(lanes)]
    waiting = -1
    while waiting != sum(lane.weight for lane in lanes):
        waiting = sum(lane.weight for lane in lanes)
        for _ in range(5):
            await asyncio.sleep(0)
    async with at_work(writer):
        await until(lambda: lanes[0].weight < _MOST_A_RUN - step, "it goes on")
    for task in floods:
        task.cancel()
    await asyncio.gather(*floods, return_exceptions=True)

    assert max(lane.weight for lane in lanes) <= _MOST_A_RUN
    assert _MOST_IN_ALL <= waiting <= _MOST_IN_ALL + len(lanes) * step


@pytest.mark.mariadb
async def test_nothing_is_lost_or_doubled_while_the_database_is_away(
    mariadb: MariaDB, clock: Clock
) -> None:
    """Stopped while runs write; they wait, and go on."""
    url = mariadb.create("ferry_writer")
    await upgrade(url)
    database = Database(url, clock=clock)
    writer = LogWriter(Ground(db=database, clock=clock))
    executions = await running(database, clock, 5)
    lanes = [writer.lane() for _ in executions]
    handed = asyncio.Semaphore(0)

    async def write(lane: Lane, execution: Execution) -> None:
        for first in range(1, 3001, 30):
            await lane.write(batch(execution, first, numbered(first, 30), clock))
            handed.release()
            await asyncio.sleep(0.002)
        await lane.flush()

    async with at_work(writer):
        work = [asyncio.create_task(write(*each)) for each in zip(lanes, executions, strict=True)]
        for _ in range(2):
            for _ in range(100):
                await handed.acquire()
            mariadb.stop()
            assert any(lane.weight for lane in lanes)
            mariadb.start()
        await asyncio.gather(*work)

    for execution in executions:
        assert await stored(database, execution) == numbered(1, 3000)
    await database.close()


@pytest.mark.mariadb
@pytest.mark.parametrize("stumbles", [0, 1, 2])
async def test_a_commit_whose_answer_was_lost_is_looked_for(
    mariadb: MariaDB, clock: Clock, stumbles: int
) -> None:
    """It was stored: to store it again would double it, to give it up would lose what follows.

    Also when its driver stumbles over what the outage left behind while it looks.
    """
    url = mariadb.create(f"ferry_answer_{stumbles}")
    await upgrade(url)
    direct = Database(url, clock=clock)
    (execution,) = await running(direct, clock)
    async with Proxy(mariadb.port) as proxy:
        through = url.replace(str(mariadb.port), str(proxy.port))
        database = Database(through, clock=clock, limit_s=1.0)
        writer = LogWriter(Ground(db=database, clock=clock))
        lane = writer.lane()

        def mute(_connection: object) -> None:
            proxy.mute_after = 0  # the COMMIT arrives, its answer does not

        looks = itertools.count()

        def stumble(_connection: object, _cursor: object, sql: str, *_: object) -> None:
            if sql.startswith("SELECT") and "last_line" in sql and next(looks) < stumbles:
                raise RuntimeError("read() called while another coroutine is waiting")

        event.listen(database._engine.sync_engine, "before_cursor_execute", stumble)
        event.listen(database._engine.sync_engine, "commit", mute)
        await lane.write(batch(execution, 1, numbered(1, 5), clock))
        await lane.write(batch(execution, 6, numbered(6, 5), clock))
        async with at_work(writer):
            await eventually(lambda: stored(direct, execution), lambda lines: len(lines) == 10)
            event.remove(database._engine.sync_engine, "commit", mute)
            still_waiting = lane.weight
            proxy.mute_after = None
            proxy.cut()
            await lane.write(batch(execution, 11, numbered(11, 5), clock))
            await lane.flush()
        await database.close()

    assert still_waiting
    assert next(looks) > stumbles
    assert await stored(direct, execution) == numbered(1, 15)
    await direct.close()
