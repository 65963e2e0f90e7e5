"""The whole log, read from the tables: whatever was done to a row is found, and where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from db.database import Database
from db.model.keys import keys_of
from executor.rules.chain import noted_head
from executor.services import Ground, Services, build
from tests.support.database import Clock

COUNT = 12
COLUMNS: dict[str, Any] = {
    "created_at": "2026-03-14 15:09:26.535898",
    "actor": "U0EVE",
    "verb": "execution.discarded",
    "subject": "4711",
    "environment": "production",
    "before": '{"status": "queued"}',
    "after": "{}",
    "reason": "no",
    "previous": "0" * 64,
    "hash": "0" * 64,
}


KEYS = keys_of(b"k" * 32)


@asynccontextmanager
async def log(url: str, clock: Clock) -> AsyncIterator[tuple[Services, Database]]:
    """Have a log of twelve events in three transactions."""
    database = Database(url, clock=clock, audit_key=KEYS.audit)
    for _ in range(3):
        async with database.begin() as repos:
            for number in range(4):
                repos.audit.note(
                    "U0ANA",
                    "execution.confirmed",
                    number,
                    environment="staging",
                    before={"status": "awaiting_confirmation", "n": {10: 1.5, 9: 2}},
                    after={"status": "queued", "name": 'João "Zé" 😀'},
                    reason="für Ana",
                )
    yield build(Ground(db=database, clock=clock, keys=KEYS)), database
    await database.close()


@pytest.fixture
async def opened(database_url: str, clock: Clock) -> AsyncIterator[tuple[Services, Database]]:
    """Have it on either database."""
    async with log(database_url, clock) as made:
        yield made


@pytest.fixture
def services(opened: tuple[Services, Database]) -> Services:
    """Give the services over it."""
    return opened[0]


@pytest.fixture
def database(opened: tuple[Services, Database]) -> Database:
    """Give its tables."""
    return opened[1]


async def change(database: Database, *statements: str, **values: Any) -> None:
    """Write to the tables as somebody does who has the database and not the key."""
    async with database.begin() as repos:
        for statement in statements:
            await repos.session.change(text(statement).bindparams(**values))


async def test_what_ferry_wrote_is_good(services: Services) -> None:
    """Read again from either database it has the same hashes."""
    verdict = await services.audit.verify()

    assert (verdict.count, verdict.fault) == (COUNT, "")
    assert (await services.audit.verify(noted_head(verdict.head))).fault == ""


@pytest.mark.parametrize("number", [1, 6, COUNT])
@pytest.mark.parametrize("column", COLUMNS)
async def test_each_changed_column_is_found(
    services: Services, database: Database, column: str, number: int
) -> None:
    """In the first, the middle and the last row."""
    table = f"UPDATE audit_events SET `{column}` = :value WHERE id = {number}"  # noqa: S608
    await change(database, table, value=COLUMNS[column])

    verdict = await services.audit.verify()

    assert verdict.count == number - 1
    assert verdict.fault.startswith(f"Event {number} (execution.")
    assert "was changed after it was written" in verdict.fault


UP = "UPDATE audit_events SET id = id + 1000 WHERE id > 6"
BACK = "UPDATE audit_events SET id = id - {} WHERE id > 1000"
COPY = (
    "INSERT INTO audit_events (id, actor, verb, subject, environment, `before`, `after`, reason, "
    "previous, hash, created_at) SELECT {}, 'U0EVE', verb, subject, environment, `before`, "
    "`after`, reason, hash, hash, created_at FROM audit_events WHERE id = {}"
)
TAMPERED = {
    "first deleted": (["DELETE FROM audit_events WHERE id = 1"], 0, "Event 1 was deleted"),
    "one deleted": (["DELETE FROM audit_events WHERE id = 6"], 5, "Event 6 was deleted"),
    "last deleted": (["DELETE FROM audit_events WHERE id = 12"], 11, "Event 12 was deleted: the"),
    "end cut off": (["DELETE FROM audit_events WHERE id > 9"], 9, "10 to 12 were deleted"),
    "all deleted": (["DELETE FROM audit_events"], 0, "Events 1 to 12 were deleted"),
    "gap closed": (
        ["DELETE FROM audit_events WHERE id = 6", UP, BACK.format(1001)],
        5,
        "written as event 7: event 6 was deleted",
    ),
    "two swapped": (
        [
            "UPDATE audit_events SET id = 999 WHERE id = 4",
            "UPDATE audit_events SET id = 4 WHERE id = 5",
            "UPDATE audit_events SET id = 5 WHERE id = 999",
        ],
        3,
        "written as event 5",
    ),
    "one inserted": ([UP, COPY.format(7, 6), BACK.format(999)], 6, "put in between"),
    "one appended": ([COPY.format(13, 12)], 12, "the log ends with event 12"),
    "one put before": ([COPY.format(-1, 1)], 0, "its first event is number 1"),
    "head set back": (["UPDATE audit_head SET last_id = 11"], 12, "audit_head) was changed"),
    "head renamed": (["UPDATE audit_head SET hash = 'x'"], 12, "audit_head) was changed"),
    "key unmarked": (["UPDATE audit_head SET key_check = ''"], 12, "audit_head) was changed"),
    "head deleted": (["DELETE FROM audit_head"], 12, "audit_head) was deleted"),
}


@pytest.mark.parametrize("case", TAMPERED)
async def test_rows_and_their_order_are_guarded(
    services: Services, database: Database, case: str
) -> None:
    """Deleted, moved, added, cut off; and the end that is kept apart."""
    statements, good, words = TAMPERED[case]
    await change(database, *statements)

    verdict = await services.audit.verify()

    assert verdict.count == good
    assert words in verdict.fault


async def test_who_changes_events_and_end_alike_is_found(
    services: Services, database: Database
) -> None:
    """Without the key no end fits; and one that was noted elsewhere finds an older copy."""
    noted = noted_head((await services.audit.verify()).head)
    old = "SELECT hash FROM audit_events WHERE id = 8"
    set_back = f"UPDATE audit_head SET last_id = 8, hash = ({old})"  # noqa: S608
    await change(database, set_back, "DELETE FROM audit_events WHERE id > 8")

    alone = await services.audit.verify()
    with_noted = await services.audit.verify(noted)

    assert alone.fault == ""
    assert "before the one that was noted (12): it was set back" in with_noted.fault


async def test_a_row_that_cannot_be_read_is_found(sqlite_url: str, clock: Clock) -> None:
    """No time that is none stops the look at the log; MariaDB refuses to store one."""
    async with log(sqlite_url, clock) as (services, database):
        await change(database, "UPDATE audit_events SET created_at = 'soon' WHERE id = 6")

        verdict = await services.audit.verify()

    assert verdict.count == 5
    assert verdict.fault == "Event 6: it cannot be read any more, so it was changed."
