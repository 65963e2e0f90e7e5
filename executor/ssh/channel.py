"""One command on a pooled connection, all of its answer at once; for long output see ``follow``.

None of asyncssh's stream API is used anywhere: it decodes strictly (one bad byte closes the
connection for every run on it), and takes a lost connection for an end.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import asyncssh

from db.model.errors import AttemptError
from executor.ssh.pool import OPEN_S, Hosts
from executor.ssh.target import Target

_MOST = 1 << 20  # bytes of an answer that are kept; ours are a line
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it printed."""

    exit_status: int  #: -1 if a signal ended it
    out: bytes
    err: bytes


class _Collector(asyncssh.SSHClientSession[bytes]):
    def __init__(self) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self.over = asyncio.Event()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        kept = self.out if datatype is None else self.err
        kept += data[: _MOST - len(kept)]

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # told by the missing exit status
        self.over.set()


async def ask(
    hosts: Hosts,
    target: Target,
    command: str,
    data: bytes = b"",
    *,
    timeout_s: float = _ANSWER_S,
    once: bool = False,
) -> Answer:
    """Return the answer to *command*, which gets *data* on its standard input.

    Tried again if the connection dies, unless *once*: the second answer may hide what the first
    one did. Raises what asyncssh raises; ConnectionLost also when the end of the command is not
    known.
    """
    try:
        return await _ask_once(hosts, target, command, data, timeout_s)
    except (asyncssh.ConnectionLost, ConnectionError) as lost:
        if once:
            raise
        try:
            return await _ask_once(hosts, target, command, data, timeout_s)
        except AttemptError:
            # "Refused" would sound as if nothing had been sent, but the first one may have arrived.
            raise lost from None


async def _ask_once(
    hosts: Hosts, target: Target, command: str, data: bytes, timeout_s: float
) -> Answer:
    open_s = min(timeout_s, OPEN_S)
    async with hosts.session(target, _Collector, command, open_s=open_s) as (channel, session):
        # It may have ended before reading all of it.
        with contextlib.suppress(BrokenPipeError, ConnectionError):
            channel.write(data)
            channel.write_eof()
        async with asyncio.timeout(timeout_s):
            await session.over.wait()
        status = channel.get_exit_status()
        if status is None and channel.get_exit_signal() is None:
            raise asyncssh.ConnectionLost("the connection was lost before the command ended")
        return Answer(-1 if status is None else status, bytes(session.out), bytes(session.err))
