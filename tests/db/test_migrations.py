"""The way from one schema to the next, on both databases."""

import asyncio
import sqlite3
import stat
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Index, column, insert, table, text

from db.database import Database, async_url
from db.migrations import check, upgrade
from db.migrations.runner import _config
from db.model.catalog import RetryPolicy, SilenceAction, SourceDraft
from db.model.errors import Unavailable
from db.schema import executions, sources
from tests.db.seeds import PLAN, asked, world
from tests.support.database import BOTH
from tests.support.mariadb import MariaDB, free_port

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.create("ferry_empty")


def test_the_migrations_make_the_schema(empty_url: str) -> None:
    """What ``alembic check`` says: nothing is left to migrate."""
    check(empty_url)


def test_a_column_without_a_migration_is_found(database_url: str) -> None:
    """The check is not blind: it names the table that differs."""
    extra = Index("ix_migration_sources_created_at", sources.c.created_at)
    try:
        with pytest.raises(CommandError, match="ix_migration_sources_created_at"):
            check(database_url)
    finally:
        sources.indexes.remove(extra)


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    """Every start of the bot does it."""
    await upgrade(database_url)
    await upgrade(database_url)


async def test_two_who_migrate_at_once_wait_for_each_other(empty_url: str) -> None:
    """Two bots that start in the same second on an empty database both find it migrated."""
    program = (
        "import asyncio, sys; from db.migrations import upgrade;asyncio.run(upgrade(sys.argv[1]))"
    )

    async def bot() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_url, stderr=asyncio.subprocess.PIPE, cwd=ROOT
        )
        _, errors = await process.communicate()
        return process.returncode, errors.decode()

    ends = await asyncio.gather(bot(), bot())

    assert list(ends) == [(0, ""), (0, "")]


_OLD_ROWS = """\
INSERT INTO environments (id, name, kind, ssh_host, ssh_port, ssh_user, proxy_jump_host_key,
  host_key, timeout_s, grace_s, concurrency, confirmation, is_active, created_at, updated_at)
VALUES (1, 'old', 'staging', 'h', 22, 'u', '', '', 600, 5, 1, 'none', 1, :now, :now);
INSERT INTO migration_sources (id, name, description, defaults, is_active, created_at, updated_at)
VALUES (1, 'iclinic', '', '{}', 1, :now, :now);
INSERT INTO migration_jobs (id, source_id, name, version, created_by, is_active, created_at,
  updated_at) VALUES (1, 1, 'import', 1, 'U1', 1, :now, :now);
INSERT INTO migration_job_versions (job_id, version, script, description, parameters, edited_by,
  created_at) VALUES (1, 1, '~/x.js', '', '[]', 'U1', :now)"""


async def test_what_was_defined_before_there_were_timers_and_retries_goes_on_as_it_did(
    empty_url: str,
) -> None:
    """No retry, no silence; only a wait in the queue ends after half a day."""
    await asyncio.to_thread(command.upgrade, _config(empty_url), "0001")
    database = Database(empty_url, clock=lambda: NOW)
    async with database.begin() as repos:
        for row in _OLD_ROWS.split(";"):
            await repos.session.change(text(row).bindparams(now=NOW.replace(tzinfo=None)))

    await upgrade(empty_url)

    async with database.read() as repos:
        environment, job = await repos.environments.get(1), await repos.jobs.get(1, 1)
    await database.close()
    assert (environment.queue_timeout_s, environment.connect_timeout_s) == (43_200, None)
    assert (job.retry, job.silence_s, job.silence_action) == (
        RetryPolicy(),
        None,
        SilenceAction.WARN,
    )
    assert (job.concurrency, job.concurrency_key) == (None, "")


_PARAMETERS = """\
INSERT INTO execution_parameters (execution_id, name, value, digest) VALUES
  (1, 'number', '44320', ''), (1, 'note', :long, ''), (1, 'patient', '4•••20', :digest)"""


async def test_runs_from_before_are_found_by_their_values(empty_url: str) -> None:
    """Open ones, long ones and personal ones, in their environment and in all."""
    await asyncio.to_thread(command.upgrade, _config(empty_url), "0005")
    long, digest = "é" * 150, "d1" * 32
    database = Database(empty_url, clock=lambda: NOW)
    place = await world(database)
    new = asked(place) | {"id": 1, "plan": asdict(PLAN), "created_at": NOW, "updated_at": NOW}
    new |= dict.fromkeys(("error_message", "error_hint", "receipt"), "")
    new |= {"result": {}, "untold": False}
    columns = [column(name, executions.c[name].type) for name in new]
    then = table(executions.name, *columns)  # without those that came later
    async with database.begin() as repos:
        await repos.session.change(insert(then).values(new))
        await repos.session.change(text(_PARAMETERS).bindparams(long=long, digest=digest))

    await upgrade(empty_url)

    async with database.read() as repos:
        for name, value, digests in (
            ("number", "44320", ()),
            ("note", long, ()),
            ("patient", "4432071", (digest,)),
        ):
            for environment_id in (None, place.environment.id):
                found = await repos.values.had(
                    name, [value], digests, environment_id=environment_id, before=None, limit=9
                )
                assert [one.id for one in found] == [1], (name, environment_id)
    await database.close()


async def test_a_migration_that_fails_leaves_nothing_half_done_on_sqlite(tmp_path: Path) -> None:
    """A table in the way: the tables that were made before it are gone again."""
    path = tmp_path / "ferry.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE card_posts (id INTEGER)")
    connection.close()

    with pytest.raises(Exception, match="card_posts already exists"):
        await upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = {name for (name,) in tables}
    connection.close()
    assert names == {"card_posts"}


@pytest.mark.parametrize("kind", ["sqlite", "mysql"])
async def test_a_database_that_is_away_at_start_is_told_in_words(kind: str, tmp_path: Path) -> None:
    """Where it was looked for, why it failed, an example, and no password."""
    url = {
        "sqlite": f"sqlite:///{tmp_path / 'nowhere' / 'ferry.db'}",
        "mysql": f"mysql://ferry:hush@127.0.0.1:{free_port()}/ferry",
    }[kind]

    with pytest.raises(Unavailable, match="does not answer") as told:
        await upgrade(url)

    assert kind in told.value.message
    assert "hush" not in told.value.message
    assert "for example" in told.value.hint.lower()


@pytest.mark.mariadb
@pytest.mark.parametrize("wrong", ["password", "database"])
async def test_a_server_that_lets_nobody_in_is_told_in_words(mariadb: MariaDB, wrong: str) -> None:
    """A wrong password and a missing database are the operator's to mend, not a traceback."""
    url = mariadb.url("nowhere")
    if wrong == "password":
        url = async_url(url).set(password="wrong").render_as_string(hide_password=False)

    with pytest.raises(Unavailable, match=r"Access denied|Unknown database"):
        await upgrade(url)


async def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds what scripts print of patients; files beside it get its mode from SQLite."""
    url = f"sqlite:///{tmp_path / 'ferry.db'}"

    await upgrade(url)
    database = Database(url, clock=lambda: NOW)
    async with database.begin() as repos:
        await repos.sources.add(SourceDraft(name="iclinic"))
    modes = _modes(tmp_path)
    await database.close()

    assert "ferry.db-wal" in modes
    assert set(modes.values()) == {0o600}


async def test_an_sqlite_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """Who lets a group read it had a reason."""
    file = tmp_path / "ferry.db"
    file.touch()
    file.chmod(0o640)

    await upgrade(f"sqlite:///{file}")

    assert _modes(tmp_path) == {"ferry.db": 0o640}


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
