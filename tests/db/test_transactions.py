"""Transactions: whole or not at all, whoever is cancelled, whatever goes away."""

import asyncio
import random
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from db.database import Database, async_url
from db.migrations import upgrade
from db.model.catalog import SourceDraft
from db.model.errors import Unavailable
from db.repos import Repos
from db.schema import channel_bindings, sources
from tests.db.seeds import world
from tests.support.database import Clock
from tests.support.mariadb import MariaDB

CANCELLED = 300
MARIADB_URL = "mysql+aiomysql://ferry:secret@db/ferry?charset=utf8mb4"


async def test_an_error_rolls_everything_back(database: Database) -> None:
    """What was changed before it is not there afterwards."""

    async def broken() -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name="one"))
            raise KeyError

    with pytest.raises(KeyError):
        await broken()

    assert await _names(database) == []


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

    stored = set(await _names(database)) - {"iclinic"}
    async with database.read() as repos:
        bound = {binding.channel_id for binding in await repos.bindings.all()}
    assert stored == bound
    assert finished <= stored
    assert 20 < len(stored) < 20 + CANCELLED
    assert _in_use(database) == 0
    await asyncio.gather(*(database.ping() for _ in range(30)))


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

    assert await _names(database) == []
    assert _in_use(database) == 0


async def test_more_transactions_than_connections_take_turns(database: Database) -> None:
    """A hundred writers and a hundred readers at once: nobody is refused."""

    async def write(number: int) -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name=f"s{number}"))

    async def read() -> None:
        async with database.read() as repos:
            await repos.sources.all()

    await asyncio.gather(*map(write, range(100)), *(read() for _ in range(100)))

    assert len(await _names(database)) == 100


async def test_a_reader_waits_for_no_writer(database: Database) -> None:
    """In the middle of a transaction others read what was there before."""
    async with database.begin() as writing:
        await writing.sources.add(SourceDraft(name="new"))

        assert await asyncio.wait_for(_names(database), 3) == []

    assert await _names(database) == ["new"]


@pytest.mark.mariadb
async def test_a_stopped_server_is_told_in_words_and_found_again(
    mariadb: MariaDB, clock: Clock
) -> None:
    """Unavailable while it is down, in a transaction too; afterwards everything works."""
    database = Database(mariadb.create("outage"), clock=clock)
    went: list[str] = []

    async def work(repos: Repos) -> None:
        await repos.session.rows(text("SELECT 1"))

    async def cut() -> None:
        async with database.begin() as repos:
            await work(repos)
            await asyncio.to_thread(mariadb.stop)
            await work(repos)

    try:
        for attempt in (cut, database.ping, database.ping):
            with pytest.raises(Unavailable) as told:
                await attempt()
            went.append(f"{told.value.message} {told.value.hint}")
    finally:
        await asyncio.to_thread(mariadb.start)
    await asyncio.gather(*(database.ping() for _ in range(15)))
    await database.close()

    assert set(went) == {
        "Ferry's database does not answer right now; nothing was changed. Try again in a minute."
    }


@pytest.mark.mariadb
async def test_who_falls_asleep_in_a_transaction_lets_go(mariadb: MariaDB, clock: Clock) -> None:
    """A process that is frozen keeps its connection; its locks go to others all the same."""
    url = mariadb.create("asleep")
    await upgrade(url)
    asleep, awake = Database(url, clock=clock), Database(url, clock=clock)
    locked, done = asyncio.Event(), asyncio.Event()

    async def sleep() -> None:
        async with asleep.begin() as repos:
            await repos.turns.take("telling", "asleep", clock())
            locked.set()
            await done.wait()

    async def work() -> bool:
        async with awake.begin() as repos:
            return await repos.turns.take("telling", "awake", clock())

    sleeper = asyncio.create_task(sleep())
    await locked.wait()
    async with asyncio.timeout(40):
        while True:
            with suppress(Unavailable):  # it may wait a moment less than the other may sleep
                taken = await work()
                break
    done.set()
    with pytest.raises(Unavailable):
        await sleeper
    await asleep.close()
    await awake.close()

    assert taken


@pytest.mark.mariadb
async def test_a_server_that_closed_idle_connections_is_not_an_outage(
    mariadb: MariaDB, clock: Clock
) -> None:
    """``wait_timeout`` ends connections in the pool; the next question does not notice."""
    database = Database(mariadb.create("idle"), clock=clock)
    await database.ping()
    ids = "SELECT id FROM information_schema.processlist WHERE user = 'ferry' AND db = 'idle'"
    for (connection,) in await asyncio.to_thread(mariadb.run, ids):
        await asyncio.to_thread(mariadb.run, f"KILL {connection}")

    await database.ping()

    await database.close()


