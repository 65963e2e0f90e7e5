"""Stopping a script that nobody here can look after."""

import asyncio
import time

from db.model.errors import AttemptError
from executor.services.queue import Brief
from executor.ssh.remote import RemoteRun, RemoteState, RemoteStatus
from executor.ssh.target import target_of
from executor.tools import Tools

ALIVE = frozenset({RemoteState.STARTING, RemoteState.RUNNING})
_TO_GIVE_UP_S, _LOOK_S = 15.0, 0.5


def remote_of(tools: Tools, brief: Brief) -> RemoteRun:
    """Return the run of the attempt on its host."""
    execution = brief.execution
    run_id = f"{execution.key}-{execution.attempt}"
    return RemoteRun(tools.hosts, target_of(brief.environment), run_id)


async def give_up(remote: RemoteRun, grace_s: int) -> RemoteStatus | None:
    """Stop the script; return how it ended, None unless nothing of it runs any more.

    A silent host is not waited for.
    """
    try:
        status = await remote.cancel()
        deadline = time.monotonic() + grace_s + _TO_GIVE_UP_S
        while status.state in ALIVE and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_S)
            status = await remote.status()
    except AttemptError:
        return None
    return None if status.state in ALIVE or status.alive else status
