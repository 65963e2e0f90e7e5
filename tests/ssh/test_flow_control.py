"""A slow reader holds the server back; memory stays bounded."""

import asyncio

from executor.ssh.follow import HIGH_WATER, FollowSession
from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.remote import Job

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


async def test_fifty_megabytes_come_through(job: Job) -> None:
    """Pausing and resuming thousands of times loses nothing."""
    await job.start("head -c 50000000 /dev/zero; head -c 3000000 /dev/zero >&2")

    taken = await job.follow()

    assert (len(taken.out), len(taken.err)) == (50_000_000, 3_000_000)
