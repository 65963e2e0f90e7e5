"""What could not be removed from a host at the end of a run is removed later."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from db.model.execution import Execution, Status
from executor.leftovers import Leftovers
from executor.rules.outcomes import Outcome
from executor.services import Ask, Services
from executor.ssh.remote import RemoteRun
from executor.ssh.target import target_of
from executor.tools import Tools
from tests.support.database import Clock
from tests.support.remote import script
from tests.support.sshd import Sshd, free_port, give
from tests.support.world import ANA, BRUNO, another, environment


async def _ended(services: Services, server: Sshd, name: str, **changes: int) -> Execution:
    """Return an execution that the database takes for ended, on an environment of its own."""
    host = server.host
    values: dict[str, Any] = {
        "ssh_host": host.address,
        "ssh_port": host.port,
        "ssh_user": host.user,
    }
    values |= {"ssh_key_path": host.key_path, "host_key": host.host_key, **changes}
    await services.catalog.create_environment(environment(name, **values), ANA)
    channel = f"C0{name.upper()}"
    await services.bindings.bind(channel, name, ANA)
    return await _again(services, channel)


async def _again(services: Services, channel: str) -> Execution:
    ask = Ask(job="import-patients", channel_id=channel, by=BRUNO, values=another())
    await services.launcher.launch(ask)
    execution = await services.queue.claim_next("w1", timedelta(minutes=1))
    assert execution is not None
    await services.records.start_requested(execution, execution.plan)
    await services.records.finish(execution, Outcome(status=Status.SUCCEEDED))
    return execution


async def _start(services: Services, tools: Tools, execution: Execution, text: str) -> Path:
    """Run *text* as the execution on its host; return its directory there."""
    (left,) = [
        one for one in await services.records.leftovers(10, {}) if one.execution_id == execution.id
    ]
    name = f"{execution.key}-1"
    remote = RemoteRun(tools.hosts, target_of(left.environment), name)
    await remote.start(script(text), timeout_s=60, grace_s=1, max_bytes=1000)
    return Path(".cache/ferry/runs") / name


async def _until_over(place: Path) -> None:
    while not (place / "exit").exists():  # noqa: ASYNC110 - its supervisor writes it
        await asyncio.sleep(0.05)


@contextmanager
def _held(place: Path, user: str) -> Iterator[None]:
    """Let *user* not move *place* out of the directory where it is."""
    for each, mode in ((place, 0o755), (place.parent, 0o1777)):
        os.chown(each, 0, 0)
        each.chmod(mode)
    try:
        yield
    finally:
        for each in (place, place.parent):
            each.chmod(0o700)
            give(each, user)


async def test_leftovers_are_removed_and_forgotten(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """A host that does not answer keeps its own until the next time, and holds up no other."""
    away = await _ended(services, sshd, "away", ssh_port=free_port())
    execution = await _ended(services, sshd, "there")
    place = sshd.host.home / await _start(services, tools, execution, "echo done")
    await _until_over(place)

    await Leftovers(tools).sweep()

    assert not place.exists()
    left = await services.records.leftovers(10, {})
    assert [one.execution_id for one in left] == [away.id]


async def test_what_still_runs_is_not_a_leftover(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """Whatever the database takes it for: nothing is taken from under a script."""
    execution = await _ended(services, sshd, "there")
    place = sshd.host.home / await _start(services, tools, execution, "sleep 60")

    await Leftovers(tools).sweep()

    assert place.exists()
    (left,) = await services.records.leftovers(10, {})
    assert left.execution_id == execution.id
    await RemoteRun(tools.hosts, target_of(left.environment), place.name).cancel()


async def test_what_stays_holds_up_nothing(
    services: Services,
    tools: Tools,
    clock: Clock,
    sshd: Sshd,
) -> None:
    """One runs, one is stuck in its place: the one behind them is removed, then they are tried."""
    runs = [await _ended(services, sshd, "there")]
    for _ in range(2):
        clock.advance(1)
        runs.append(await _again(services, "C0THERE"))
    texts = ("sleep 60", "echo done", "echo done")
    lives, stuck, goes = [
        sshd.host.home / await _start(services, tools, run, text)
        for run, text in zip(runs, texts, strict=True)
    ]
    for place in (stuck, goes):
        await _until_over(place)
    leftovers = Leftovers(tools, at_once=2)

    with _held(stuck, sshd.host.user):
        await leftovers.sweep()
        await leftovers.sweep()
        assert [place.exists() for place in (lives, stuck, goes)] == [True, True, False]
    await leftovers.sweep()
    assert not stuck.exists()
    (left,) = await services.records.leftovers(10, {})
    assert left.execution_id == runs[0].id
    await RemoteRun(tools.hosts, target_of(left.environment), lives.name).cancel()
