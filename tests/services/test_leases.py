"""Whose run it is: a worker neither takes over from itself nor clings to what another one owns."""

from datetime import timedelta
from pathlib import Path

import pytest

from db.model.execution import Execution, Status
from executor.services import Services
from executor.tools import Tools
from executor.worker import Worker
from tests.support.database import Clock
from tests.support.loops import at_work
from tests.support.on_host import HELD, follows, launch, place
from tests.support.remote import eventually
from tests.support.sshd import Sshd

LEASE = timedelta(minutes=5)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: which one it is does not matter here."""
    return sqlite_url


@pytest.fixture
def held(gate: Path) -> str:
    """Give a script that says nothing and ends with the test."""
    return HELD.format(gate=gate.name)


async def _runs(services: Services, execution: Execution) -> Execution:
    return await eventually(
        lambda: services.history.execution(execution.id), lambda one: one.status is Status.RUNNING
    )


async def test_a_worker_does_not_take_over_what_it_works_on(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    clock: Clock,
    held: str,
) -> None:
    """While the database was away its leases ran out: its runs are still its own."""
    await place(services, sshd.host, concurrency=3)
    first = await launch(services, sshd.host, held)
    async with at_work(tools.writer, Worker(tools, name="w1", slots=4, lease_s=60, poll_s=0.05)):
        await follows(services, first)
        clock.advance(61)
        for _ in range(2):  # between the two it looked for what was left by others
            await _runs(services, await launch(services, sshd.host, held))
        now = await services.history.execution(first.id)

    assert (now.worker, now.fence) == ("w1", 1)


async def test_a_worker_lets_go_of_what_another_one_owns(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    clock: Clock,
    held: str,
) -> None:
    """The script says nothing that would tell it so; its place is free for the next."""
    await place(services, sshd.host, concurrency=2)
    first = await launch(services, sshd.host, held)

    async def take_over() -> Execution | None:
        clock.advance(1)
        return await services.queue.take_over("w2", LEASE)

    async with at_work(tools.writer, Worker(tools, name="w1", slots=1, lease_s=0.9, poll_s=0.05)):
        await follows(services, first)
        await eventually(take_over, lambda taken: taken is not None)
        next_one = await _runs(services, await launch(services, sshd.host, held))
        now = await services.history.execution(first.id)

    assert (now.worker, next_one.worker) == ("w2", "w1")
