"""Connections to hosts, shared: a new one costs 100 ms, a session on an open one 5 ms.

Rules that servers impose: at most ten sessions a connection (MaxSessions; two are left for short
commands), ten logins under way (MaxStartups; we keep to eight a host), and a ban for repeated
wrong logins (PerSourcePenalties), so only a connection that was cut before the login is tried
again, after a random moment.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import asyncssh

from db.model.errors import AttemptError
from executor.ssh.errors import classify
from executor.ssh.keys import ReadSecret
from executor.ssh.login import Login
from executor.ssh.target import Target

_TRIES = 5  # of a login that the server cut off before it began
_WINDOW = 1 << 20  # bytes a server may send before we have read them; larger is not faster
OPEN_S = 15.0  #: for a session on an open connection
_SESSIONS_TRIED = 3  # one may be refused on a full connection, one lost on a dead one

S = TypeVar("S", bound=asyncssh.SSHClientSession[bytes])
Channel = asyncssh.SSHClientChannel[bytes]


@dataclass(eq=False, slots=True)
class _Link:
    """One connection, perhaps still being made, and how many use it."""

    opening: asyncio.Task[asyncssh.SSHClientConnection]
    room: int
    uses: int = 0

    @property
    def is_dead(self) -> bool:
        if not self.opening.done():
            return False
        failed = self.opening.cancelled() or self.opening.exception() is not None
        return failed or self.opening.result().is_closed()

    def close(self) -> None:
        if not self.opening.done():
            self.opening.cancel()
        elif not self.is_dead:
            self.opening.result().close()


@dataclass(slots=True)
class _Door:
    """What is kept per host and port."""

    handshakes: asyncio.Semaphore
    links: dict[Target, list[_Link]] = field(default_factory=dict)


class Hosts:
    """Lends connections; one of these a process. Call ``close`` at the end."""

    def __init__(
        self,
        *,
        read_secret: ReadSecret,
        connect_timeout_s: float = 10,
        keepalive_s: float = 10,
        runs_per_connection: int = 8,
        handshakes_per_host: int = 8,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._login = Login(read_secret, timeout_s=connect_timeout_s, keepalive_s=keepalive_s)
        self._runs_per_connection = runs_per_connection
        self._handshakes_per_host = handshakes_per_host
        self._chance = chance
        self._doors: dict[tuple[str, int], _Door] = {}

    @asynccontextmanager
    async def connection(self, target: Target) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Lend a connection with room for one more session; AttemptError if none can be had."""
        link, connection = await self._lease(target)
        try:
            yield connection
        finally:
            self._release(target, link)

    @asynccontextmanager
    async def session(
        self, target: Target, make: Callable[[], S], command: str, *, open_s: float = OPEN_S
    ) -> AsyncIterator[tuple[Channel, S]]:
        """Run *command* in a session of its own on a connection with room, bytes both ways.

        *open_s*: what the server may take to open it. Opens another connection when the server
        allows fewer sessions than expected, or the connection turns out to be dead: three tries in
        all. The channel is closed at the end.
        """
        link, channel, session = await self._open(target, make, command, open_s)
        try:
            yield channel, session
        except TimeoutError:
            self._evict(target, link)  # a host that does not answer is not asked on this line again
            raise
        finally:
            channel.abort()
            self._release(target, link)

    async def close(self) -> None:
        """Close every connection; runs go on remotely."""
        links = [
            link for door in self._doors.values() for row in door.links.values() for link in row
        ]
        self._doors.clear()
        for link in links:
            link.close()
        await asyncio.gather(*(_closed(link) for link in links), return_exceptions=True)

    # -- sessions -----------------------------------------------------------------------------

    async def _open(
        self, target: Target, make: Callable[[], S], command: str, open_s: float
    ) -> tuple[_Link, Channel, S]:
        problem: BaseException = asyncssh.ChannelOpenError(0, "no session")
        for _ in range(_SESSIONS_TRIED):
            link, connection = await self._lease(target)
            try:
                return link, *await _new_session(connection, make, command, open_s)
            except asyncssh.ChannelOpenError as error:
                problem = error
                self._release(target, link)
                link.room = link.uses  # this server allows no more of them on one connection
                if link.room == 0:
                    self._evict(target, link)
            except (asyncssh.Error, OSError) as error:
                problem = error
                self._release(target, link)
                self._evict(target, link)
            except BaseException:
                self._release(target, link)
                raise
        refused = isinstance(problem, asyncssh.ChannelOpenError)
        raise classify(problem, target=target, connecting=refused) from problem

    # -- links --------------------------------------------------------------------------------

    def _door(self, target: Target) -> _Door:
        key = (target.host, target.port)
        if key not in self._doors:
            self._doors[key] = _Door(asyncio.Semaphore(self._handshakes_per_host))
        return self._doors[key]

    async def _lease(self, target: Target) -> tuple[_Link, asyncssh.SSHClientConnection]:
        door = self._door(target)
        links = door.links.setdefault(target, [])
        links[:] = [link for link in links if not link.is_dead]
        link = next((link for link in links if link.uses < link.room), None)
        if link is None:
            opening = asyncio.create_task(self._connect(target, door), name=f"ssh-{target.address}")
            opening.add_done_callback(_looked_at)
            link = _Link(opening, self._runs_per_connection)
            links.append(link)
        link.uses += 1
        try:
            # Others wait for the same login: one who gives up must not take it from them.
            return link, await asyncio.shield(link.opening)
        except BaseException:
            self._release(target, link)
            raise

    def _release(self, target: Target, link: _Link) -> None:
        link.uses -= 1
        links = self._door(target).links.get(target, [])
        spare = any(other is not link and other.uses < other.room for other in links)
        if link.uses == 0 and (link.is_dead or link not in links or spare):
            self._evict(target, link)

    def _evict(self, target: Target, link: _Link) -> None:
        links = self._door(target).links.get(target, [])
        if link in links:
            links.remove(link)
        if link.uses <= 0:
            link.close()

    # -- logins -------------------------------------------------------------------------------

    async def _connect(self, target: Target, door: _Door) -> asyncssh.SSHClientConnection:
        """Return a new connection; AttemptError in words otherwise."""
        async with door.handshakes:
            for attempt in range(1, _TRIES + 1):
                try:
                    return await self._login.connect(target)
                except AttemptError as error:
                    if error.detail != "THROTTLED" or attempt == _TRIES:
                        raise
                await asyncio.sleep(0.05 * 2**attempt * (0.5 + self._chance()))
        raise AssertionError("unreachable")


async def _closed(link: _Link) -> None:
    await (await link.opening).wait_closed()


async def _new_session(
    connection: asyncssh.SSHClientConnection, make: Callable[[], S], command: str, open_s: float
) -> tuple[Channel, S]:
    try:
        async with asyncio.timeout(open_s):
            channel, session = await connection.create_session(
                make, command, encoding=None, window=_WINDOW
            )
    except asyncssh.DisconnectError as error:
        # Whichever reason the server hangs up for, "no such user" too: the login was over before.
        raise asyncssh.ConnectionLost(error.reason) from error
    return channel, cast("S", session)


def _looked_at(task: asyncio.Task[Any]) -> None:
    """Fetch a failure nobody waits for any more, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()
