"""Whole runs, on hosts whose sh is dash, bash and busybox."""

import asyncio
from collections.abc import Callable

from db.model.output import Stream
from executor.ssh.remote import FollowEnd, RemoteState, RemoteStatus
from tests.support.remote import Job

NewJob = Callable[[], Job]


async def test_run_from_start_to_removal(shell_job: NewJob) -> None:
    """What the script printed, its exit status and its times are told, then nothing is left."""
    job = shell_job()

    launched = await job.start("echo out; echo err >&2; exit 3")
    taken = await job.follow()
    status = await job.remote.status()
    await job.remote.remove()

    assert launched
    assert (bytes(taken.out), bytes(taken.err), taken.end) == (
        b"out\n",
        b"err\n",
        FollowEnd.COMPLETE,
    )
    assert (status.state, status.exit_status, status.reason) == (RemoteState.EXITED, 3, "exit")
    assert (status.out_size, status.err_size) == (4, 4)
    assert status.receipt is None
    assert status.started_at is not None
    assert status.ended_at is not None
    assert 0 <= status.ended_at - status.started_at <= 5
    assert (await job.remote.status()).state is RemoteState.GONE


async def test_output_arrives_while_it_runs(shell_job: NewJob) -> None:
    """A line is there before the script ends."""
    job = shell_job()

    await job.start("echo first; while [ ! -e go ]; do sleep 0.05; done; echo second")
    await job.prints(b"first\n")
    running = await job.remote.status()
    await job.remote.cancel()

    assert (running.state, running.out_size) == (RemoteState.RUNNING, 6)


async def test_one_follower_waits_for_as_long_as_nothing_comes(shell_job: NewJob) -> None:
    """A quiet run is followed by one command, not by one after the other."""
    job = shell_job()

    await job.start("sleep 2; echo late")

    await job.prints(b"late\n")


async def test_every_byte_arrives_on_both_streams(shell_job: NewJob) -> None:
    """NUL, bytes that are not UTF-8, missing newlines and 300 kB of each stream come unchanged."""
    job = shell_job()
    every = "".join(f"\\{number:03o}" for number in range(256))

    await job.start(
        f"""i=0; while [ $i -lt 1200 ]; do
        printf '{every}'; printf '{every}' >&2; i=$((i + 1))
        done; printf end; printf fin >&2"""
    )
    taken = await job.follow()

    assert bytes(taken.out) == bytes(range(256)) * 1200 + b"end"
    assert bytes(taken.err) == bytes(range(256)) * 1200 + b"fin"


async def _ended(job: Job, text: str) -> RemoteStatus:
    await job.start(text)
    await job.follow()
    return await job.remote.status()


async def test_exit_status_is_told(shell_job: NewJob) -> None:
    """The script's own exit status, also the ones that shells use themselves."""
    numbers = [0, 1, 2, 126, 127, 130, 255]

    ends = await asyncio.gather(*(_ended(shell_job(), f"exit {number}") for number in numbers))

    assert [end.exit_status for end in ends] == numbers


async def test_killed_by_a_signal_from_outside(shell_job: NewJob) -> None:
    """A signal is named, and the reason is not ours."""
    texts = [f"kill -s {name} $$; sleep 5" for name in ("KILL", "TERM")]

    ends = await asyncio.gather(*(_ended(shell_job(), text) for text in texts))

    assert [(end.exit_status, end.signal, end.reason) for end in ends] == [
        (137, "KILL", "exit"),
        (143, "TERM", "exit"),
    ]


async def test_opening_dev_stderr_does_not_empty_the_output(shell_job: NewJob) -> None:
    """`> /dev/stderr` truncates where output is a plain file; here nothing is lost."""
    job = shell_job()

    await job.start("echo one >&2; echo two >/dev/stderr; echo three >&2")
    taken = await job.follow()

    assert bytes(taken.err) == b"one\ntwo\nthree\n"


async def test_script_sees_no_program_no_supervisor_and_no_input(shell_job: NewJob) -> None:
    """The program is off the disk before its first line, and standard input is empty."""
    job = shell_job()

    await job.start('ls -a; cat; echo "umask $(umask)"; echo "${LC_ALL-unset}"; echo $FERRY_RUN')
    taken = await job.follow()
    words = bytes(taken.out).decode().split()

    assert not [word for word in words if word.startswith("program")]
    assert words[-4:] == ["umask", words[-3], "unset", f"{job.id};"]
    assert words[-3] in {"0022", "022", "0002", "002"}


async def test_follow_from_an_offset_gives_the_rest(shell_job: NewJob) -> None:
    """Offsets are bytes of each stream; what was stored is not sent again."""
    job = shell_job()
    await job.start("printf 0123456789; printf abcdef >&2")
    await job.follow()
    rest = {Stream.OUT: b"", Stream.ERR: b""}

    async with job.remote.follow(4, 5) as follower:
        async for chunks in follower.chunks():
            for stream, data in chunks:
                rest[stream] += data

    assert rest == {Stream.OUT: b"456789", Stream.ERR: b"f"}
    assert follower.outcome is FollowEnd.COMPLETE


async def test_output_over_the_limit_is_cut_and_the_script_goes_on(shell_job: NewJob) -> None:
    """What is beyond the limit is dropped, told, and does not end the script."""
    job = shell_job()

    await job.start(
        "i=0; while [ $i -lt 200 ]; do printf '%01024d' 0; i=$((i + 1)); done; echo ok >&2; exit 7",
        max_bytes=100 * 1024,
    )
    taken = await job.follow()
    status = await job.remote.status()

    assert (len(taken.out), bytes(taken.err)) == (100 * 1024, b"ok\n")
    assert status.truncated == frozenset({Stream.OUT})
    assert status.exit_status == 7
