"""Scripts that runs of the services find on a real host, without Slack."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from db.model.catalog import JobDraft
from db.model.execution import Execution
from executor.services import Ask, Services
from executor.tools import Tools
from executor.worker import Worker
from tests.support.loops import at_work
from tests.support.remote import eventually
from tests.support.sshd import Host, Sshd, give
from tests.support.world import ANA, BRUNO, environment

_CHANNEL = "C0HOST"
#: Says nothing until its gate is opened; by then its bot may be gone.
HELD = 'until [ -e "$HOME/{gate}" ]; do sleep 0.05; done'


@pytest.fixture
def gate(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the file that lets a held script end, at the latest with the test."""
    gate = sshd.host.home / tmp_path_factory.mktemp("gate").name
    yield gate
    gate.touch()


async def place(services: Services, host: Host, **changes: Any) -> None:
    """Create the environment that ``launch`` runs in."""
    values: dict[str, Any] = {
        "ssh_host": host.address,
        "ssh_port": host.port,
        "ssh_user": host.user,
        "ssh_key_path": host.key_path,
        "host_key": host.host_key,
        "grace_s": 1,
        **changes,
    }
    await services.catalog.create_environment(environment("host", **values), ANA)
    await services.bindings.bind(_CHANNEL, "host", ANA)


async def launch(services: Services, host: Host, text: str, **job: Any) -> Execution:
    """Ask for a run of the sh script *text*, as a job of its own."""
    name = f"script-{uuid.uuid4().hex[:12]}"
    (host.home / f"{name}.sh").write_text(text + "\n")
    source = await services.catalog.source("iclinic")
    draft = JobDraft(name=name, source_id=source.id, script=f"~/{name}.sh", interpreter="sh", **job)
    await services.catalog.create_job(draft, ANA)
    return await services.launcher.launch(Ask(job=name, channel_id=_CHANNEL, by=BRUNO, values={}))


async def follows(services: Services, execution: Execution) -> Execution:
    """Return *execution* once its host said that the script was started."""

    async def look() -> Execution | None:
        now = await services.history.execution(execution.id)
        is_running = now.attempt and (await services.queue.brief(now)).attempt.started_at
        return now if is_running else None

    found = await eventually(look, lambda one: one is not None)
    assert found is not None
    return found


async def once_over(services: Services, execution: Execution, *, within_s: float = 15) -> Execution:
    """Return *execution* once its end is recorded."""
    return await eventually(
        lambda: services.history.execution(execution.id),
        lambda one: one.status.is_over,
        within_s=within_s,
    )


@asynccontextmanager
async def worker(tools: Tools, name: str = "w1") -> AsyncIterator[None]:
    """Have a worker at work, and what it says stored, until the end of the block."""
    one = Worker(tools, name=name, slots=1, lease_s=60, poll_s=0.05)
    async with at_work(tools.writer, one):
        yield


@contextmanager
def login_shell(sshd: Sshd, name: str, text: str) -> Iterator[Sshd]:
    """Serve a host whose user has the sh program *text* for a login shell."""
    shell = sshd.host.home / f"{name}.sh"
    shell.write_text(text)
    shell.chmod(0o755)
    give(shell, sshd.host.user)
    server = sshd.login_shell(str(shell))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def run_folder(host: Host, execution: Execution) -> Path:
    """Return the directory on the host of the first attempt."""
    return host.home / ".cache/ferry/runs" / f"{execution.key}-1"
