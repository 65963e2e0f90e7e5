"""The disk of the host is full: told where it matters, and never the end of a script."""

import shlex
from collections.abc import Callable, Iterator

import pytest

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.output import Stream
from executor.ssh.channel import ask
from executor.ssh.pool import Hosts
from executor.ssh.remote import FollowEnd, RemoteState
from executor.ssh.target import Target
from tests.support.remote import Job, eventually, target_to
from tests.support.sshd import Sshd

_BLOCK = 4096
_BLOCKS = 256
_ALIVE = (RemoteState.STARTING, RemoteState.RUNNING)

# Prints more than there is room for, says so where there was room, and goes on.
FILL = """echo begun >&2; until [ -s err ]; do sleep 0.05; done
i=0; while [ $i -lt 400 ]; do printf '%04096d' 0; i=$((i + 1)); done"""


@pytest.fixture(scope="module")
def small_server(shell_server: Sshd) -> Iterator[Sshd]:
    """Serve a host with each of the shells whose home has room for a megabyte."""
    server = shell_server.small_disk("small", f"{_BLOCK * _BLOCKS}")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def small(small_server: Sshd) -> Target:
    """Log in to the host with the small disk."""
    return target_to(small_server.host)


@pytest.fixture
def new_job(hosts: Hosts, small: Target) -> Callable[[], Job]:
    """Name runs on the host with the small disk."""
    return lambda: Job(hosts, small)


async def _sh(hosts: Hosts, target: Target, text: str) -> None:
    answer = await ask(hosts, target, f"exec sh -c {shlex.quote(text)}")
    assert answer.exit_status == 0, answer


async def _leave_room(hosts: Hosts, target: Target, blocks: int) -> None:
    """Fill the disk but for so many blocks."""
    text = (
        f"cd && rm -rf .cache/ferry/runs/* fill room && head -c {blocks * _BLOCK} /dev/zero >room"
    )
    await _sh(hosts, target, f"{text} && {{ cat /dev/zero >fill 2>/dev/null; rm room; }}")


async def _begins(job: Job, text: str = "exit 3") -> bool:
    """Return False when the host says that it has no room for the run."""
    try:
        await job.start(text)
    except AttemptError as error:
        if (error.category, error.retry_safe) != (Category.DISK_FULL, True):
            raise
        return False
    return True


async def test_start_is_told_or_done_however_much_room_there_is(
    new_job: Callable[[], Job], hosts: Hosts, small: Target
) -> None:
    """Whatever step the space runs out at: DISK_FULL and nothing begun, or a run to its end."""
    answers = []

    for blocks in [0, 1, 2, 3, 4, 5, 6, 7, 12]:
        await _leave_room(hosts, small, blocks)
        job = new_job()
        answers.append(await _begins(job))
        if answers[-1]:
            assert (await job.over()).exit_status == 3

    await _sh(hosts, small, "rm ~/fill")
    assert (answers[0], answers[-1]) == (False, True)


async def test_a_run_that_began_is_never_taken_for_lost(
    new_job: Callable[[], Job], hosts: Hosts, small: Target
) -> None:
    """Who runs it can be noted, however little room there was for it to begin in."""
    first = new_job()
    assert await _begins(first)  # the supervisor itself is there from now on
    await first.over()
    began = 0

    for blocks in range(1, 9):
        await _leave_room(hosts, small, blocks)
        job = new_job()
        if await _begins(job, "sleep 0.5; exit 3"):
            began += 1
            status = await eventually(job.remote.status, lambda s: s.state not in _ALIVE)
            assert (status.state, status.exit_status) == (RemoteState.EXITED, 3), blocks

    await _sh(hosts, small, "rm ~/fill")
    assert began


async def test_refused_start_can_be_repeated_when_there_is_room(
    new_job: Callable[[], Job], hosts: Hosts, small: Target
) -> None:
    """A start that found the disk full left nothing that is in the way of the next."""
    job = new_job()
    await _leave_room(hosts, small, 2)

    refused = not await _begins(job)
    await _sh(hosts, small, "rm ~/fill")
    launched = await job.start("exit 3")

    assert (refused, launched) == (True, True)
    assert (await job.over()).exit_status == 3


async def test_output_is_cut_and_the_end_is_recorded(new_job: Callable[[], Job]) -> None:
    """The script is not stopped, what had room is delivered, and its exit status is kept."""
    job = new_job()

    await job.start(f"{FILL}; exit 7")
    taken = await job.follow()
    status = await job.remote.status()
    await job.remote.remove()

    assert (status.state, status.exit_status) == (RemoteState.EXITED, 7)
    assert status.truncated == frozenset({Stream.OUT})
    assert (taken.end, len(taken.out)) == (FollowEnd.COMPLETE, status.out_size)
    assert 0 < len(taken.out) < _BLOCK * _BLOCKS
    assert bytes(taken.err) == b"begun\n"


async def test_cancel_is_obeyed_on_a_full_disk(new_job: Callable[[], Job]) -> None:
    """No room is needed for the request, the receipt, or the record."""
    job = new_job()
    await job.start(f"{FILL}; {FILL}; sleep 300")
    await eventually(job.remote.status, lambda s: s.out_size > _BLOCK * (_BLOCKS // 2))

    await job.remote.cancel()
    status = await job.over()
    await job.remote.remove()

    assert status.reason == "cancel"
    assert status.receipt is not None
    assert (status.receipt.processes >= 1, status.receipt.remaining) == (True, 0)


async def test_a_new_host_with_a_full_disk_is_told(shell_server: Sshd, hosts: Hosts) -> None:
    """There is not even room for the supervisor; and what came of it is gone again."""
    server = shell_server.small_disk("full", "4096")
    server.start()
    target = target_to(server.host)
    await _sh(hosts, target, "cat /dev/zero >~/fill 2>/dev/null; :")

    begun = await _begins(Job(hosts, target))
    await _sh(hosts, target, '[ -d ~/.cache/ferry ] && [ -z "$(ls -A ~/.cache/ferry)" ]')
    server.stop()

    assert not begun
