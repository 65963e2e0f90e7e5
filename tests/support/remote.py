"""What tests of remote runs say again and again, in few words."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from db.model.errors import AttemptError
from db.model.output import Stream
from executor.ssh.pool import Hosts
from executor.ssh.remote import FollowEnd, RemoteRun, RemoteState, RemoteStatus
from executor.ssh.target import Target
from tests.support.sshd import Host

T = TypeVar("T")


def target_to(server: Host, **changes: str | int) -> Target:
    """Return the target that logs in to *server* properly, but for *changes*."""
    right = Target(
        host=server.address,
        port=server.port,
        user=server.user,
        key_path=server.key_path,
        passphrase_ref="",
        proxy_jump="",
        host_key=server.host_key,
    )
    return replace(right, **changes)  # type: ignore[arg-type]


def script(text: str) -> bytes:
    """Return a program for the supervisor that is the sh script *text*."""
    return f"main() {{\nexec </dev/null\n{text}\n}}\nmain\n".encode()


async def refused(hosts: Hosts, target: Target) -> AttemptError:
    """Return why *target* cannot be reached."""
    with pytest.raises(AttemptError) as caught:
        async with hosts.connection(target):
            pass
    return caught.value


@dataclass
class Taken:
    """What came of a run's output, and how it ended."""

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    end: FollowEnd | None = None
    cuts: int = 0

    def keep(self, stream: Stream, data: bytes) -> None:
        """Add what came."""
        (self.out if stream is Stream.OUT else self.err).extend(data)


class Job:
    """A run with a name of its own, and the usual limits."""

    def __init__(self, hosts: Hosts, target: Target) -> None:
        self.id = uuid.uuid4().hex
        self.remote = RemoteRun(hosts, target, self.id)

    async def start(
        self, text: str, *, timeout_s: int = 60, grace_s: int = 2, max_bytes: int = 1 << 28
    ) -> bool:
        """Start the sh script *text*."""
        return await self.remote.start(
            script(text), timeout_s=timeout_s, grace_s=grace_s, max_bytes=max_bytes
        )

    async def follow(self, taken: Taken | None = None) -> Taken:
        """Return all its output, followed again from where it was after every cut."""
        taken = taken or Taken()
        while taken.end in {None, FollowEnd.LEASE_OVER}:
            try:
                async with self.remote.follow(len(taken.out), len(taken.err)) as follower:
                    async for chunks in follower.chunks():
                        for stream, data in chunks:
                            taken.keep(stream, data)
                    taken.end = follower.outcome
            except AttemptError:
                taken.cuts += 1
        return taken

    async def over(self) -> RemoteStatus:
        """Return the status once the run is over."""
        return await eventually(self.remote.status, lambda s: s.state is RemoteState.EXITED)

    async def prints(self, text: bytes) -> None:
        """Wait until its output holds *text*."""
        taken = Taken()
        async with self.remote.follow(0, 0) as follower:
            async for chunks in follower.chunks():
                for stream, data in chunks:
                    taken.keep(stream, data)
                if text in taken.out:
                    return
        raise AssertionError(f"it ended without printing {text!r}: {bytes(taken.out)!r}")


def calls_of(job: Job, verb: str) -> list[str]:
    """Return the command lines of the processes on the host that do *verb* for *job*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended while we looked
            words = path.read_text(errors="replace").replace("\0", " ")
            if f" {verb} {job.id} " in words:
                found.append(words)
    return found


async def eventually(
    ask: Callable[[], Awaitable[T]], is_right: Callable[[T], bool], *, within_s: float = 15
) -> T:
    """Return what *ask* returns as soon as it is right."""
    deadline = time.monotonic() + within_s
    while not is_right(answer := await ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer} after {within_s} s")
        await asyncio.sleep(0.05)
    return answer
