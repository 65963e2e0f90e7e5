"""Scripts that runs of the services find on a real host, without Slack."""

import uuid
from pathlib import Path
from typing import Any

from db.model.catalog import JobDraft
from db.model.execution import Execution
from executor.services import Ask, Services
from tests.support.remote import eventually
from tests.support.sshd import Host
from tests.support.world import ANA, BRUNO, environment

_CHANNEL = "C0HOST"
#: Says nothing until its gate is opened; by then its bot may be gone.
HELD = 'until [ -e "$HOME/{gate}" ]; do sleep 0.05; done'


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


def run_folder(host: Host, execution: Execution) -> Path:
    """Return the directory on the host of the first attempt."""
    return host.home / ".cache/ferry/runs" / f"{execution.key}-1"
