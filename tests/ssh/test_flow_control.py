"""A slow reader holds the server back; memory stays bounded."""

import asyncio
import hashlib
import random
from itertools import pairwise

import pytest

from db.model.output import Stream
from executor.ssh.follow import HIGH_WATER, FollowSession, Wake
from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.remote import Job
from tests.support.sshd import Sshd
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


async def test_what_comes_once_there_is_room_is_told_after_what_was_taken(
    hosts: Hosts, target: Target
) -> None:
    """Whoever takes for read all that they were told of is right when they have it in hand."""
    mark = r"printf '\036go\n'"

    async with hosts.session(
        target, lambda: FollowSession("go"), f"{mark}; {mark} >&2; head -c 9000000 /dev/zero"
    ) as (channel, session):
        for _ in range(3):
            await until(lambda: session._is_paused and channel._recv_buf, "it is held back")
            assert await session.take()
            assert not session._chunks
            await until(lambda: session._chunks, "it goes on")


async def test_many_small_pieces_are_held_back_as_well(hosts: Hosts, target: Target) -> None:
    """What holds a byte takes more memory than that."""
    mark = r"printf '\036go\n'"

    async with hosts.session(
        target, lambda: FollowSession("go"), f"{mark}; {mark} >&2; read forever"
    ) as (_, session):
        await until(lambda: not session._noise, "both marks are here")
        for _ in range(10_000):
            session.data_received(b"x", None)
        assert session._is_paused
        assert await session.take() == [(Stream.OUT, b"x" * 10_000)]


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


async def test_what_is_taken_together_keeps_the_order_in_which_it_came(
    hosts: Hosts, target: Target
) -> None:
    """Across streams as far as arrival tells; and the end is an end however often it is asked."""
    mark = r"printf '\036go\n'"
    script = "for n in 1 2 3 4; do echo $n; sleep 0.1; echo no $n >&2; sleep 0.1; done; read go"

    async with hosts.session(
        target, lambda: FollowSession("go", lambda _: None), f"{mark}; {mark} >&2; {script}"
    ) as (channel, session):
        await until(lambda: len(session._chunks) == 8, "all of it is here")
        channel.write(b"\n")
        await until(lambda: session.is_over, "it is over")
        async with asyncio.timeout(5):
            taken = [await session.take() for _ in range(3)]

    told = [
        (stream, f"{'no ' * (stream is Stream.ERR)}{n}\n".encode())
        for n in (1, 2, 3, 4)
        for stream in (Stream.OUT, Stream.ERR)
    ]
    assert taken == [told, [], []]


async def test_fifty_megabytes_come_through(job: Job) -> None:
    """Pausing and resuming thousands of times loses nothing."""
    await job.start("head -c 50000000 /dev/zero; head -c 3000000 /dev/zero >&2")

    taken = await job.follow()

    assert (len(taken.out), len(taken.err)) == (50_000_000, 3_000_000)


_BABBLE = """import os, random, sys, time
dice = random.Random(int(sys.argv[1]))
for _ in range(300):
    stream = dice.choice((1, 2))
    data = dice.randbytes(dice.choice((1, 7, 300, 5_000, 40_000, 150_000)))
    while data:
        data = data[os.write(stream, data):]
    if dice.random() < 0.3:
        time.sleep(dice.uniform(0, 0.02))
"""


@pytest.mark.parametrize("seed", range(3))
async def test_whenever_it_comes_and_whoever_wakes_nothing_is_missing(
    hosts: Hosts, target: Target, sshd: Sshd, seed: int
) -> None:
    """Each stream's bytes in their order; wakes early, late, twice, or of sessions long over."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    loop = asyncio.get_running_loop()
    script = sshd.host.home / "babble.py"
    script.write_text(_BABBLE)
    wakes: list[Wake] = []

    def soon(wake: Wake) -> None:
        wakes.append(wake)
        if dice.random() < 0.3:
            wake()
        loop.call_later(dice.uniform(0, 0.2), wake)
        if dice.random() < 0.3:
            loop.call_later(dice.uniform(0, 0.5), dice.choice(wakes))

    mark = r"printf '\036go\n'"
    line = f"{mark}; {mark} >&2; exec python3 ~/babble.py {seed}"
    got = {Stream.OUT: b"", Stream.ERR: b""}
    async with (
        asyncio.timeout(60),
        hosts.session(target, lambda: FollowSession("go", soon), line) as (channel, session),
    ):
        while chunks := await session.take():
            assert all(one[0] is not other[0] for one, other in pairwise(chunks))
            for stream, data in chunks:
                got[stream] += data
            if dice.random() < 0.2:
                await asyncio.sleep(dice.uniform(0, 0.1))  # the reader has other things to do
        for wake in wakes:
            wake()

    assert session.is_over
    assert channel.get_exit_status() == 0
    assert {stream: _shown(data) for stream, data in got.items()} == _babbled(seed)


def _shown(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def _babbled(seed: int) -> dict[Stream, tuple[int, str]]:
    """Return what the script says."""
    dice = random.Random(seed)  # noqa: S311 - as in the script
    said = {Stream.OUT: b"", Stream.ERR: b""}
    for _ in range(300):
        stream = dice.choice((Stream.OUT, Stream.ERR))
        said[stream] += dice.randbytes(dice.choice((1, 7, 300, 5_000, 40_000, 150_000)))
        if dice.random() < 0.3:
            dice.uniform(0, 0.02)
    return {stream: _shown(data) for stream, data in said.items()}
