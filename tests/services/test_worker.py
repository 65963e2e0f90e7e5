"""What a worker does when things go wrong around it: its other runs must not notice."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from db.model.categories import Category
from db.model.execution import Execution
from executor.services import Ask, Ground, Services
from executor.services.log_writer import LogWriter
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.tools import Tools
from executor.worker import Worker
from tests.support.loops import at_work
from tests.support.remote import eventually
from tests.support.world import ANA, BRUNO, another, environment

CHANNEL = "C0BROKEN"


async def test_a_run_that_breaks_ferry_twice_is_recorded_and_harms_no_other(
    services: Services, ground: Ground, key: str
) -> None:
    """What went wrong on the way to the host goes wrong again when the host is to be told."""
    await _environment(services, ssh_key_path=key, ssh_passphrase_ref="env:BROKEN", concurrency=2)
    async with _at_work(services, ground):
        one, other = await _launch(services), await _launch(services)

        ended = [
            await _until(services, each, lambda found: found.status.is_over)
            for each in (one, other)
        ]

    assert [each.error_category for each in ended] == [Category.INTERNAL_ERROR] * 2


def _broken(reference: str) -> str:
    raise RuntimeError(f"a bug on the way to {reference}")


@asynccontextmanager
async def _at_work(services: Services, ground: Ground) -> AsyncIterator[None]:
    hosts, writer = Hosts(read_secret=_broken), LogWriter(ground)
    tools = Tools(
        queue=services.queue,
        records=services.records,
        preflights=services.preflights,
        voids=services.voids,
        writer=writer,
        hosts=hosts,
        resolver=Resolver(hosts),
        read_secret=_broken,
        clock=ground.clock,
    )
    worker = Worker(tools, name="w1", slots=2, lease_s=15, poll_s=0.05)
    try:
        async with at_work(writer, worker):
            yield
    finally:
        await hosts.close()


async def _environment(services: Services, **changes: Any) -> None:
    await services.catalog.create_environment(environment("broken", **changes), ANA)
    await services.bindings.bind(CHANNEL, "broken", ANA)


async def _launch(services: Services) -> Execution:
    ask = Ask(job="import-patients", channel_id=CHANNEL, by=BRUNO, values=another())
    return await services.launcher.launch(ask)


async def _until(
    services: Services, execution: Execution, is_right: Callable[[Execution], bool]
) -> Execution:
    return await eventually(lambda: services.history.execution(execution.id), is_right)
