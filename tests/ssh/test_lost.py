"""What a host can still say of a run whose supervisor is gone, or that never began."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.ssh.remote import FollowEnd, RemoteState
from tests.ssh.test_stops import processes_of
from tests.support.remote import Job, Taken, eventually
from tests.support.sshd import Sshd, give

NewJob = Callable[[], Job]


def run_folder(sshd: Sshd, job: Job) -> Path:
    """Return the directory of *job* on the host."""
    return sshd.host.home / ".cache/ferry/runs" / job.id


def kill_keepers(folder: Path, job: Job, *, watchdog: bool) -> None:
    """Kill the supervisor of *job*, and its watchdog if wanted, as the OOM killer would."""
    supervisor, _, watcher, _ = (folder / "pids").read_text().split()
    for pid in [supervisor, *([watcher] if watchdog else [])]:
        assert f"supervise\0{job.id}" in Path(f"/proc/{pid}/cmdline").read_text()
        assert int(pid) > 1
        os.kill(int(pid), signal.SIGKILL)


async def _running(job: Job, text: str) -> None:
    await job.start(text)
    await job.prints(b"ready\n")
    await eventually(job.remote.status, lambda s: s.state is RemoteState.RUNNING)


async def test_supervisor_killed_the_script_ends_and_the_run_is_lost(
    sshd: Sshd, another: NewJob
) -> None:
    """Output is complete, but how the script ended is not known, and that is what is said."""
    job = another()
    folder = run_folder(sshd, job)
    await _running(job, f"echo ready; while [ ! -e {folder}/go ]; do sleep 0.05; done; echo done")

    kill_keepers(folder, job, watchdog=False)
    (folder / "go").touch()
    taken = await job.follow()
    status = await eventually(job.remote.status, lambda s: s.state is RemoteState.LOST)

    assert bytes(taken.out) == b"ready\ndone\n"
    assert (status.reason, status.exit_status) == ("supervisor_died", None)
    assert (status.out_size, status.err_size) == (11, 0)


async def test_supervisor_and_watchdog_killed_is_lost_at_once(sshd: Sshd, another: NewJob) -> None:
    """Nobody keeps the run any more: told as lost; a cancel still ends what is left of it."""
    job = another()
    folder = run_folder(sshd, job)
    await _running(job, "echo ready; sleep 300")

    kill_keepers(folder, job, watchdog=True)
    status = await job.remote.status()
    taken = await job.follow(Taken())
    await job.remote.cancel()
    after = await job.remote.status()

    assert (status.state, status.reason) == (RemoteState.LOST, "supervisor_died")
    assert (bytes(taken.out), taken.end) == (b"ready\n", FollowEnd.SUPERVISOR_DEAD)
    assert after.state is RemoteState.LOST
    assert after.receipt is not None
    assert after.receipt.remaining == 0
    assert processes_of(job) == []


async def test_reboot_is_told(sshd: Sshd, another: NewJob) -> None:
    """A claim of another boot: the run ended with the machine."""
    job = another()
    folder = run_folder(sshd, job)
    await _running(job, "echo ready; sleep 300")
    claim = (folder / "claim").readlink()
    kill_keepers(folder, job, watchdog=True)
    await job.remote.cancel()
    (folder / "exit").unlink()

    (folder / "claim").unlink()
    (folder / "claim").symlink_to(f"{str(claim).rsplit(' ', 1)[0]} another-boot")
    status = await job.remote.status()

    assert (status.state, status.reason) == (RemoteState.LOST, "reboot")


async def test_unknown_run_is_gone(another: NewJob) -> None:
    """Status and follow say the same of a run that nobody started."""
    job = another()

    status = await job.remote.status()
    taken = await job.follow()

    assert status.state is RemoteState.GONE
    assert taken.end is FollowEnd.GONE


@pytest.mark.parametrize("age_s", [0, 31])
async def test_start_that_broke_off_can_be_repeated(
    sshd: Sshd, another: NewJob, age_s: int
) -> None:
    """A crash between making the directory and launching leaves nothing that blocks a start."""
    job = another()
    await another().start("exit 0")
    folder = run_folder(sshd, job)
    folder.mkdir(mode=0o700)
    (folder / "born").write_text(f"{int(time.time()) - age_s}\n")
    give(folder, sshd.host.user)

    launched = await job.start("echo once")
    taken = await job.follow()

    assert launched
    assert bytes(taken.out) == b"once\n"


async def test_start_that_broke_off_is_starting_then_gone(sshd: Sshd, another: NewJob) -> None:
    """For thirty seconds somebody may still be at it; then it is put away for good."""
    job = another()
    await another().start("exit 0")
    folder = run_folder(sshd, job)
    folder.mkdir(mode=0o700)
    give(folder, sshd.host.user)

    young = await job.remote.status()
    (folder / "born").write_text("1000000000\n")
    old = await job.remote.status()

    assert young.state is RemoteState.STARTING
    assert old.state is RemoteState.GONE
    assert not folder.exists()
