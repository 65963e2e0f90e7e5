"""Output of a run as it grows, from byte offsets on, with bounded memory.

The two streams of the SSH session are the run's two streams, byte for byte; only a marker line
stands before each, since login files may print. If the reader is slow, reading is paused, sshd
blocks, and the output waits in its files on the host: the script is never held up.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Self

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.output import Stream
from executor.ssh import helper
from executor.ssh.errors import classify
from executor.ssh.pool import Hosts
from executor.ssh.target import Target

HIGH_WATER = 1 << 20  # bytes waiting for the reader before the channel is paused
_ENOUGH = 1 << 15  # bytes waiting that are worth taking at once: about what a packet holds
# For how long a follower lives on the host without being asked again. Each has its own: what began
# together must not come again together.
_LEASE_S = range(90, 180)
_A_CHUNK = 128  # bytes of memory that a chunk takes, however little is in it
_NOISE = 1 << 16  # bytes of a login file's chatter that are looked through for the marker

Chunk = tuple[Stream, bytes]
Wake = Callable[[], None]
Soon = Callable[[Wake], None]


class FollowEnd(StrEnum):
    """Why a follower ended."""

    COMPLETE = "complete"  #: the run is over, and every byte was delivered
    LEASE_OVER = "lease_over"  #: it still runs: follow again
    SUPERVISOR_DEAD = "supervisor_dead"  #: every byte there is was delivered, no more will come
    GONE = "gone"  #: the host knows of no such run


_ENDS = {
    0: FollowEnd.COMPLETE,
    66: FollowEnd.GONE,
    75: FollowEnd.LEASE_OVER,
    76: FollowEnd.SUPERVISOR_DEAD,
}
_COME_AGAIN = 77  # the run ended while we followed: what is left is sent by the next call


class FollowSession(asyncssh.SSHClientSession[bytes]):
    """Both streams of one follow command; ``take`` returns what came since.

    *soon* is given what wakes the reader when the first bytes wait for it, and may put that off:
    a reader that takes many lines together has less to do. Once a lot waits, it is woken anyhow.
    """

    def __init__(self, mark: str, soon: Soon = lambda wake: wake()) -> None:
        self._soon = soon
        self._mark = b"\x1e" + mark.encode() + b"\n"
        self._noise: dict[Stream, bytes] = {Stream.OUT: b"", Stream.ERR: b""}
        self._chunks: list[Chunk] = []
        self._waiting = 0
        self._is_paused = False
        self._is_resuming = False
        self._news = asyncio.Event()
        self._channel: asyncssh.SSHClientChannel[bytes]
        self.is_over = False

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Keep the channel, to pause it."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Queue *data*, less the noise before the marker; pause when the reader lags."""
        stream = Stream.OUT if datatype is None else Stream.ERR
        if stream in self._noise:
            data = self._after_mark(stream, data)
        if not data:
            return
        is_first = not self._chunks
        self._chunks.append((stream, data))
        self._waiting += len(data) + _A_CHUNK
        if self._waiting >= _ENOUGH:
            self._news.set()
        elif is_first:
            self._soon(self._news.set)
        self._pause_if_full()

    def _after_mark(self, stream: Stream, data: bytes) -> bytes:
        seen = self._noise[stream] + data
        noise, mark, rest = seen.partition(self._mark)
        if mark:
            del self._noise[stream]
            return rest
        self._noise[stream] = noise[-_NOISE:]
        return b""

    def _pause_if_full(self) -> None:
        if self._waiting > HIGH_WATER and not self._is_paused and not self._is_resuming:
            self._is_paused = True
            self._channel.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake the reader: the command has ended, or the line is cut (then without exit status)."""
        del exc
        self.is_over = True
        self._news.set()

    async def take(self) -> list[Chunk]:
        """Return what came since the last call, a chunk where the stream changes.

        Waits for at least one; empty when all is over.
        """
        await self._news.wait()
        while not self._chunks and not self.is_over:  # woken for what a lot took along
            self._news.clear()
            await self._news.wait()
        chunks, self._chunks, self._waiting = self._chunks, [], 0
        if not self.is_over:
            self._news.clear()
        # What comes then is not among what was taken: whoever is told of it first has that in hand.
        asyncio.get_running_loop().call_soon(self._resume)
        together = groupby(chunks, key=itemgetter(0))
        return [(stream, b"".join(data for _, data in some)) for stream, some in together]

    def _resume(self) -> None:
        """Let data come again.

        asyncssh 2.24.1 grants the server a whole new window for each packet that it delivers after
        a pause; pausing again while it hands over what it queued would let that queue grow without
        bound. So the pause waits until it is done.
        """
        if not self._is_paused or self.is_over:
            return
        self._is_paused = False
        self._is_resuming = True
        self._channel.resume_reading()
        self._is_resuming = False
        self._pause_if_full()


class Follower:
    """An open follow command; ``chunks`` once, then ``outcome``."""

    def __init__(
        self, hosts: Hosts, target: Target, run_id: str, out: int, err: int, soon: Soon
    ) -> None:
        self._soon = soon
        self._hosts = hosts
        self._target = target
        self._run_id = run_id
        self._offsets = {Stream.OUT: out, Stream.ERR: err}
        self._stack = AsyncExitStack()
        self._channel: asyncssh.SSHClientChannel[bytes]
        self._session: FollowSession
        self._outcome: FollowEnd | None = None

    @property
    def outcome(self) -> FollowEnd:
        """Why it ended; only after ``chunks`` did."""
        if self._outcome is None:
            raise RuntimeError("read chunks() to its end before asking for the outcome")
        return self._outcome

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def chunks(self) -> AsyncIterator[list[Chunk]]:
        """Yield output as it comes; AttemptError when the line is cut or the host cannot go on."""
        installed = False
        while True:
            while chunks := await self._session.take():
                for stream, data in chunks:
                    self._offsets[stream] += len(data)
                yield chunks
            status = self._channel.get_exit_status()
            if status == helper.MISSING and not installed:
                installed = True
                await helper.install(self._hosts, self._target)
            elif status != _COME_AGAIN:
                self._outcome = self._end(status)
                return
            await self._stack.aclose()
            await self._open()

    async def _open(self) -> None:
        mark = secrets.token_hex(8)
        line = helper.call_text(
            "follow",
            self._run_id,
            self._offsets[Stream.OUT],
            self._offsets[Stream.ERR],
            secrets.choice(_LEASE_S),
            mark,
        )
        make: Callable[[], FollowSession] = lambda: FollowSession(mark, self._soon)  # noqa: E731
        self._channel, self._session = await self._stack.enter_async_context(
            self._hosts.session(self._target, make, line)
        )

    def _end(self, status: int | None) -> FollowEnd:
        if status in _ENDS:
            return _ENDS[status]
        if status is None:
            lost = asyncssh.ConnectionLost("cut while following")
            raise classify(lost, target=self._target) from lost
        raise AttemptError(
            Category.CONNECTION_ERROR,
            f"Following the run on {self._target.address} ended with exit status {status}.",
            detail="LOST",
            hint="Ferry tries again from where it was.",
        )
