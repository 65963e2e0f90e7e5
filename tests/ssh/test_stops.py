"""Cancel and timeout: everything that the script started is ended, counted, and told."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from executor.ssh.remote import Receipt, RemoteState, RemoteStatus
from tests.support.remote import Job, eventually
from tests.support.sshd import Sshd

NewJob = Callable[[], Job]

TREE = """sh -c 'sleep 300 & sleep 300; :' & sleep 300 & echo ready; wait"""
STUBBORN = """trap : TERM; sh -c 'trap "" TERM; sleep 300' & echo ready
while :; do sleep 0.2; done"""
ESCAPEE = """setsid sh -c 'trap "" TERM; echo ready; sleep 301; :' & wait"""
ZOMBIE = """sleep 0.2 & echo begun; exec sleep 305"""
FORKING = """trap '' TERM; echo ready
while :; do setsid sleep 303 & sleep 304 & sleep 0.02; done"""
DAEMON = """(setsid sleep 302 >/dev/null 2>&1 </dev/null &) ; sleep 0.2; exit 0"""


def processes_of(job: Job) -> list[str]:
    """Return what still runs with the cookie of *job*."""
    cookie = f"FERRY_RUN={job.id};".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if cookie in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().decode())
        except OSError:
            continue  # it ended while we looked
    return found


async def _cancelled(job: Job, text: str, *, grace_s: int) -> RemoteStatus:
    await job.start(text, grace_s=grace_s)
    await job.prints(b"ready\n")
    await job.remote.cancel()
    return await job.over()


async def test_cancel_ends_a_tree_on_term(shell_job: NewJob) -> None:
    """Nothing ignores TERM: it is over at once, and every process is in the receipt."""
    job = shell_job()

    status = await _cancelled(job, TREE, grace_s=30)

    assert (status.state, status.reason) == (RemoteState.EXITED, "cancel")
    assert status.receipt is not None
    assert status.receipt.processes == status.receipt.on_term >= 4
    assert status.receipt.remaining == 0
    assert processes_of(job) == []


async def test_cancel_kills_what_ignores_term_after_the_grace(shell_job: NewJob) -> None:
    """After the grace comes KILL, and the receipt tells the two apart."""
    job = shell_job()

    status = await _cancelled(job, STUBBORN, grace_s=1)

    assert status.receipt is not None
    assert status.receipt.on_kill >= 2
    assert (status.receipt.left_session, status.receipt.remaining) == (0, 0)
    assert processes_of(job) == []


async def test_cancel_finds_what_left_the_session(shell_job: NewJob) -> None:
    """A process with a session of its own, deaf to TERM, does not get away."""
    job = shell_job()

    status = await _cancelled(job, ESCAPEE, grace_s=1)

    assert status.receipt is not None
    assert status.receipt.left_session >= 2
    assert status.receipt.remaining == 0
    assert processes_of(job) == []


async def test_cancel_does_not_count_zombies(shell_job: NewJob) -> None:
    """What is dead already, and only not yet buried, is neither ended nor waited for."""
    job = shell_job()
    await job.start(ZOMBIE, grace_s=30)
    await job.prints(b"\n")
    await eventually(lambda: asyncio.to_thread(_has_zombie_child, "sleep\x00305\x00"), bool)

    await job.remote.cancel()
    status = await job.over()

    assert status.receipt == Receipt(1, 1, 0, 0, 0)


def _has_zombie_child(command: str) -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked
            state, parent = (folder / "stat").read_text().rpartition(") ")[2].split()[:2]
            if state == "Z" and command == Path(f"/proc/{parent}/cmdline").read_text():
                return True
    return False


async def test_cancel_outruns_a_script_that_forks_all_the_time(shell_job: NewJob) -> None:
    """What is born between a count and the kill is seen by the next count."""
    job = shell_job()

    status = await _cancelled(job, FORKING, grace_s=1)

    assert status.receipt is not None
    assert status.receipt.on_kill >= 2
    assert status.receipt.left_session >= 2
    assert status.receipt.remaining == 0
    assert processes_of(job) == []


async def test_cancel_tells_of_what_it_may_not_end(another: NewJob, root_perl: Path) -> None:
    """A process that became another user's stays, and is not said to be ended."""
    job = another()
    become = "$< = $> = 0; open F, q(>me); print F $$; close F; sleep 300"

    await job.start(
        f"{root_perl} -e '{become}' >/dev/null 2>&1 & until [ -s me ]; do sleep 0.02; done; "
        "cat me; echo; echo ready; wait",
        grace_s=1,
    )
    await job.prints(b"ready\n")
    await job.remote.cancel()
    status = await job.over()
    os.kill(int(bytes((await job.follow()).out).split()[0]), signal.SIGKILL)

    assert status.receipt == Receipt(2, 1, 0, 0, 1)
    assert status.receipt.words == "2 processes: 1 ended on TERM; 1 still there"


