"""Loops that look for work go on, whatever the database does to them; and they never spin."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.model.execution import Execution, Status
from executor.preflight import Preflight
from executor.services import Ask, Ground, Services
from executor.tools import Tools
from executor.worker import Worker
from tests.support.database import do, no_executions
from tests.support.loops import at_work
from tests.support.remote import eventually
from tests.support.sshd import free_port
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, GOOD, environment

Logs = Sequence[MutableMapping[str, Any]]
CHANNEL = "C0AWAY"
STUMBLES = ("worker_stumbled", "leases_not_renewed", "preflight_stumbled")
_SQLITE_REFUSES = """CREATE TRIGGER refuses BEFORE UPDATE OF checked_at ON migration_executions
    BEGIN SELECT RAISE(ABORT, 'not now'); END"""
_MARIADB_REFUSES = """CREATE TRIGGER refuses BEFORE UPDATE ON migration_executions FOR EACH ROW
    IF NOT NEW.checked_at <=> OLD.checked_at THEN SIGNAL SQLSTATE '45000'; END IF"""


async def _is(services: Services, number: int, is_right: Callable[[Execution], bool]) -> Execution:
    return await eventually(lambda: services.history.execution(number), is_right)


def _seen(logs: Logs) -> Counter[str]:
    return Counter(log["event"] for log in logs)


@pytest.fixture
async def asked(services: Services) -> Execution:
    """Ask for a run that is to be confirmed, on a host that is down."""
    away = environment("away", ssh_port=free_port(), confirmation="requester")
    await services.catalog.create_environment(away, ANA)
    await services.bindings.bind(CHANNEL, "away", ANA)
    return await services.launcher.launch(
        Ask(job="import-patients", channel_id=CHANNEL, by=BRUNO, values=GOOD)
    )


@pytest.fixture
def preflight(services: Services, ground: Ground, tools: Tools) -> Preflight:
    """Give what looks at hosts, twice a second."""
    return Preflight(
        services.preflights, tools.hosts, tools.resolver, clock=ground.clock, poll_s=0.5
    )


async def test_a_look_that_cannot_be_stored_waits_for_the_next(
    services: Services, ground: Ground, asked: Execution, preflight: Preflight
) -> None:
    """What refuses it may do so for hours: meanwhile the host is not asked in a circle."""
    await do(ground.db, _SQLITE_REFUSES if ground.db.is_sqlite else _MARIADB_REFUSES)
    with capture_logs() as logs:
        async with at_work(preflight):
            await until(lambda: _seen(logs)["look_not_stored"], "it was refused")
            await asyncio.sleep(2)
            refused = _seen(logs)["look_not_stored"]
            await do(ground.db, "DROP TRIGGER refuses")
            await _is(services, asked.id, lambda one: one.checked_at is not None)

    assert 2 <= refused <= 6


async def test_what_nobody_foresaw_ends_no_loop(
    services: Services,
    ground: Ground,
    asked: Execution,
    preflight: Preflight,
    tools: Tools,
    key: str,
) -> None:
    """It is told to operators each time, no more often than is looked; then all goes on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, says nothing
        port = silent.getsockname()[1]
        await services.catalog.create_environment(
            environment("mute", ssh_port=port, ssh_key_path=key), ANA
        )
        await services.bindings.bind("C0MUTE", "mute", ANA)
        ask = Ask(job="import-patients", channel_id="C0MUTE", by=BRUNO, values=GOOD)
        held = (await services.launcher.launch(ask)).id
        worker = Worker(tools, name="w1", slots=2, lease_s=0.9, poll_s=0.3)
        with capture_logs() as logs:
            async with at_work(worker):
                await _is(services, held, lambda one: one.status is Status.RUNNING)
                async with no_executions(ground.db), at_work(preflight):
                    await until(lambda: all(_seen(logs)[event] >= 2 for event in STUMBLES))
                    stumbled = _seen(logs)
                async with at_work(preflight):
                    await _is(services, asked.id, lambda one: one.checked_at is not None)
                    execution = await services.history.execution(held)

    assert (execution.status, execution.worker, execution.fence) == (Status.RUNNING, "w1", 1)
    assert max(stumbled.values()) <= 12
