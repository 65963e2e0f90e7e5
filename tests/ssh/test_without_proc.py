"""A host without ``/proc``, as BSD and macOS are: who lives is asked of ``ps``."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.ssh.pool import Hosts
from executor.ssh.remote import FollowEnd, RemoteState
from tests.ssh.test_stops import STUBBORN, processes_of
from tests.support.remote import Job, target_to
from tests.support.sshd import Sshd, give, may_mount

#: The `ps` of Linux needs ``/proc``; this answers the one question as BSD's would.
_PS = """#!/bin/sh
[ "$1 $2 $3" = "-o lstart= -p" ] || exit 64
read -r stat 2>/dev/null <"{real}/$4/stat" || exit 1
set -- ${{stat##*) }}
echo "Sat Nov 28 ${{20}} 2026"
"""


@pytest.fixture(scope="module")
def bare(sshd: Sshd) -> Iterator[Sshd]:
    """Serve a host that has no ``/proc``."""
    tools, real = sshd.make_home("ps"), sshd.make_home("real-proc")
    (tools / "ps").write_text(_PS.format(real=real))
    (tools / "ps").chmod(0o755)
    give(tools, sshd.host.user)
    server = _without_proc(sshd, tools, real)
    server.start()
    yield server
    server.stop()


def _without_proc(sshd: Sshd, tools: Path, real: Path) -> Sshd:
    if not may_mount():
        pytest.skip("Only root can hide /proc (in a container: with CAP_SYS_ADMIN).")
    hide = f'mount --bind /proc {shlex.quote(str(real))} && mount -t tmpfs none /proc && exec "$@"'
    home = sshd.make_home("bare")
    return sshd.variant(
        environment={"HOME": str(home), "PATH": f"{tools}:/usr/bin:/bin"},
        within=("unshare", "--mount", "sh", "-c", hide, "sh"),
    )


@pytest.fixture
def bare_job(hosts: Hosts, bare: Sshd) -> Job:
    """Name a run on the host without ``/proc``."""
    return Job(hosts, target_to(bare.host))


async def test_a_run_from_start_to_end(bare_job: Job) -> None:
    """Both streams to the last byte, the exit status, and a second start that starts nothing."""
    text = "[ ! -e /proc/self ] && echo begun; sleep 1; echo no >&2; exit 3"

    assert await bare_job.start(text)
    running = await bare_job.remote.status()
    again = await bare_job.start(text)
    taken = await bare_job.follow()
    status = await bare_job.over()

    assert (running.state, again) == (RemoteState.RUNNING, False)
    assert (bytes(taken.out), bytes(taken.err)) == (b"begun\n", b"no\n")
    assert (taken.end, status.exit_status, status.reason) == (FollowEnd.COMPLETE, 3, "exit")
    assert await bare_job.remote.remove()


async def test_a_cancel_ends_the_group(bare_job: Job) -> None:
    """What ignores TERM is killed; who left the session cannot be found without ``/proc``."""
    await bare_job.start(f"sleep 301 & {STUBBORN}", grace_s=1)
    await bare_job.prints(b"ready\n")

    await bare_job.remote.cancel()
    status = await bare_job.over()

    assert status.reason == "cancel"
    assert status.receipt is not None
    assert status.receipt.remaining == 0
    assert processes_of(bare_job) == []


async def test_the_timeout_holds_with_nobody_connected(bare_job: Job) -> None:
    """The clock is ``date``'s there."""
    await bare_job.start("echo ready; sleep 300", timeout_s=1, grace_s=1)

    status = await bare_job.over()

    assert status.reason == "timeout"
    assert processes_of(bare_job) == []
