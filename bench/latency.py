"""Part c: how soon a run begins, beside OpenSSH; what the supervisor adds to a plain command."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from bench import limits
from bench.place import Place
from bench.report import Bar, Section
from bench.sizes import Sizes
from executor.ssh.channel import ask
from executor.ssh.pool import Hosts
from executor.ssh.remote import RemoteState
from executor.ssh.target import Target
from tests.support.remote import Job, script, target_to

OPENSSH = "ssh host true, OpenSSH's client"
COLD = "plain command, new connection"
PLAIN = "plain command, pooled"
STARTED = "supervised, pooled: started, says the host"
FIRST = "supervised, pooled: first output is here"
ENDED = "supervised, pooled: all output and the end are here"
_COMMAND = "echo here"

Times = Mapping[str, float]  #: seconds


async def measure(place: Place, sizes: Sizes, say: Callable[[str], None]) -> list[Section]:
    """Return one table; each round does everything once."""
    target = target_to(place.host)
    found: dict[str, list[float]] = {}
    async with _pool() as hosts:
        await _supervised(hosts, target)  # logged in, the supervisor installed
        for turn in range(sizes.starts):
            times = {
                OPENSSH: await _took(_openssh(place)),
                COLD: await _took(_cold(target)),
                PLAIN: await _took(ask(hosts, target, _COMMAND)),
                **await _supervised(hosts, target),
            }
            for name, seconds in times.items():
                found.setdefault(name, []).append(seconds * 1000)
            say(f"c {turn + 1}/{sizes.starts}")
    return [_section(found)]


async def _took(work: Awaitable[object]) -> float:
    begin = time.perf_counter()
    await work
    return time.perf_counter() - begin


@asynccontextmanager
async def _pool() -> AsyncIterator[Hosts]:
    hosts = Hosts(read_secret=str)
    try:
        yield hosts
    finally:
        await hosts.close()


async def _openssh(place: Place) -> None:
    await limits.runs(*limits.openssh(place.host, place.folder), "true")


async def _cold(target: Target) -> None:
    async with _pool() as hosts:
        await ask(hosts, target, _COMMAND)


async def _supervised(hosts: Hosts, target: Target) -> Times:
    """Run a script that prints a line, as ``executor.run`` does; return when what was known."""
    remote = Job(hosts, target).remote
    begin = time.perf_counter()
    await remote.start(script(_COMMAND), timeout_s=60, grace_s=2, max_bytes=1 << 20)
    times = {STARTED: time.perf_counter() - begin}
    async with remote.follow(0, 0) as follower:
        async for _ in follower.chunks():
            times.setdefault(FIRST, time.perf_counter() - begin)
    if (await remote.status()).state is not RemoteState.EXITED:
        raise RuntimeError("all output was there, but not the end")
    times[ENDED] = time.perf_counter() - begin
    await remote.remove()
    return times


def _section(found: Mapping[str, list[float]]) -> Section:
    section = Section("c  From asking to the answer, one command", base=OPENSSH)
    for name in (OPENSSH, COLD, PLAIN, STARTED, FIRST, ENDED):
        section.add(name, "ms", found[name])
    added = section.value(ENDED) - section.value(PLAIN)
    section.notes.append(f"The supervisor adds {added:.0f} ms to a pooled plain command.")
    first = section.against(FIRST, OPENSSH)
    section.bars.append(Bar(f"c  {FIRST} / {OPENSSH}", first, 1 / 3))
    return section
