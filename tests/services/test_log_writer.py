"""Group commit: nothing lost, nothing doubled, nobody's lines without their offset."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from db.model.errors import LeaseLost
from db.model.execution import Execution, Level, LogLine, Stream
from executor.services import Ask, Ground, Services
from executor.services.log_writer import Batch, LogWriter, _not_stored
from tests.support.database import Clock
from tests.support.world import BRUNO, GOOD, STAGING

LEASE = timedelta(seconds=15)


@pytest.fixture
async def writer(ground: Ground) -> AsyncIterator[LogWriter]:
    """Give a writer that is at work."""
    made = LogWriter(ground)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def running(services: Services) -> Execution:
    """Give an execution that a worker owns."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    await services.launcher.launch(ask)
    execution = await services.queue.claim_next("w1", LEASE)
    assert execution is not None
    return execution


def _batch(execution: Execution, clock: Clock, first: int, count: int) -> Batch:
    lines = [
        LogLine(execution.id, 1, n, Stream.OUT, Level.INFO, clock(), f"line {n} é 🙂")
        for n in range(first, first + count)
    ]
    last = first + count - 1
    return Batch(
        lines=lines,
        execution_id=execution.id,
        attempt=1,
        fence=execution.fence,
        out_offset=last * 10,
        err_offset=0,
        last_line=last,
        warnings=1,
        progress_done=float(last),
        progress_total=9000.0,
        progress_words="importing",
        result={"imported": str(last)},
    )


async def test_lines_offset_and_progress_are_stored_together(
    services: Services, writer: LogWriter, running: Execution, clock: Clock
) -> None:
    """In order, over several batches, larger than a statement."""
    for first in (1, 2501):
        await writer.write(_batch(running, clock, first, 2500))

    brief = await services.queue.brief(running)
    seen = await services.history.execution(running.id)
    text = "".join([part async for part in services.history.log_text(running.id)])
    assert (brief.attempt.out_offset, brief.attempt.last_line) == (50000, 5000)
    assert seen.progress is not None
    assert (seen.lines, seen.progress.words) == (5000, "importing")
    assert text.count("\n") == 5000
    assert text.splitlines()[4999].endswith("out  line 5000 é 🙂")


async def test_a_worker_that_lost_its_lease_writes_nothing(
    services: Services, writer: LogWriter, running: Execution, clock: Clock
) -> None:
    """Neither lines nor offset; others in the same commit are not harmed."""
    clock.advance(16)
    taken = await services.queue.take_over("w2", LEASE)
    assert taken is not None

    old, new = await asyncio.gather(
        writer.write(_batch(running, clock, 1, 3)),
        writer.write(_batch(taken, clock, 1, 2)),
        return_exceptions=True,
    )

    assert isinstance(old, LeaseLost)
    assert new is None
    assert len(await services.history.tail(running.id, 10)) == 2


async def test_a_write_that_was_committed_but_not_answered_is_not_repeated(
    services: Services, writer: LogWriter, running: Execution, clock: Clock
) -> None:
    """The same batch again is refused by its numbers, and nothing changes."""
    batch = _batch(running, clock, 1, 5)
    await writer.write(batch)

    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await writer.write(batch)

    assert len(await services.history.tail(running.id, 10)) == 5


async def test_after_an_outage_a_note_is_not_taken_for_stored(
    ground: Ground, writer: LogWriter, running: Execution, clock: Clock
) -> None:
    """It moves no offset: only its number tells whether it is there."""
    stored = _batch(running, clock, 1, 5)
    await writer.write(stored)
    note = replace(stored, lines=[], last_line=6)

    async with ground.db.read() as repos:
        todo = await _not_stored(repos, [stored, note])

    assert todo == [note]