@pytest.mark.mariadb
async def test_a_server_that_hangs_is_given_up_after_the_limit(
    mariadb: MariaDB, clock: Clock
) -> None:
    """Its sockets stay open and nothing answers: no task waits for ever, and it is found again."""
    database = Database(mariadb.create("hangs"), clock=clock, limit_s=0.7)
    await _answers(database)

    async def hang() -> None:
        async with database.begin() as repos:
            mariadb.pause()
            await repos.session.rows(text("SELECT 1"))

    try:
        for attempt in (hang, database.ping):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(attempt(), 10)
    finally:
        mariadb.resume()
    await _answers(database)

    assert _in_use(database) == 0
    await database.close()


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


@pytest.mark.mariadb
async def test_a_lax_server_cuts_nothing(mariadb: MariaDB, clock: Clock) -> None:
    """What does not fit is refused, whatever the server's own mode."""
    url = mariadb.create("lax")
    mariadb.run("CREATE TABLE t (name VARCHAR(3))", database="lax")
    mode = mariadb.run("SELECT @@GLOBAL.sql_mode")[0][0]
    mariadb.run("SET GLOBAL sql_mode = ''")
    database = Database(url, clock=clock)

    async def put() -> None:
        async with database.begin() as repos:
            await repos.session.change(text("INSERT INTO t VALUES ('four')"))

    try:
        with pytest.raises(DBAPIError, match="Data too long"):
            await put()
    finally:
        mariadb.run(f"SET GLOBAL sql_mode = '{mode}'")
        await database.close()


async def test_a_file_that_another_process_locks_is_told_in_words_and_found_again(
    sqlite_url: str, clock: Clock
) -> None:
    """Unavailable while the lock is held, which is soon given up; then everything works."""
    database = Database(sqlite_url, clock=clock, limit_s=0.3)
    other = sqlite3.connect(database.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name="one"))

    with pytest.raises(Unavailable):
        await write()
    other.execute("ROLLBACK")
    other.close()
    await write()

    assert await _names(database) == ["one"]
    await database.close()


async def test_a_file_that_cannot_be_opened_is_told_in_words(tmp_path: Path, clock: Clock) -> None:
    """A folder that is not there is no reason for a traceback."""
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'ferry.db'}", clock=clock)

    with pytest.raises(Unavailable, match="does not answer"):
        await database.ping()

    await database.close()
    for thread in threading.enumerate():  # its own still has something to say to this loop
        if "_connection_worker" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_sqlite_keeps_its_promises(sqlite_url: str, clock: Clock) -> None:
    """WAL and foreign keys on every connection; the log table has no hidden row id."""
    database = Database(sqlite_url, clock=clock)

    async with database.begin(), database.read() as repos:
        found = [
            await repos.session.value(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        ]
        logs = await repos.session.value(
            text("SELECT sql FROM sqlite_master WHERE name = 'migration_logs'")
        )

    assert found == ["wal", 1, 5000, 1]
    assert "WITHOUT ROWID" in logs
    await database.close()


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
    await database.ping()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///ferry.db", "sqlite+aiosqlite:///ferry.db"),
        ("mysql://ferry:secret@db/ferry", MARIADB_URL),
        ("mysql+pymysql://ferry:secret@db/ferry", MARIADB_URL),
        ("mariadb://ferry:secret@db/ferry", MARIADB_URL.replace("mysql+", "mariadb+")),
    ],
)
def test_a_url_gets_the_driver_that_ferry_uses(given: str, meant: str) -> None:
    """Nobody has to know the drivers' names."""
    assert async_url(given).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize(
    "wrong", ["ferry.db", "", "postgresql://db/ferry", "sqlite://", "sqlite:///:memory:"]
)
def test_a_wrong_url_is_refused_with_an_example(wrong: str) -> None:
    """What it was, and what it should look like."""
    with pytest.raises(ValueError, match="sqlite:///"):
        async_url(wrong)


async def _names(database: Database) -> list[str]:
    async with database.read() as repos:
        names = [source.name for source in await repos.sources.all()]
        assert len(names) == await repos.session.value(select(func.count()).select_from(sources))
        assert await repos.session.value(select(func.count()).select_from(channel_bindings)) >= 0
    return names


async def _answers(database: Database) -> None:
    """Wait until the database answers, on a slow machine too."""
    for _ in range(20):
        with suppress(Unavailable):
            return await database.ping()
    raise TimeoutError


def _in_use(database: Database) -> int:
    pool = database._engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()
