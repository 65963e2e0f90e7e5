"""History by value: what is found, in which order, and that no history is walked through for it."""

from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import event, text

from db.database import Database
from db.model.catalog import Environment, EnvironmentDraft, Kind
from db.schema import BY_VALUE, BY_VALUE_THERE, SOUGHT
from tests.db.seeds import PLAN, World, asked, world

DIGEST = "d1" * 32
HINT = "4•••20 (#d1d)"


async def other(database: Database) -> Environment:
    """Store and return a second environment."""
    draft = EnvironmentDraft(name="production", kind=Kind.PRODUCTION, ssh_host="h", ssh_user="u")
    async with database.begin() as repos:
        return await repos.environments.add(draft)


async def ask(
    database: Database, place: World, there: Environment | None = None, **values: str
) -> int:
    """Store an execution with these parameters (elsewhere); a *patient* is personal."""
    environment = there or place.environment
    new = asked(place, environment_id=environment.id, parameters=values)
    personal = {"patient": (HINT, DIGEST)} if "patient" in values else {}
    async with database.begin() as repos:
        execution = await repos.executions.add(new, PLAN, personal=personal)
    assert execution is not None
    return execution.id


async def had(
    database: Database,
    name: str,
    *values: str,
    digests: Collection[str] = (),
    there: Environment | None = None,
    before: int | None = None,
    limit: int = 9,
) -> list[int]:
    """Return the numbers of what had it."""
    environment_id = there.id if there else None
    async with database.read() as repos:
        found = await repos.values.had(
            name, values, digests, environment_id=environment_id, before=before, limit=limit
        )
    return [one.id for one in found]


async def test_open_and_personal_values_are_found_newest_first(database: Database) -> None:
    """By either way, and each run once; another parameter with the same value is none."""
    place = await world(database)
    first = await ask(database, place, number="44320")
    second = await ask(database, place, patient="44320")
    third = await ask(database, place, number="044320", patient="44320")
    await ask(database, place, number="44321", other="44320")

    assert await had(database, "number", "44320", "044320") == [third, first]
    assert await had(database, "patient", "44320", digests=[DIGEST]) == [third, second]
    assert await had(database, "number", "44320", digests=[DIGEST]) == [first]


async def test_what_is_stored_of_a_personal_value_is_not_taken_for_an_open_one(
    database: Database,
) -> None:
    """Nobody finds a person by their hint, nor a value that looks like a digest by what has it."""
    place = await world(database)
    personal = await ask(database, place, patient="44320")
    forged = await ask(database, place, number=DIGEST)

    assert await had(database, "patient", HINT) == []
    assert await had(database, "patient", DIGEST) == []
    assert await had(database, "number", digests=[DIGEST]) == []
    assert await had(database, "patient", digests=[DIGEST]) == [personal]
    assert await had(database, "number", DIGEST) == [forged]


async def test_pages_go_on_below_the_last_number_in_one_environment_or_in_all(
    database: Database,
) -> None:
    """Values that were stored differently, in turns: no page leaves one of them out."""
    place, there = await world(database), await other(database)
    ways = ["7", "007"]
    here = [await ask(database, place, number=ways[n % 2]) for n in range(5)]
    elsewhere = [await ask(database, place, there, number=ways[n % 2]) for n in range(3)]
    both = sorted(here + elsewhere, reverse=True)

    for environment, expected in ((None, both), (there, elsewhere[::-1])):
        found: list[int] = []
        while page := await had(
            database,
            "number",
            *ways,
            there=environment,
            before=found[-1] if found else None,
            limit=2,
        ):
            assert len(page) <= 2
            found += page
        assert found == expected


async def test_long_values_that_begin_alike_are_not_the_same(database: Database) -> None:
    """They are looked for by their beginning, and compared as a whole; a character may be wide."""
    place = await world(database)
    begins = "é😀" * (SOUGHT // 2)
    one = await ask(database, place, note=begins + "one")
    await ask(database, place, note=begins + "two")
    short = await ask(database, place, note=begins)

    assert await had(database, "note", begins + "one") == [one]
    assert await had(database, "note", begins) == [short]


@pytest.mark.parametrize("is_older", [False, True])
@pytest.mark.parametrize("is_there", [False, True])
async def test_the_index_gives_the_numbers_in_order(
    database: Database, *, is_older: bool, is_there: bool
) -> None:
    """However many had it: no sorting, no other index; then only the executions that are shown."""
    place, there = await world(database), await other(database)
    for n in range(60):
        last = await ask(database, place, there if n % 2 else None, sistema="iclinic")

    before = last - 20 if is_older else None
    statements = await _asked(database, place.environment if is_there else None, before)

    index = BY_VALUE_THERE if is_there else BY_VALUE
    assert len(statements) == 3
    for statement in statements[:2]:
        await _require_in_order(database, statement, index)
    assert statements[2][0].count("execution_parameters") == 0


async def _asked(
    database: Database, there: Environment | None, before: int | None
) -> list[tuple[str, Any]]:
    """Return the statements that look for a value: open, personal, the executions."""
    statements: list[tuple[str, Any]] = []

    @event.listens_for(database._engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, values: Any,
             _context: object, _many: object) -> None:  # fmt: skip
        statements.append((statement, values))

    found = await had(
        database, "sistema", "iclinic", digests=[DIGEST], there=there, before=before, limit=3
    )
    event.remove(database._engine.sync_engine, "before_cursor_execute", note)
    assert len(found) == 3
    return [one for one in statements if one[0].startswith("SELECT")]


async def _require_in_order(database: Database, statement: tuple[str, Any], index: str) -> None:
    sql, values = statement
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database._engine.connect() as connection:
        if not database.is_sqlite:
            await connection.execute(text("ANALYZE TABLE execution_parameters"))
        rows = list((await connection.exec_driver_sql(f"{explain} {sql}", values)).mappings())
    (row,) = rows  # a second one would be a sort, or another table
    if database.is_sqlite:
        assert row["detail"].startswith("SEARCH execution_parameters USING")
        assert index in row["detail"]
    else:
        assert (row["key"], row["type"] in {"ref", "range"}) == (index, True)
        assert "filesort" not in row["Extra"]
