"""The sample SSH host: real commands in a private directory, for the demo and quick tests.

It listens on 127.0.0.1 only and lets in one key. It is not a sandbox: a command can do whatever
the person who started the playground can do.
"""

import asyncio
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import asyncssh

from playground.host_session import Channel, Command, Launch, Session

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SampleHost:
    """An SSH server that runs each command as ``/bin/sh -c <command>`` in *home*.

    Its keys are kept in *key_dir* (``home/.ssh`` unless given), so a restart is the same host.
    *session* is made for each of them from what launches commands.
    """

    address = "127.0.0.1"
    user = "ferry"

    def __init__(
        self,
        home: Path,
        port: int = 0,
        *,
        key_dir: Path | None = None,
        session: Callable[[Launch], Session] = Session,
    ) -> None:
        self.home = home
        self.port = port
        self.session = session
        self._key_dir = key_dir or home / ".ssh"
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._running: dict[asyncio.Task[None], Command] = {}
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def key_path(self) -> Path:
        """The private key that the host lets in."""
        return self._key_dir / "id_ed25519"

    @property
    def host_key(self) -> str:
        """The host's public key, "ssh-ed25519 AAAA…"; known once the host has started."""
        words = (self._key_dir / "host_ed25519.pub").read_text().split()
        return " ".join(words[:2])

    async def start(self) -> None:
        """Make the keys that are missing and listen; ``port`` is then the real one."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._key_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        host_key = _kept_key(self._key_dir / "host_ed25519")
        client_key = _kept_key(self.key_path).convert_to_public()
        self._acceptor = await asyncssh.listen(
            self.address,
            self.port,
            server_factory=lambda: _Server(self, client_key),
            server_host_keys=[host_key],
            config=None,
            encoding=None,  # bytes: one bad UTF-8 byte would close the whole connection
            line_editor=False,
            allow_pty=False,
            allow_scp=False,
            compression_algs=None,
            keepalive_interval=15,  # notices clients that vanished
        )
        self.port = self._acceptor.get_port()

    async def stop(self) -> None:
        """Stop listening, cut every connection and kill the commands that still run.

        What a command left behind in a session of its own lives on, as on any host.
        """
        if self._acceptor is None:
            return
        self._acceptor.close()
        for connection in list(self._connections):
            connection.abort()
        for command in self._running.values():
            command.end()
        await asyncio.gather(*self._running)
        await self._acceptor.wait_closed()  # from Python 3.12 on it waits for the connections too
        self._acceptor = None

    def environment(self) -> dict[str, str]:
        """Return the few variables that commands see, as after a non-interactive login."""
        return {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "LOGNAME": self.user,
            "PATH": plain_path(),
            "SHELL": "/bin/sh",
            "USER": self.user,
        }

    def launch(self, line: str | None, channel: Channel) -> Command:
        """Start *line* (None: a shell that reads stdin) with its pipes joined to *channel*."""
        argv = ["/bin/sh"] if line is None else ["/bin/sh", "-c", line]
        command = Command(channel)
        running = command.run(argv, home=self.home, env=self.environment())
        task = asyncio.get_running_loop().create_task(running, name=f"sample-host: {line}")
        self._running[task] = command
        task.add_done_callback(self._running.pop)
        return command

    def connected(self, connection: asyncssh.SSHServerConnection) -> None:
        """Remember *connection*, to cut it in ``stop``."""
        self._connections.add(connection)

    def disconnected(self, connection: asyncssh.SSHServerConnection) -> None:
        """Forget *connection*."""
        self._connections.discard(connection)


class _Server(asyncssh.SSHServer):
    """One connection: lets in the one user with the one key."""

    def __init__(self, host: SampleHost, client_key: asyncssh.SSHKey) -> None:
        self._host = host
        self._client_key = client_key

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._host.connected(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._host.disconnected(self._connection)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._host.user and key.public_data == self._client_key.public_data

    def session_requested(self) -> Session:
        return self._host.session(self._host.launch)


def plain_path() -> str:
    """Return the system's PATH plus the directories of this Python and of node, if elsewhere."""
    found = [Path(sys.executable).resolve().parent]
    if node := shutil.which("node"):
        found.append(Path(node).parent)
    return ":".join(dict.fromkeys([*SYSTEM_PATH.split(":"), *map(str, found)]))


def _kept_key(path: Path) -> asyncssh.SSHKey:
    """Return the key in *path*, made there (mode 0600, with its .pub) if there is none."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment="ferry playground")
        key.write_public_key(path.with_name(f"{path.name}.pub"))
        path.touch(mode=0o600)
        key.write_private_key(path)
    return asyncssh.read_private_key(path)
