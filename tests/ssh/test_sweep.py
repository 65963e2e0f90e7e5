"""What was left behind on a host is swept by a later start, at most once an hour."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.ssh.helper import DIGEST
from executor.ssh.pool import Hosts
from executor.ssh.remote import RemoteRun
from tests.support.remote import Job, eventually, script, target_to
from tests.support.sshd import Sshd, give

NewJob = Callable[[], Job]

_HOUR, _DAY = 3600, 86400


class Leavings:
    """What lies in Ferry's directory on a host, and how old it is."""

    def __init__(self, server: Sshd) -> None:
        self._server = server
        self._ferry = server.host.home / ".cache/ferry"

    def add(self, name: str, *, age_s: float) -> Path:
        """Leave a file, or with a slash at the end a run that is over; return where."""
        path = self._ferry / name
        shutil.rmtree(path, ignore_errors=True)
        if name.endswith("/"):
            path.mkdir()
            (path / "exit").write_text("1 status=0 reason=exit ;\n")
        else:
            path.write_text("left")
        give(path, self._server.host.user)
        self.age(name, age_s)
        return path

    def age(self, name: str, age_s: float) -> Path:
        """Make it that old, and return where it is."""
        then = time.time() - age_s
        os.utime(self._ferry / name, (then, then))
        return self._ferry / name

    def due(self) -> None:
        """Forget that somebody swept within the hour."""
        (self._ferry / "runs/.swept").unlink(missing_ok=True)

    async def gone(self, paths: list[Path]) -> None:
        """Wait until none of *paths* is there any more."""
        await eventually(lambda: asyncio.to_thread(_found, paths), lambda found: not found)


def _found(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if path.exists()]


@pytest.fixture
async def leavings(shell_server: Sshd, shell_job: NewJob) -> Leavings:
    """Look into a host that has seen a run before."""
    await shell_job().start("exit 0")
    return Leavings(shell_server)


async def test_what_is_old_and_dead_is_swept(
    leavings: Leavings, shell_server: Sshd, shell_job: NewJob, hosts: Hosts
) -> None:
    """Cut uploads, half removals, probes and old versions go; what is young or alive stays."""
    probe = RemoteRun(hosts, target_to(shell_server.host), "probe-alive")
    await probe.start(script("sleep 300"), timeout_s=60, grace_s=1, max_bytes=1000)
    await eventually(probe.status, lambda s: s.started_at is not None)
    old = [
        leavings.add(name, age_s=2 * _HOUR)
        for name in (".new.1", "runs/.new.a.1", "runs/.removed.a.1/", "runs/.incomplete.a.1/")
    ]
    old.append(leavings.add("runs/probe-dead/", age_s=2 * _HOUR))
    old.append(leavings.add("supervisor-0000.sh", age_s=31 * _DAY))
    kept = [
        leavings.add("runs/.new.b.1", age_s=_HOUR / 2),
        leavings.add("runs/probe-young/", age_s=_HOUR / 2),
        leavings.add("runs/somebodys-result/", age_s=90 * _DAY),
        leavings.add("supervisor-1111.sh", age_s=29 * _DAY),
    ]
    leavings.age("runs/probe-alive", 2 * _HOUR)
    kept.append(leavings.age(f"supervisor-{DIGEST}.sh", 40 * _DAY))  # the one that sweeps
    leavings.due()

    await shell_job().start("exit 0")
    await leavings.gone(old)

    assert _found(kept) == [path.name for path in kept]
    assert (await probe.status()).out_size == 0
    assert (await probe.cancel()).reason in {"", "cancel"}


async def test_nobody_sweeps_twice_within_an_hour(leavings: Leavings, shell_job: NewJob) -> None:
    """Looking through everything would be too much for each start."""
    leavings.due()
    first = leavings.add("runs/.new.c.1", age_s=2 * _HOUR)
    await shell_job().start("exit 0")
    await leavings.gone([first])
    second = leavings.add("runs/.new.d.1", age_s=2 * _HOUR)

    job = shell_job()
    await job.start("exit 0")
    await job.over()

    assert _found([second]) == [second.name]
