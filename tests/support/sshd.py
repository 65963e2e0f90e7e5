"""A real OpenSSH server on a loopback port with throw-away keys: what a double accepts, it may not.

Logins are those of an ordinary user. As root that is ``ferry-test``, made when missing; otherwise
it is oneself. ``HOME`` is a private directory in any case.
"""

import getpass
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_USER = "ferry-test"
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile {folder}/pid-{port}
AuthorizedKeysFile {folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100:30:200
LogLevel VERBOSE
SetEnv {environment}
{options}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where the server is, and who may log in."""

    address: str
    port: int
    user: str
    key_path: str
    stranger_path: str  #: a key that the server does not know
    host_key: str  #: what to pin
    other_host_key: str  #: a key that is not the server's
    home: Path  #: of the remote user
    environment: Mapping[str, str]


class Sshd:
    """A server that can be stopped, started again on the same port, and lose its sessions."""

    def __init__(
        self,
        program: str,
        folder: Path,
        host: Host,
        options: str = "",
        within: Sequence[str] = (),
    ) -> None:
        self.host = host
        self._program = program
        self._within = within
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"log-{host.port}"

    def start(self) -> None:
        """Listen; returns when connections are taken."""
        port = self.host.port
        config = self._folder / f"config-{port}"
        environment = " ".join(f'"{k}={v}"' for k, v in self.host.environment.items())
        config.write_text(
            _CONFIG.format(
                port=port, folder=self._folder, environment=environment, options=self._options
            )
        )
        told = len(self.log.read_text()) if self.log.exists() else 0
        self._process = subprocess.Popen(
            [*self._within, self._program, "-D", "-E", self.log, "-f", config],
            stdin=subprocess.DEVNULL,
        )
        _wait_until_listening(self._process, self.log, told)

    def stop(self) -> None:
        """Take no connections any more, and cut those there are."""
        if self._process is None:
            return
        self.cut_sessions()
        self._process.terminate()
        self._process.wait(10)
        self.cut_sessions()
        self._process = None

    def sessions(self) -> list[int]:
        """Return the processes that serve the connections there are."""
        if self._process is None or self._process.poll() is not None:
            return []
        pid = self._process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def cut_sessions(self) -> int:
        """Kill what serves the connections there are; return how many."""
        sessions = self.sessions()
        for pid in sessions:
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGKILL)
        return len(sessions)

    def variant(
        self,
        *,
        options: str = "",
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> "Sshd":
        """Return a second server, not started: other settings, same keys, user and home.

        *within*: a command that becomes the command after it, in surroundings of its own making.
        """
        old = self.host
        host = Host(
            address=old.address,
            port=free_port(),
            user=old.user,
            key_path=old.key_path,
            stranger_path=old.stranger_path,
            host_key=old.host_key,
            other_host_key=old.other_host_key,
            home=Path((environment or {}).get("HOME", str(old.home))),
            environment={**old.environment, **(environment or {})},
        )
        return Sshd(self._program, self._folder, host, options, within)

    def login_shell(self, command: str) -> "Sshd":
        """Return a server where commands run as ``<command> -c <line>``: another login shell."""
        return self.variant(options=f'ForceCommand {command} -c "$SSH_ORIGINAL_COMMAND"')

    def small_disk(self, name: str, size: str) -> "Sshd":
        """Return a server, not started, whose users' home is a disk of *size*, for example "1m"."""
        if not may_mount():
            pytest.skip("Only root can mount a small disk (in a container: with CAP_SYS_ADMIN).")
        home = self.make_home(name)
        account = pwd.getpwnam(self.host.user)
        options = f"size={size},mode=700,uid={account.pw_uid},gid={account.pw_gid}"
        # In a mount namespace of its own: it goes with the last process that was born in it.
        mount = f'mount -t tmpfs -o {options} tmpfs {shlex.quote(str(home))} && exec "$@"'
        prefix = ("unshare", "--mount", "sh", "-c", mount, "sh")
        return self.variant(environment={"HOME": str(home)}, within=prefix)

    def make_home(self, name: str) -> Path:
        """Return a new home directory of the remote user beside the usual one."""
        home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
        give(home, self.host.user)
        return home


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """Serve for the whole session; a test that stops it starts it again."""
    with private_sshd() as server:
        yield server


@contextmanager
def private_sshd() -> Iterator[Sshd]:
    """Serve for the length of the block; skip the test where there is no OpenSSH server."""
    program = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("There is no OpenSSH server here (Debian: apt-get install openssh-server).")
    folder = Path(tempfile.mkdtemp(prefix="ferry-sshd-"))
    folder.chmod(0o755)  # the remote user reads authorized_keys and has its home here
    server = Sshd(program, folder, _host(folder))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def may_mount() -> bool:
    """Tell whether servers can have mounts of their own here."""
    return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def give(path: Path, user: str) -> None:
    """Make *path*, with all in it, belong to *user*; nothing to do when that is oneself."""
    if os.getuid() != 0:
        return
    account = pwd.getpwnam(user)
    for each in (path, *path.rglob("*")):
        os.chown(each, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _host(folder: Path) -> Host:
    for name in ("host", "other", "user", "stranger"):
        subprocess.run(
            ["ssh-keygen", "-qt", "ed25519", "-N", "", "-C", name, "-f", folder / name], check=True
        )
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    user = _ordinary_user()
    home = folder / "home"
    home.mkdir()
    give(home, user)
    return Host(
        address="127.0.0.1",
        port=free_port(),
        user=user,
        key_path=str(folder / "user"),
        stranger_path=str(folder / "stranger"),
        host_key=_public(folder / "host.pub"),
        other_host_key=_public(folder / "other.pub"),
        home=home,
        environment={"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )


def _public(path: Path) -> str:
    return " ".join(path.read_text().split()[:2])


def _ordinary_user() -> str:
    if os.getuid() != 0:
        return getpass.getuser()
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    # "*": no password, but not locked either; sshd turns locked accounts away
    make = shlex.split(f"useradd --create-home --shell /bin/bash --password '*' {_USER}")
    deadline = time.monotonic() + 10
    while subprocess.run(["id", _USER], capture_output=True, check=False).returncode != 0:
        # Again, since another worker of pytest may hold the lock of /etc/passwd.
        done = subprocess.run(make, check=False, capture_output=True, text=True)
        if done.returncode != 0 and time.monotonic() > deadline:
            raise RuntimeError(f"{_USER} cannot be made: {done.stderr}")
        time.sleep(0.05)
    return _USER


def _wait_until_listening(process: "subprocess.Popen[bytes]", log: Path, told: int) -> None:
    """Return when it says so after *told* characters; a probe would be counted by tests."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log.exists() and "Server listening on" in log.read_text()[told:]:
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError(f"sshd did not start: {log.read_text() if log.exists() else 'no log'}")
