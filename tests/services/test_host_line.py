"""A host and a database that are away at once: nothing is given up, and what is told is true."""

import asyncio
from datetime import timedelta

import pytest

from db.database import Database
from db.migrations import upgrade
from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Execution
from executor.line import Line
from executor.services import Ask, Ground, Services, build
from executor.silence import Silence
from tests.support.database import Clock
from tests.support.mariadb import MariaDB
from tests.support.remote import eventually
from tests.support.world import ANA, BRUNO, GOOD, STAGING, furnish

LEASE = timedelta(minutes=5)


def _away() -> AttemptError:
    return AttemptError(Category.CONNECTION_ERROR, "It does not answer.", detail="REFUSED")


def _refused() -> AttemptError:
    return AttemptError(Category.AUTHENTICATION_ERROR, "It does not let us in.", detail="KEY")


async def _running(services: Services) -> Execution:
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    await services.launcher.launch(ask)
    execution = await services.queue.claim_next("w1", LEASE)
    assert execution is not None
    return execution


@pytest.mark.mariadb
async def test_a_lost_line_is_told_although_the_database_was_away_then(
    mariadb: MariaDB, clock: Clock
) -> None:
    """The step is repeated until both answer; lost and found are stored once they can be."""
    url = mariadb.create("ferry_line")

    await upgrade(url)
    database = Database(url, clock=clock, limit_s=2)
    services: Services = build(Ground(db=database, clock=clock, admins=frozenset({ANA.user_id})))
    await furnish(services)
    execution = await _running(services)
    line = Line(services.records, execution, Silence(None, None, clock))
    is_up = asyncio.Event()

    async def step() -> str:
        if not is_up.is_set():
            raise _away()
        return "done"

    mariadb.stop()
    asking = asyncio.create_task(line.ask(step))
    done, _ = await asyncio.wait({asking}, timeout=1.5)
    mariadb.start()
    await eventually(
        lambda: services.history.execution(execution.id),
        lambda one: one.reconnecting_since is not None,
    )
    is_up.set()
    answer = await asyncio.wait_for(asking, 30)

    assert done == set()
    assert answer == "done"
    assert (await services.history.execution(execution.id)).reconnecting_since is None
    await database.close()


async def test_a_refused_login_is_repeated_only_after_a_minute(
    services: Services, clock: Clock
) -> None:
    """Sshd bans addresses that try wrong logins; a host that is away is asked again soon."""
    answers = [_away(), _away(), _refused(), _refused(), _away(), None]
    paused: list[float] = []

    async def step() -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    execution = await _running(services)
    line = Line(services.records, execution, Silence(None, None, clock), pause=pause)
    await line.ask(step)

    assert paused == [0.5, 1.0, 60.0, 60.0, 15.0]
