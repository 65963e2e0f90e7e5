"""A slow reader holds the server back; memory stays bounded."""

import asyncio

from db.model.execution import Stream
from executor.ssh.follow import HIGH_WATER, FollowSession, Wake
from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.remote import Job
from tests.support.waiting import until

_WINDOW = 1 << 20


async def test_slow_reader_keeps_queues_bounded(hosts: Hosts, target: Target) -> None:
    """Asyncssh 2.24.1 grants a window too many after each pause; our session must not let it."""
    most = 0
    mark = r"printf '\036go\n'"

    async with hosts.session(
        target, lambda: FollowSession("go"), f"{mark}; {mark} >&2; head -c 300000000 /dev/zero"
    ) as (channel, session):
        for _ in range(20):
            assert await session.take()
            queued = sum(len(data) for data, _ in channel._recv_buf)
            most = max(most, queued + session._waiting)
            await asyncio.sleep(0.05)  # the slow reader: much less than the server could send

    assert most <= HIGH_WATER + 3 * _WINDOW


async def test_reader_is_woken_when_it_is_told_or_a_lot_waits_or_all_is_over(
    hosts: Hosts, target: Target
) -> None:
    """Till then lines gather, and each stream's are one chunk."""
    wakes: list[Wake] = []
    mark = r"printf '\036go\n'"
    script = "for n in 1 2 3; do echo $n; sleep 0.05; done; echo no >&2; read go"
    script += "; head -c 50000 /dev/zero; read go; echo last"

    async with hosts.session(
        target, lambda: FollowSession("go", wakes.append), f"{mark}; {mark} >&2; {script}"
    ) as (channel, session):
        await until(lambda: len(session._chunks) >= 4, "the lines are here")
        taking = asyncio.create_task(session.take())
        done, _ = await asyncio.wait({taking}, timeout=0.1)
        (wake,) = wakes
        wake()
        told = await taking
        channel.write(b"\n")
        ((stream, lots),) = await session.take()
        rest = b""
        while len(lots + rest) < 50_000:
            await until(lambda: session._chunks, "more is here")
            wakes[-1]()
            ((_, more),) = await session.take()
            rest += more
        for late in wakes:  # what they wake for was taken already
            late()
        channel.write(b"\n")
        ((_, last),) = await session.take()

    assert not done
    assert sorted(told) == [(Stream.ERR, b"no\n"), (Stream.OUT, b"1\n2\n3\n")]
    assert stream is Stream.OUT
    assert len(lots) >= 1 << 15
    assert lots + rest + last == bytes(50_000) + b"last\n"


async def test_fifty_megabytes_come_through(job: Job) -> None:
    """Pausing and resuming thousands of times loses nothing."""
    await job.start("head -c 50000000 /dev/zero; head -c 3000000 /dev/zero >&2")

    taken = await job.follow()

    assert (len(taken.out), len(taken.err)) == (50_000_000, 3_000_000)
