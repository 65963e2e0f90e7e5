"""The log as people read it: filtered, page by page, and taken along."""

import json
from typing import Any

import pytest

from db.model.audit import AuditEvent, AuditFilter
from db.model.errors import NotAllowed
from db.model.people import Person
from executor.rules.chain import is_genuine, json_line
from executor.services import Ask, Ground, Services
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, PRODUCTION, STAGING, another


@pytest.fixture
async def run(services: Services, clock: Clock) -> int:
    """Let Bruno ask for one run each in staging and production; return the second's number."""
    clock.advance(3600)
    for channel in (STAGING, PRODUCTION):
        ask = Ask(job="import-patients", values=another(), channel_id=channel, by=BRUNO)
        last = await services.launcher.launch(ask)
    await services.confirmations.discard(last.id, BRUNO)
    return last.id


async def verbs(services: Services, **wanted: Any) -> list[str]:
    """Return the kinds of the events, newest first."""
    past = await services.audit.page(AuditFilter(**wanted), ANA)
    return [event.verb for event in past.events]


async def test_each_filter_on_its_own(services: Services, run: int, clock: Clock) -> None:
    """Newest first, on both databases."""
    ended = ["execution.discarded", "execution.asked"]

    assert await verbs(services, subject=str(run)) == ended
    assert await verbs(services, actor=BRUNO.user_id) == [*ended, "execution.asked"]
    assert await verbs(services, environment="production") == [
        *ended,
        "channel.bound",
        "environment.created",
    ]
    assert await verbs(services, verbs=("source.created", "job.created")) == [
        "job.created",
        "source.created",
    ]
    assert await verbs(services, since=clock()) == [*ended, "execution.asked"]
    assert len(await verbs(services, until=clock())) == 6
    assert await verbs(services, subject="4711") == []


async def test_pages_meet_without_a_gap(services: Services, run: int) -> None:
    """By number, so that what happens meanwhile shifts nothing; with the jobs of the runs."""
    everything = await services.audit.page(AuditFilter(), ANA, limit=100)
    first = await services.audit.page(AuditFilter(), ANA, limit=4)
    await services.catalog.trust_host_key("staging", "ssh-ed25519 AAAA", ANA)
    second = await services.audit.page(AuditFilter(), ANA, before=first.events[-1].id, limit=5)

    assert [*first.events, *second.events] == everything.events
    assert (first.has_older, second.has_older) == (True, False)
    assert first.jobs[str(run)] == "import-patients"


async def test_the_kinds_of_events_that_there_are(services: Services, run: int) -> None:
    """Each once."""
    del run

    assert await services.audit.verbs() == [
        "channel.bound",
        "environment.created",
        "execution.asked",
        "execution.discarded",
        "job.created",
        "source.created",
    ]


async def taken(services: Services, **wanted: Any) -> list[AuditEvent]:
    """Return what is exported."""
    most = wanted.pop("most", None)
    count, events = await services.audit.export(AuditFilter(**wanted), ANA, most=most)
    found = [event async for event in events]
    assert len(found) == count
    return found


async def test_an_export_is_noted_and_can_be_checked(
    services: Services, ground: Ground, run: int
) -> None:
    """With all that its hashes are made of, oldest first; of too many the newest."""
    del run

    everything = await taken(services)
    last = await taken(services, environment="production", most=2)
    after = await taken(services, after_id=9)
    lines = [json.loads(json_line(event)) for event in everything]

    assert [event.id for event in everything] == list(range(1, 10))
    assert [line["hash"] for line in lines] == [event.hash for event in everything]
    assert set(lines[0]) == set(AuditEvent.__dataclass_fields__)
    assert [event.verb for event in last] == ["execution.asked", "execution.discarded"]
    assert [event.after["events"] for event in after] == [9, 2]
    assert after[1].after["filter"] == {"environment": "production"}
    assert all(is_genuine(event, b"") for event in everything)
    assert ground.keys.audit != b""


async def test_only_admins_read_it(services: Services, run: int) -> None:
    """Nor does anybody else take it along; whoever sits at Ferry's machine does."""
    del run

    with pytest.raises(NotAllowed):
        await services.audit.page(AuditFilter(), BRUNO)
    with pytest.raises(NotAllowed):
        await services.audit.export(AuditFilter(), BRUNO)
    assert (await services.audit.page(AuditFilter(), Person("cli:root"))).events
