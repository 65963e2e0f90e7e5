"""The audit's chain, as every transaction leaves it."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from db.database import Database
from db.model.audit import AuditEvent, Head, chained, key_check
from db.model.errors import InvalidInput
from db.model.execution import Status
from tests.db.seeds import ask, world
from tests.support.database import Clock


async def events(database: Database) -> list[AuditEvent]:
    """Return the whole chain."""
    async with database.read() as repos:
        return await repos.audit.page(0, 1000)


async def test_what_a_transaction_notes_is_chained_at_its_end(database: Database) -> None:
    """Each event has the number after, and the hash of, the one before; the head is the last."""
    async with database.begin() as repos:
        repos.audit.note("U1", "source.created", "iclinic", after={"name": "iclinic"})
        repos.audit.note("U1", "job.created", "import", before={}, reason="für Ana")
    async with database.begin() as repos:
        repos.audit.note("ferry", "execution.expired", 128, environment="staging")

    chain = await events(database)
    async with database.read() as repos:
        head = await repos.audit.head()

    assert [event.id for event in chain] == [1, 2, 3]
    assert [event.previous for event in chain] == ["", chain[0].hash, chain[1].hash]
    assert all(event.hash == chained(event, b"") for event in chain)
    assert head == Head(3, chain[2].hash, key_check(b""))
    assert (chain[1].reason, chain[2].subject) == ("für Ana", "128")


async def test_what_is_rolled_back_was_not_noted(database: Database) -> None:
    """The log says what happened, not what was tried."""

    async def fail() -> None:
        async with database.begin() as repos:
            repos.audit.note("U1", "source.created", "iclinic")
            await repos.sources.get(4711)

    with pytest.raises(AssertionError):
        await fail()

    assert await events(database) == []


async def test_many_at_once_make_one_chain(database: Database) -> None:
    """Two that end at the same moment stand one after the other."""

    async def one(number: int) -> None:
        async with database.begin() as repos:
            repos.audit.note("U1", "execution.queued", number)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(number) for number in range(20)))

    chain = await events(database)
    assert [event.id for event in chain] == list(range(1, 21))
    assert {event.subject for event in chain} == {str(number) for number in range(20)}
    assert all(b.previous == a.hash for a, b in itertools.pairwise(chain))


async def test_another_key_writes_nothing(database: Database, clock: Clock) -> None:
    """A bot with the wrong key file would break the chain of the others."""
    async with database.begin() as repos:
        repos.audit.note("U1", "source.created", "iclinic")
    stranger = Database(
        database.url.render_as_string(hide_password=False), clock=clock, audit_key=b"other"
    )

    with pytest.raises(InvalidInput, match="another key"):
        async with stranger.begin() as repos:
            repos.audit.note("U1", "source.created", "medpro")
    await stranger.close()

    assert len(await events(database)) == 1


async def test_every_change_of_an_executions_state_is_noted(database: Database) -> None:
    """Who, from what to what, where; the values that people typed are not in it."""
    place = await world(database)
    asked = await ask(database, place)
    async with database.begin() as repos:
        await repos.executions.change(
            asked.id, expect={Status.QUEUED}, by="U9", why="wrong", status=Status.CANCELLED
        )
        await repos.executions.change(asked.id, expect={Status.CANCELLED}, silent_since=None)

    made, cancelled = await events(database)

    assert (made.verb, made.subject) == ("execution.asked", str(asked.id))
    assert "parameters" not in made.after
    assert replace(cancelled, previous="", hash="") == AuditEvent(
        id=2,
        created_at=cancelled.created_at,
        actor="U9",
        verb="execution.cancelled",
        subject=str(asked.id),
        environment=asked.environment_name,
        before={"status": "queued"},
        after={"status": "cancelled"},
        reason="wrong",
        previous="",
    )
