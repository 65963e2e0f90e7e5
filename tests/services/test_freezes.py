"""Freeze windows: they close like a lock, at exact moments, by the ground's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.model.audit import AuditEvent
from db.model.errors import FerryError, InvalidInput, NotAllowed, NotFound
from db.model.execution import Status
from db.model.people import Person
from executor.services import Ask, Ground, Locked, Services
from executor.services.freezes import Freeze
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, STAGING, another

LEASE = timedelta(seconds=15)
RULE: dict[str, str] = {
    "cron": "0 18 * * *",
    "lasts": "2h",
    "time_zone": "UTC",
    "reason": "the nightly load",
}
SIX, EIGHT = datetime(2026, 3, 14, 18, tzinfo=UTC), datetime(2026, 3, 14, 20, tzinfo=UTC)


async def make(
    services: Services, environment: str = "staging", by: Person = ANA, **changes: Any
) -> Freeze:
    """Make a window from six to eight each day."""
    return await services.freezes.make(environment, by, **(RULE | changes))


async def launch(services: Services, **other: str) -> int:
    """Ask for a run on staging; return its number."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=another(), **other)
    return (await services.launcher.launch(ask)).id


async def events(ground: Ground, verb: str) -> list[AuditEvent]:
    """Return the audit events with this verb."""
    async with ground.db.read() as repos:
        return [event for event in await repos.audit.page(0, 1000) if event.verb == verb]


async def test_what_waits_starts_at_the_exact_moment(services: Services, clock: Clock) -> None:
    """And not a microsecond before."""
    await make(services)
    waiting = await launch(services)
    seen = []
    for moment in (SIX, EIGHT - timedelta(microseconds=1), EIGHT):
        clock.now = moment
        claimed = await services.queue.claim_next("w1", LEASE)
        seen.append(claimed.id if claimed else None)

    assert seen == [None, None, waiting]


async def test_nothing_new_is_asked_for_inside_a_window(services: Services, clock: Clock) -> None:
    """The refusal says that it is frozen, until when and why; an admin may break the glass."""
    await make(services)
    before = await launch(services)
    clock.now = SIX

    with pytest.raises(Locked, match="is frozen by <@U0ANA> until 2026-03-14 20:00 UTC: `the ni"):
        await launch(services)
    urgent = await launch(services, override="the clinic is down")

    claimed = await services.queue.claim_next("w1", LEASE)
    assert claimed is not None
    assert claimed.id == urgent
    assert (await services.history.execution(before)).status is Status.QUEUED


async def test_a_window_that_has_begun_counts_at_once(services: Services, clock: Clock) -> None:
    """Forecasts say so, until it ends or is dropped."""
    waiting = await services.history.execution(await launch(services))
    clock.now = SIX + timedelta(minutes=30)

    made = await make(services)
    closed = (await services.forecasts.of(waiting)).closed
    await services.freezes.drop(made.window.id, ANA)

    assert closed is not None
    assert (closed.is_freeze, closed.until, closed.reason) == (True, EIGHT, "the nightly load")
    assert made.next[0] == (SIX, EIGHT)
    assert (await services.forecasts.of(waiting)).closed is None


async def test_a_window_is_made_and_dropped_in_the_audit_log(
    services: Services, ground: Ground
) -> None:
    """What it said is kept, though its row is gone."""
    made = await make(services)
    await services.freezes.drop(made.window.id, ANA)

    (first,), (last,) = await events(ground, "freeze.made"), await events(ground, "freeze.dropped")
    assert (first.actor, first.environment, first.reason) == ("U0ANA", "staging", RULE["reason"])
    assert first.after["cron"] == last.before["cron"] == "0 18 * * *"
    assert await services.freezes.all() == []


async def test_cards_are_told_anew_when_windows_change(services: Services) -> None:
    """In the same transaction."""
    number = await launch(services)
    seen = [(await services.history.execution(number)).version]
    made = await make(services)
    seen.append((await services.history.execution(number)).version)
    await services.freezes.drop(made.window.id, ANA)
    seen.append((await services.history.execution(number)).version)

    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]


async def test_a_lock_is_opened_but_the_window_stays(services: Services, clock: Clock) -> None:
    """The receipt says so; a window is no lock that could be opened."""
    await make(services)
    clock.now = SIX
    await services.locks.lock("staging", BRUNO, "deploying")

    turned = await services.locks.unlock("staging", BRUNO)
    with pytest.raises(FerryError, match="there is no lock to open"):
        await services.locks.unlock("staging", BRUNO)

    assert turned.closed is not None
    assert (turned.closed.is_freeze, turned.closed.until) == (True, EIGHT)


async def test_windows_close_their_own_environment_only(services: Services, clock: Clock) -> None:
    """Production goes on while staging is frozen; whoever starts runs by itself may ask."""
    await make(services)
    clock.now = SIX

    standings = {one.environment.name: one for one in await services.locks.standings(BRUNO)}
    staging = standings["staging"].environment

    assert standings["staging"].closed == await services.locks.closed(staging)
    assert standings["staging"].closed is not None
    assert standings["production"].closed is None
    assert not standings["staging"].may_freeze


@pytest.mark.parametrize(
    ("environment", "by", "changes", "error", "words"),
    [
        pytest.param("stagin", ANA, {}, NotFound, "no environment called", id="typo"),
        pytest.param("staging", BRUNO, {}, NotAllowed, "that takes an admin", id="no admin"),
        pytest.param("staging", ANA, {"cron": "x"}, InvalidInput, "not understood", id="cron"),
        pytest.param("staging", ANA, {"lasts": "24h"}, InvalidInput, "not understood", id="always"),
    ],
)
async def test_what_is_no_window_is_refused(
    services: Services,
    environment: str,
    by: Person,
    changes: dict[str, str],
    error: type[FerryError],
    words: str,
) -> None:
    """And nothing is kept of it."""
    with pytest.raises(error, match=words):
        await make(services, environment, by, **changes)

    assert await services.freezes.all() == []


async def test_only_admins_drop_a_window_and_only_once(services: Services) -> None:
    """A number that is none is said to be none."""
    made = await make(services)

    with pytest.raises(NotAllowed, match="that takes an admin"):
        await services.freezes.drop(made.window.id, BRUNO)
    await services.freezes.drop(made.window.id, ANA)
    with pytest.raises(NotFound, match="There is no freeze window"):
        await services.freezes.drop(made.window.id, ANA)
