"""What is asked often is found by an index, however long the history is."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event, text

from db.database import Database
from db.migrations import upgrade
from db.model.audit import AuditFilter
from db.repos import Repos
from db.schema import executions
from tests.db.seeds import World, ask, asked, world
from tests.support.database import Clock, do
from tests.support.mariadb import MariaDB

Ask = Callable[[Repos, World], Awaitable[object]]


async def _next_in(repos: Repos, place: World) -> object:
    return await repos.queue.next_in(place.environment, repos.queue._now())


async def _twin(repos: Repos, place: World) -> object:
    return await repos.executions.waiting_twin(asked(place))


async def _durations(repos: Repos, place: World) -> object:
    return await repos.history.durations(place.job.id, place.environment.id, 50)


async def _runs_of(repos: Repos, place: World) -> object:
    return await repos.queue.runs_of(place.job.id)


async def _active(repos: Repos, place: World) -> object:
    return await repos.history.active(place.environment.id)


async def _overdue(repos: Repos, place: World) -> object:
    del place
    return await repos.deadlines.overdue(repos.queue._now(), 0, 50)


async def _unlooked(repos: Repos, place: World) -> object:
    del place
    return await repos.executions.unlooked(50)


async def _ended(repos: Repos, place: World) -> object:
    return await repos.history.ended(place.job.id, 1, place.environment.id, 50)


async def _unreminded(repos: Repos, place: World) -> object:
    del place
    return await repos.deadlines.unreminded(repos.queue._now(), 0, 50)


async def _due(repos: Repos, place: World) -> object:
    del place
    return await repos.deadlines.unanswered(repos.queue._now(), 0, 50)


async def _moving(repos: Repos, place: World) -> object:
    del place
    return await repos.cards.moving()


async def _plans(database: Database, place: World, question: Ask) -> list[str]:
    """Return what SQLite says of how it finds the answers to *question*."""
    statements: list[tuple[str, tuple[object, ...]]] = []

    @event.listens_for(database._engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, values: tuple[object, ...],
             _context: object, _many: object) -> None:  # fmt: skip
        statements.append((statement, values))

    async with database.begin() as repos:
        await question(repos, place)
    asked_of = [one for one in statements if " FROM " in one[0].replace("\n", " ")]
    plans = []
    async with database._engine.connect() as connection:
        for statement, values in asked_of:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans += [str(row.detail) for row in rows]
    return plans


@pytest.mark.parametrize(
    "question",
    [
        _next_in,
        _twin,
        _durations,
        _runs_of,
        _active,
        _overdue,
        _unlooked,
        _unreminded,
        _due,
        _ended,
        _moving,
    ],
)
async def test_no_frequent_question_walks_through_history(
    sqlite_url: str, clock: Clock, question: Ask
) -> None:
    """SQLite says which index it takes: each begins with the status, or has it in the middle."""
    database = Database(sqlite_url, clock=clock)
    place = await world(database, concurrency=5)
    await ask(database, place, job_concurrency=3)
    plans = await _plans(database, place, question)
    await database.close()

    steps = [plan for plan in plans if re.search(r"\bmigration_executions\b", plan)]
    assert steps
    for step in steps:
        assert "SCAN" not in step, step
        with suppress(AssertionError):
            assert "INTEGER PRIMARY KEY" in step
            continue
        assert "status=?" in step, step


async def _lock_of(repos: Repos, place: World) -> object:
    return await repos.locks.of(place.environment.id)


async def _has_name(repos: Repos, place: World) -> object:
    del place
    return await repos.values.has_name("sistema")


def _audit(**wanted: Any) -> Ask:
    async def recent(repos: Repos, place: World) -> object:
        del place
        return await repos.audit.recent(AuditFilter(**wanted), None, 15)

    return recent


@pytest.mark.parametrize(
    ("table", "question"),
    [
        ("environment_locks", _lock_of),
        ("execution_parameters", _has_name),
        ("audit_events", _audit(subject="1")),
        ("audit_events", _audit(actor="U1")),
        ("audit_events", _audit(environment="staging")),
        ("audit_events", _audit(verbs=("execution.asked",))),
    ],
)
async def test_what_people_look_for_is_found_by_an_index(
    sqlite_url: str, clock: Clock, table: str, question: Ask
) -> None:
    """Locks are asked for at each claim; values and events grow for ever."""
    database = Database(sqlite_url, clock=clock)
    place = await world(database)
    await ask(database, place)

    steps = [one for one in await _plans(database, place, question) if table in one]

    await database.close()
    assert steps
    for step in steps:
        assert step.startswith(f"SEARCH {table} USING"), step
        assert "INTEGER PRIMARY KEY" not in step, step


@pytest.mark.mariadb
async def test_a_second_click_is_looked_for_among_the_last_runs(
    mariadb: MariaDB, clock: Clock
) -> None:
    """However often its job ran since: who runs an old one again waits for no history."""
    url = mariadb.create("clicks")
    await upgrade(url)
    database = Database(url, clock=clock)
    place = await world(database)
    old = await ask(database, place)
    await do(database, _many_of_it(3000))
    async with database.read() as repos:
        before = await _rows_read(repos)
        found = await repos.executions.twin(old, "U2", "C1", clock())
        read = await _rows_read(repos) - before
    await database.close()

    assert found is None
    assert read < 1000


def _many_of_it(count: int) -> str:
    """Return the statement that stores *count* more like the only execution."""
    names = [column.name for column in executions.columns if not column.unique]
    same = ", ".join(name for name in names if name != "id")
    return (
        f"INSERT INTO migration_executions (`key`, {same})"  # noqa: S608 - our own columns
        f" SELECT CONCAT('x', seq), {same} FROM migration_executions, seq_1_to_{count}"
    )


async def _rows_read(repos: Repos) -> int:
    """Return how many rows this connection has read by an index."""
    rows = await repos.session.rows(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
    return sum(int(row["Value"]) for row in rows if not row["Variable_name"].endswith("rnd_next"))
