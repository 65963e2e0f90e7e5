"""One login: pinned host key, named key or agent, perhaps through a jump host. Nothing is guessed.

``~/.ssh/config`` and ``known_hosts`` of Ferry's machine are not read: what an environment says is
all that counts.
"""

import asyncio
from typing import Any

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.ssh.errors import KeyUnusable, classify
from executor.ssh.hostkeys import Witness, pins_of, refusal
from executor.ssh.keys import ReadSecret, client_keys
from executor.ssh.target import Target, jump_of


class Login:
    """Opens connections; ``connect`` tries once."""

    def __init__(self, read_secret: ReadSecret, *, timeout_s: float, keepalive_s: float) -> None:
        self._read_secret = read_secret
        self._timeout_s = timeout_s
        self._keepalive_s = keepalive_s
        self._closing: set[asyncio.Task[None]] = set()

    async def connect(self, target: Target) -> asyncssh.SSHClientConnection:
        """Return a new connection to *target*; AttemptError in words otherwise."""
        jump = jump_of(target)
        if jump is None:
            return await self._handshake(target, None)
        tunnel = await self._handshake(jump, None)
        try:
            connection = await self._handshake(target, tunnel)
        except BaseException:
            tunnel.abort()
            raise
        closing = asyncio.create_task(_close_after(connection, tunnel), name="ssh-jump")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return connection

    async def _handshake(
        self, target: Target, tunnel: asyncssh.SSHClientConnection | None
    ) -> asyncssh.SSHClientConnection:
        timeout_s = target.connect_timeout_s or self._timeout_s
        witness = Witness()
        pins = pins_of(target)
        try:
            keys = await client_keys(target, self._read_secret)
            agent: dict[str, Any] = {} if keys is None else {"agent_path": None}
            return await asyncssh.connect(
                target.host,
                target.port,
                username=target.user,
                client_keys=keys or [],
                known_hosts=(pins.trusted, [], pins.revoked),
                server_host_key_algs=pins.algorithms,
                client_factory=lambda: witness,
                tunnel=tunnel or (),
                config=None,
                preferred_auth="publickey",
                encryption_algs="^aes128-gcm@openssh.com",  # nearly twice as fast as the default
                compression_algs=None,
                connect_timeout=timeout_s,
                login_timeout=timeout_s,
                keepalive_interval=self._keepalive_s,
                keepalive_count_max=3,
                **agent,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            raise refusal(target, pins, witness.shown) from error
        except asyncssh.ChannelOpenError as error:
            raise _not_beyond_jump(target, error) from error
        except (KeyUnusable, asyncssh.Error, OSError, ValueError) as error:
            raise classify(error, target=target, connecting=True) from error


def _not_beyond_jump(target: Target, error: asyncssh.ChannelOpenError) -> AttemptError:
    return AttemptError(
        Category.CONNECTION_ERROR,
        f"The jump host {target.proxy_jump} does not reach {target.address}: {error.reason}.",
        detail="UNREACHABLE",
        hint="Is the machine up, and may the jump host forward to it (AllowTcpForwarding)?",
        retry_safe=True,
    )


async def _close_after(
    connection: asyncssh.SSHClientConnection, tunnel: asyncssh.SSHClientConnection
) -> None:
    await connection.wait_closed()
    tunnel.close()
    await tunnel.wait_closed()