@pytest.fixture
def root_perl(sshd: Sshd) -> Path:
    """Make a perl that may become root."""
    if os.getuid() != 0:
        pytest.skip("Only root can make a program that becomes root.")
    perl = sshd.make_home("perl") / "perl"
    shutil.copy("/usr/bin/perl", perl)
    perl.chmod(0o4755)
    return perl


async def test_timeout_is_enforced_with_nobody_connected(shell_job: NewJob) -> None:
    """The host itself ends the run when its time is up, and says so."""
    job = shell_job()
    await job.start(STUBBORN, timeout_s=1, grace_s=1)

    status = await job.over()

    assert status.reason == "timeout"
    assert status.receipt is not None
    assert status.receipt.processes >= 2
    assert processes_of(job) == []


async def test_what_a_script_leaves_behind_is_ended_with_it(another: NewJob) -> None:
    """A daemon of a script that ended by itself is ended too, and the exit status stays true."""
    job = another()
    await job.start(DAEMON)

    status = await job.over()

    assert (status.reason, status.exit_status) == ("exit", 0)
    assert status.receipt is not None
    assert (status.receipt.left_session, status.receipt.remaining) == (1, 0)
    assert processes_of(job) == []


async def test_a_helper_that_finishes_by_itself_is_waited_for(another: NewJob) -> None:
    """What a background process prints within a moment of the end is kept; nothing is killed."""
    job = another()

    await job.start("(sleep 0.3; echo late) & echo early")
    taken = await job.follow()

    assert bytes(taken.out) == b"early\nlate\n"
    assert (await job.remote.status()).receipt is None


async def test_cancel_of_what_is_over_changes_nothing(another: NewJob) -> None:
    """The end was recorded first; that is what stays true."""
    job = another()
    await job.start("exit 4")
    before = await job.over()

    after = await job.remote.cancel()

    assert after == before


async def test_cancel_of_an_unknown_run_says_gone(another: NewJob) -> None:
    """There is nothing to stop, and nothing is created by asking."""
    assert (await another().remote.cancel()).state is RemoteState.GONE


async def test_cancel_of_a_run_that_is_being_started(shell_job: NewJob) -> None:
    """Whoever was told that it starts or runs can rely on its being ended."""
    told = []
    begun = time.monotonic()
    await shell_job().start("exit 0")
    usual_s = time.monotonic() - begun

    for part in (0, 0.2, 0.4, 0.6, 0.8, 1, None):  # None: once it was started
        job = shell_job()
        starting = asyncio.create_task(job.start("sleep 300", grace_s=1))
        await (starting if part is None else asyncio.sleep(part * usual_s))
        status = await job.remote.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        if status.state is RemoteState.GONE:  # it came too early, or nothing will be launched
            await job.remote.cancel()
        else:
            told.append((await job.over()).reason)

    assert set(told) == {"cancel"}


async def test_cancel_twice_is_one_cancel(another: NewJob) -> None:
    """A second click finds the first at work."""
    job = another()
    await job.start(STUBBORN, grace_s=1)
    await job.prints(b"ready\n")

    await job.remote.cancel()
    await job.remote.cancel()

    assert (await job.over()).reason == "cancel"


async def test_remove_leaves_a_running_run_alone(another: NewJob) -> None:
    """Only finished runs are removed."""
    job = another()
    await job.start("echo ready; sleep 300")
    await job.prints(b"ready\n")

    await job.remote.remove()

    assert (await job.remote.status()).state is RemoteState.RUNNING
    await job.remote.cancel()
    await job.over()


async def test_cancel_is_seen_at_once(another: NewJob) -> None:
    """The watchdog is woken; nobody waits for its next round."""
    job = another()
    await job.start("echo ready; sleep 300")
    await job.prints(b"ready\n")

    await job.remote.cancel()

    over = await eventually(
        job.remote.status, lambda s: s.state is RemoteState.EXITED, within_s=2.5
    )
    assert over.receipt == Receipt(2, 2, 0, 0, 0)
    assert over.receipt.words == "2 processes: 2 ended on TERM; none remain"
