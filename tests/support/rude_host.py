"""A host that hangs up with a reason while it is asked for a command: no sshd does so at will."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
from asyncssh.constants import MSG_DISCONNECT
from asyncssh.packet import String, UInt32

from playground.host import SampleHost
from playground.host_session import Launch, Session
from tests.support.sshd import Host

#: From the protocol's own reasons: one, one that means a refused login, one that nobody knows.
REASONS = (asyncssh.DISC_PROTOCOL_ERROR, asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, 99)


class RudeHost:
    """Answers as any host does; how it hangs up, and how often, is told while it serves."""

    def __init__(self, home: Path) -> None:
        self.sample = SampleHost(home, session=self._session)
        self.reason = asyncssh.DISC_PROTOCOL_ERROR
        self.hang_ups = 0  #: so many of the next follow commands are not answered

    def _session(self, launch: Launch) -> Session:
        return _Session(self, launch)

    @property
    def host(self) -> Host:
        """Return where it is and how to log in."""
        return Host(
            address=self.sample.address,
            port=self.sample.port,
            user=self.sample.user,
            key_path=str(self.sample.key_path),
            stranger_path="",
            host_key=self.sample.host_key,
            other_host_key="",
            home=self.sample.home,
            environment=self.sample.environment(),
        )


class _Session(Session):
    def __init__(self, rude: RudeHost, launch: Launch) -> None:
        super().__init__(launch)
        self._rude = rude

    def exec_requested(self, command: str) -> bool:
        if " follow " not in command or not self._rude.hang_ups:
            return super().exec_requested(command)
        self._rude.hang_ups -= 1
        connection = self._channel.get_connection()
        # Its own ``disconnect`` closes the channels first, as a server does that hangs up politely.
        words = UInt32(self._rude.reason), String("Enough of you."), String("")
        connection.send_packet(MSG_DISCONNECT, *words)
        connection.abort()
        return False


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[RudeHost]:
    """Serve from *home* for the length of the block."""
    rude = RudeHost(home)
    await rude.sample.start()
    try:
        yield rude
    finally:
        await rude.sample.stop()
