"""The line is cut in the middle of a run: nothing is lost, nothing comes twice."""

import asyncio
import hashlib
import random
from collections.abc import Callable

import pytest

from executor.ssh.pool import Hosts
from executor.ssh.remote import FollowEnd
from tests.support.proxy import Proxy
from tests.support.remote import Job, Taken, calls_of, eventually, target_to
from tests.support.sshd import Sshd

NewJob = Callable[[], Job]

# Numbered lines and bytes that are not UTF-8, a line of another length on the other stream.
CHATTER = """i=0; while [ $i -lt 300 ]; do
printf 'line %d \\377\\000 %0200d\\n' $i $i; printf 'e%d' $i >&2
i=$((i + 1)); [ $((i % 10)) -ne 0 ] || sleep 0.05
done; exit 9"""
OUT = b"".join(b"line %d \xff\x00 %0200d\n" % (i, i) for i in range(300))
ERR = b"".join(b"e%d" % i for i in range(300))


async def _cut_now_and_then(proxy: Proxy, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        proxy.cut()


@pytest.mark.parametrize("seed", [1, 2])
async def test_cut_again_and_again_nothing_is_lost_or_doubled(
    sshd: Sshd, hosts: Hosts, seed: int
) -> None:
    """Followed from the offset after each cut, both streams come out byte for byte."""
    async with Proxy(sshd.host.port) as proxy:
        job = Job(hosts, target_to(sshd.host, port=proxy.port))
        await job.start(CHATTER)

        chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
        saboteur = asyncio.create_task(_cut_now_and_then(proxy, chance))
        taken = await job.follow()
        saboteur.cancel()
        await asyncio.gather(saboteur, return_exceptions=True)
        status = await job.remote.status()

    assert taken.cuts > 0
    assert taken.end is FollowEnd.COMPLETE
    assert (hashlib.sha256(taken.out).digest(), len(taken.out)) == (
        hashlib.sha256(OUT).digest(),
        len(OUT),
    )
    assert bytes(taken.err) == ERR
    assert status.exit_status == 9


async def test_poll_follower_of_busybox_survives_cuts(shell_job: NewJob, sshd: Sshd) -> None:
    """Server processes killed in the middle, on hosts with and without GNU tail."""
    del sshd
    job = shell_job()
    await job.start(CHATTER)
    taken = Taken()

    while taken.end is not FollowEnd.COMPLETE:
        async with job.remote.follow(len(taken.out), len(taken.err)) as follower:
            seen = 0
            async for chunks in follower.chunks():
                for stream, data in chunks:
                    taken.keep(stream, data)
                    seen += len(data)
                if seen > 15_000:
                    break
            else:
                taken.end = follower.outcome

    assert bytes(taken.out) == OUT
    assert bytes(taken.err) == ERR


async def test_followers_on_the_host_end_with_the_client(shell_job: NewJob, hosts: Hosts) -> None:
    """Nothing of a follower stays behind on the host once nobody listens."""
    job = shell_job()
    await job.start("echo ready; sleep 300")
    await job.prints(b"ready\n")
    await hosts.close()

    left = await eventually(
        lambda: asyncio.to_thread(calls_of, job, "follow"), lambda found: not found
    )

    assert left == []
    await job.remote.cancel()


async def test_session_process_killed_the_script_goes_on(sshd: Sshd, hosts: Hosts) -> None:
    """Sshd's own process dies, as after a restart of the service: the run does not notice."""
    server = sshd.variant()
    server.start()
    job = Job(hosts, target_to(server.host))
    await job.start(CHATTER)

    await job.prints(b"line 20 ")
    killed = server.cut_sessions()
    taken = await job.follow()
    server.stop()

    assert killed >= 1
    assert bytes(taken.out) == OUT
