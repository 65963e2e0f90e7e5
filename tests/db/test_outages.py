"""The server stops, hangs or hangs up, the file is locked: told in words, and found again."""

import asyncio
import sqlite3
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.database import Database
from db.migrations import upgrade
from db.model.catalog import SourceDraft
from db.model.errors import Unavailable
from db.repos import Repos
from tests.db.seeds import in_use, names_of
from tests.support.database import Clock, ping
from tests.support.mariadb import MariaDB


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
        for attempt in (cut, partial(ping, database), partial(ping, database)):
            with pytest.raises(Unavailable) as told:
                await attempt()
            went.append(f"{told.value.message} {told.value.hint}")
    finally:
        await asyncio.to_thread(mariadb.start)
    await asyncio.gather(*(ping(database) for _ in range(15)))
    await database.close()

    assert set(went) == {
        "Ferry's database does not answer right now; nothing was changed. Try again in a minute."
    }


@pytest.mark.mariadb
@pytest.mark.parametrize(
    "code", [1, 3, 5, 20, 23, 1021, 1026, 1030, 1037, 1038, 1047, 1135, 1180, 1206, 1598]
)
async def test_a_server_short_of_something_is_away_and_no_bug_of_ours(
    mariadb: MariaDB, clock: Clock, code: int
) -> None:
    """Disk, memory, threads, locks, its cluster: trying again helps once it has them."""
    database = Database(mariadb.create("short"), clock=clock)

    with pytest.raises(Unavailable, match="nothing was changed"):
        await _signal(database, code)

    await database.close()


@pytest.mark.mariadb
async def test_any_other_error_is_a_bug_and_shows_as_one(mariadb: MariaDB, clock: Clock) -> None:
    """A table that is not there never comes by itself."""
    database = Database(mariadb.create("bug"), clock=clock)

    with pytest.raises(DBAPIError, match="1146"):
        await _signal(database, 1146)

    await database.close()


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
    await ping(database)
    ids = "SELECT id FROM information_schema.processlist WHERE user = 'ferry' AND db = 'idle'"
    for (connection,) in await asyncio.to_thread(mariadb.run, ids):
        await asyncio.to_thread(mariadb.run, f"KILL {connection}")

    await ping(database)

    await database.close()


@pytest.mark.mariadb
async def test_a_server_that_became_read_only_is_left(mariadb: MariaDB, clock: Clock) -> None:
    """After a failover it still answers: no connection to it is used again, idle ones neither."""
    await upgrade(mariadb.create("left"))
    database = Database(mariadb.url_of_plain_user("left"), clock=clock)
    before = await _two(database)

    async def write(name: str) -> None:
        async with database.begin() as repos:
            await repos.sources.add(SourceDraft(name=name))

    try:
        await asyncio.to_thread(mariadb.run, "SET GLOBAL read_only = 1")
        with pytest.raises(Unavailable, match="nothing was changed"):
            await write("refused")
    finally:
        await asyncio.to_thread(mariadb.run, "SET GLOBAL read_only = 0")
    after = await _two(database)
    await write("one")

    assert len(before) == len(after) == 2
    assert before.isdisjoint(after)
    assert await names_of(database) == ["one"]
    assert in_use(database) == 0
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
        for attempt in (hang, partial(ping, database)):
            with pytest.raises(Unavailable):
                await asyncio.wait_for(attempt(), 10)
    finally:
        mariadb.resume()
    await _answers(database)

    assert in_use(database) == 0
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

    assert await names_of(database) == ["one"]
    await database.close()


async def test_a_file_that_cannot_be_opened_is_told_in_words(tmp_path: Path, clock: Clock) -> None:
    """A folder that is not there is no reason for a traceback."""
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'ferry.db'}", clock=clock)

    with pytest.raises(Unavailable, match="does not answer"):
        await ping(database)

    await database.close()
    for thread in threading.enumerate():  # its own still has something to say to this loop
        if "_connection_worker" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def _two(database: Database) -> set[int]:
    """Return the numbers of two connections at once, as the server counts them."""
    number = text("SELECT CONNECTION_ID()")
    async with database.read() as one, database.read() as two:
        return {await one.session.value(number), await two.session.value(number)}


async def _signal(database: Database, code: int) -> None:
    """Have the server answer with the error of that number."""
    async with database.begin() as repos:
        await repos.session.rows(text(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}"))


async def _answers(database: Database) -> None:
    """Wait until the database answers, on a slow machine too."""
    for _ in range(20):
        with suppress(Unavailable):
            return await ping(database)
    raise TimeoutError
