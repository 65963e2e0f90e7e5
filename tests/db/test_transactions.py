"""Transactions: whole or not at all, whoever is cancelled, whatever goes away."""

import asyncio
import random
import time

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from db.database import Database
from db.model.catalog import SourceDraft
from db.model.errors import Unavailable
from tests.db.seeds import in_use, names_of, world
from tests.support.database import Clock, ping
from tests.support.mariadb import MariaDB

CANCELLED = 300


async def test_an_error_rolls_everything_back(database: Database) -> None:
    """What was changed before it is not there afterwards."""

    async def broken() -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name="one"))
            raise KeyError

    with pytest.raises(KeyError):
        await broken()

    assert await names_of(database) == []


@pytest.mark.parametrize("error", [FileNotFoundError, TimeoutError])
async def test_errors_of_the_callers_own_are_not_an_outage(
    database: Database, error: type[OSError]
) -> None:
    """A missing file within a transaction is told as a missing file."""

    async def broken() -> None:
        async with database.begin():
            raise error

    with pytest.raises(error):
        await broken()


@pytest.mark.parametrize("wrong", ["SELECT nowhere FROM environments", "SELEKT 1"])
async def test_wrong_sql_is_a_bug_and_not_an_outage(database: Database, wrong: str) -> None:
    """Both drivers raise OperationalError for it; "try again in a minute" would be a lie."""

    async def ask() -> None:
        async with database.read() as repos:
            await repos.session.rows(text(wrong))

    with pytest.raises(DBAPIError):
        await ask()


async def test_three_hundred_cancelled_tasks_leave_pool_and_data_intact(
    database: Database,
) -> None:
    """Each transaction is there wholly or not at all, and every connection is back and usable."""
    place = await world(database)
    chance = random.Random(7)  # noqa: S311 - the same moments in every run
    finished: set[str] = set()

    async def work(name: str) -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name=name))
            await repos.bindings.put(name, place.environment.id, "U1")
        finished.add(name)

    async def disturbed(name: str, longest_s: float) -> None:
        task = asyncio.create_task(work(name))
        for _ in range(chance.choice([1, 1, 2])):  # some are cancelled twice
            await asyncio.wait([task], timeout=chance.uniform(0, longest_s))
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    began = time.perf_counter()
    await asyncio.gather(*(work(f"u{number}") for number in range(20)))
    longest_s = time.perf_counter() - began
    for start in range(0, CANCELLED, 20):
        batch = range(start, start + 20)
        await asyncio.gather(*(disturbed(f"s{number:03}", longest_s) for number in batch))

    stored = set(await names_of(database)) - {"iclinic"}
    async with database.read() as repos:
        bound = {binding.channel_id for binding in await repos.bindings.all()}
    assert stored == bound
    assert finished <= stored
    assert 20 < len(stored) < 20 + CANCELLED
    assert in_use(database) == 0
    await asyncio.gather(*(ping(database) for _ in range(30)))


async def test_a_cancel_waits_for_the_statement_and_undoes_it(database: Database) -> None:
    """Cancelled twice in mid-statement: both wait, the row is gone, the connection is back."""
    began = asyncio.Event()

    async def work() -> None:
        async with database.begin() as repos:
            began.set()
            await repos.sources.add(SourceDraft(name="never"))
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert await names_of(database) == []
    assert in_use(database) == 0


async def test_more_transactions_than_connections_take_turns(database: Database) -> None:
    """A hundred writers and a hundred readers at once: nobody is refused."""

    async def write(number: int) -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name=f"s{number}"))

    async def read() -> None:
        async with database.read() as repos:
            await repos.sources.all()

    await asyncio.gather(*map(write, range(100)), *(read() for _ in range(100)))

    assert len(await names_of(database)) == 100


async def test_a_reader_waits_for_no_writer(database: Database) -> None:
    """In the middle of a transaction others read what was there before."""
    async with database.begin() as writing:
        await writing.sources.add(SourceDraft(name="new"))

        assert await asyncio.wait_for(names_of(database), 3) == []

    assert await names_of(database) == ["new"]


@pytest.mark.mariadb
async def test_a_deadlock_is_rolled_back_and_told_as_unavailable(
    mariadb: MariaDB, clock: Clock
) -> None:
    """The server chooses one of two; that one may try again."""
    url = mariadb.create("deadlock")
    mariadb.run("CREATE TABLE t (id INT PRIMARY KEY, n INT)", database="deadlock")
    mariadb.run("INSERT INTO t VALUES (1, 0), (2, 0)", database="deadlock")
    database = Database(url, clock=clock)
    add = text("UPDATE t SET n = n + 1 WHERE id = :id")
    both = asyncio.Barrier(2)

    async def work(first: int, second: int) -> None:
        async with database.begin() as repos:
            await repos.session.change(add.bindparams(id=first))
            await both.wait()
            await repos.session.change(add.bindparams(id=second))

    ends = await asyncio.gather(work(1, 2), work(2, 1), return_exceptions=True)
    rows = mariadb.run("SELECT n FROM t ORDER BY id", database="deadlock")
    await database.close()

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Unavailable"]
    assert rows == [(1,), (1,)]


async def test_a_commit_that_gets_no_answer_says_that_it_is_not_known(
    database: Database,
) -> None:
    """To say that nothing was changed would be a guess."""

    def lost(_connection: object) -> None:
        raise ConnectionResetError

    event.listen(database._engine.sync_engine, "commit", lost)

    async def work() -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name="one"))

    with pytest.raises(Unavailable, match="may be stored or not"):
        await work()

    event.remove(database._engine.sync_engine, "commit", lost)
    await ping(database)
