"""How a database is named, and what each connection to it promises."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.database import Database, async_url
from tests.support.database import Clock
from tests.support.mariadb import MariaDB

MARIADB_URL = "mysql+aiomysql://ferry:secret@db/ferry?charset=utf8mb4"


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


async def test_sqlite_keeps_its_promises(sqlite_url: str, clock: Clock) -> None:
    """WAL, foreign keys, commits that outlive a power cut; the log table has no hidden row id."""
    database = Database(sqlite_url, clock=clock)

    async with database.begin(), database.read() as repos:
        found = [
            await repos.session.value(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        ]
        logs = await repos.session.value(
            text("SELECT sql FROM sqlite_master WHERE name = 'migration_logs'")
        )

    assert found == ["wal", 1, 5000, 2]
    assert "WITHOUT ROWID" in logs
    await database.close()


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
