"""What a host can still say of a run whose supervisor is gone, or that never began."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from executor.ssh.remote import FollowEnd, Receipt, RemoteState
from tests.ssh.test_stops import STUBBORN, processes_of
from tests.support.keepers import kill_keepers
from tests.support.remote import Job, Taken, calls_of, eventually
from tests.support.sshd import Sshd, give

NewJob = Callable[[], Job]


def run_folder(sshd: Sshd, job: Job) -> Path:
    """Return the directory of *job* on the host."""
    return sshd.host.home / ".cache/ferry/runs" / job.id


def this_boot() -> str:
    """Return the name of the boot that the machine lives in."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


async def running(job: Job, text: str) -> None:
    """Start *text*, which prints `ready`, and wait until it runs."""
    await job.start(text)
    await job.prints(b"ready\n")
    await eventually(job.remote.status, lambda s: s.state is RemoteState.RUNNING)


async def test_supervisor_killed_the_script_ends_and_the_run_is_lost(
    sshd: Sshd, another: NewJob
) -> None:
    """Output is complete, but how the script ended is not known, and that is what is said."""
    job = another()
    folder = run_folder(sshd, job)
    await running(job, f"echo ready; while [ ! -e {folder}/go ]; do sleep 0.05; done; echo done")

    kill_keepers(folder, watchdog=False)
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
    await running(job, "echo ready; sleep 300")

    kill_keepers(folder, watchdog=True)
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


async def test_lost_run_that_still_lives_is_not_removed(sshd: Sshd, another: NewJob) -> None:
    """It is told how many of it run on with nobody to keep them; removed once they are ended."""
    job = another()
    folder = run_folder(sshd, job)
    await running(job, "echo ready; sleep 300")

    kill_keepers(folder, watchdog=True)
    status = await job.remote.status()
    refused = await job.remote.remove()
    was_there = folder.exists()
    await job.remote.cancel()
    removed = await job.remote.remove()

    assert (status.state, status.alive) == (RemoteState.LOST, 2)
    assert (refused, was_there) == (False, True)
    assert (removed, folder.exists()) == (True, False)
    assert processes_of(job) == []


async def test_two_cancels_of_a_run_without_keepers(sshd: Sshd, another: NewJob) -> None:
    """Both end it, neither is in the other's way."""
    job = another()
    await running(job, "trap '' TERM; echo ready; while :; do sleep 0.2; done")
    kill_keepers(run_folder(sshd, job), watchdog=True)

    ends = await asyncio.gather(job.remote.cancel(), job.remote.cancel())

    assert {end.state for end in ends} == {RemoteState.LOST}
    assert processes_of(job) == []
    assert await job.remote.remove()


async def test_numbers_that_others_have_now_are_left_alone(
    sshd: Sshd, another: NewJob, innocent: subprocess.Popen[bytes]
) -> None:
    """The run's processes are gone and their numbers were given to somebody else, who lives on."""
    job = another()
    folder = run_folder(sshd, job)
    await running(job, "echo ready; sleep 300")
    kill_keepers(folder, watchdog=True)
    _, _, _, *rest = (folder / "pids").read_text().splitlines()[0].split()

    (folder / "pids").write_text(" ".join([*[f"{innocent.pid}:1"] * 3, *rest]) + "\n")
    status = await job.remote.cancel()

    assert status.receipt == Receipt(2, 0, 0, 2, 0)  # known by the cookie alone
    assert innocent.poll() is None
    assert processes_of(job) == []


@pytest.fixture
def innocent(sshd: Sshd) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the same user that leads its session and group."""
    user = sshd.host.user if os.getuid() == 0 else None
    with subprocess.Popen(["sleep", "300"], start_new_session=True, user=user) as process:
        yield process
        process.kill()


async def test_directory_removed_under_a_run_ends_it(shell_server: Sshd, shell_job: NewJob) -> None:
    """Nothing can be stored or told any more, so nothing may go on for ever either."""
    job = shell_job()
    await running(job, STUBBORN)

    shutil.rmtree(run_folder(shell_server, job))
    left = await eventually(
        lambda: asyncio.to_thread(lambda: processes_of(job) + calls_of(job, "supervise")),
        lambda found: not found,
        within_s=30,
    )

    assert left == []
    assert (await job.remote.status()).state is RemoteState.GONE


async def test_reboot_is_told(sshd: Sshd, another: NewJob) -> None:
    """Begun in another boot: the run ended with the machine."""
    job = another()
    folder = run_folder(sshd, job)
    await running(job, "echo ready; sleep 300")
    kill_keepers(folder, watchdog=True)
    await job.remote.cancel()
    (folder / "exit").unlink()

    pids = (folder / "pids").read_text().splitlines()[0]
    (folder / "pids").write_text(f"{pids.rpartition(' ')[0]} another-boot\n")
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
    (folder / "born").write_text(f"{int(time.monotonic()) - age_s} {this_boot()}\n")
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
    (folder / "born").write_text("1000000000 another-boot\n")
    old = await job.remote.status()

    assert young.state is RemoteState.STARTING
    assert old.state is RemoteState.GONE
    assert not folder.exists()
