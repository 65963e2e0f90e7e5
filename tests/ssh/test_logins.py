"""Ways not to get in: each has its own category, sentence and hint."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.errors import AttemptError, InvalidInput
from executor.ssh.errors import StartUncertain
from executor.ssh.pool import Hosts
from executor.ssh.target import Target, jump_of
from tests.support.remote import Job, refused, target_to
from tests.support.sshd import Sshd, free_port


@asynccontextmanager
async def listener(say: bytes | None) -> AsyncIterator[int]:
    """Listen on a port, say something that is not SSH and hang up (None: stay silent instead)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if say is None:
            await reader.read(-1)
        else:
            writer.write(say)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_unknown_key_is_refused_and_not_retried(hosts: Hosts, sshd: Sshd) -> None:
    """The server turns the key away once; asking again would get us banned."""
    before = sshd.log.read_text().count("Connection from")

    error = await refused(hosts, target_to(sshd.host, key_path=sshd.host.stranger_path))

    assert (error.category, error.detail) == (Category.AUTHENTICATION_ERROR, "REFUSED")
    assert sshd.host.stranger_path in error.message
    assert not error.retry_safe
    assert sshd.log.read_text().count("Connection from") == before + 1


async def test_missing_key_is_a_key_problem_not_a_connection_one(hosts: Hosts, sshd: Sshd) -> None:
    """FileNotFoundError is an OSError, as a lost connection is; they must not be confused."""
    error = await refused(hosts, target_to(sshd.host, key_path="/no/such/key"))

    assert (error.category, error.detail) == (Category.AUTHENTICATION_ERROR, "KEY_CONFIG")
    assert "/no/such/key" in error.message


@pytest.fixture
def copied_key(sshd: Sshd, tmp_path: Path) -> Path:
    """Copy the right key, to spoil it."""
    path = tmp_path / "key"
    path.write_bytes(Path(sshd.host.key_path).read_bytes())
    path.chmod(0o600)
    return path


@pytest.fixture
def readable_key(copied_key: Path) -> Path:
    """Let everybody read the key."""
    copied_key.chmod(0o644)
    return copied_key


async def test_key_that_others_can_read_is_refused(
    hosts: Hosts, sshd: Sshd, readable_key: Path
) -> None:
    """As OpenSSH does, with the command that mends it."""
    error = await refused(hosts, target_to(sshd.host, key_path=str(readable_key)))

    assert error.detail == "KEY_CONFIG"
    assert error.hint == f"chmod 600 {readable_key}"


async def test_garbage_is_not_a_key(hosts: Hosts, sshd: Sshd, tmp_path: Path) -> None:
    """A file with something else in it."""
    path = tmp_path / "garbage"
    path.write_text("hello")
    path.chmod(0o600)

    error = await refused(hosts, target_to(sshd.host, key_path=str(path)))

    assert (error.detail, error.message) == ("KEY_CONFIG", f"{path} is not a private SSH key.")


@pytest.fixture
def locked_key(copied_key: Path) -> Path:
    """Put a passphrase on the key: what the reference env:KEY resolves to in these tests."""
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "the secret env:KEY", "-f", str(copied_key)]
    subprocess.run(change, check=True, stdout=subprocess.DEVNULL)
    return copied_key


async def test_passphrase_by_reference_opens_the_key(
    hosts: Hosts, sshd: Sshd, locked_key: Path
) -> None:
    """The reference is resolved when the key is read."""
    target = target_to(sshd.host, key_path=str(locked_key), passphrase_ref="env:KEY")

    async with hosts.connection(target) as connection:
        assert not connection.is_closed()


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        pytest.param("", "has a passphrase, and none is given", id="none"),
        pytest.param("env:OTHER", "does not open", id="wrong"),
    ],
)
async def test_locked_key_without_the_right_passphrase(
    hosts: Hosts, sshd: Sshd, locked_key: Path, reference: str, words: str
) -> None:
    """No passphrase and a wrong one are told apart."""
    target = target_to(sshd.host, key_path=str(locked_key), passphrase_ref=reference)

    error = await refused(hosts, target)

    assert (error.category, error.detail) == (Category.AUTHENTICATION_ERROR, "KEY_CONFIG")
    assert words in error.message


async def test_passphrase_reference_that_leads_nowhere(sshd: Sshd, locked_key: Path) -> None:
    """Whoever resolves references has its own sentence; it is part of ours."""

    def read_secret(reference: str) -> str:
        raise InvalidInput(f"There is no {reference}.")

    hosts = Hosts(read_secret=read_secret)
    target = target_to(sshd.host, key_path=str(locked_key), passphrase_ref="env:KEY")

    error = await refused(hosts, target)
    await hosts.close()

    assert error.category is Category.SECRET_UNAVAILABLE
    assert error.message.endswith("There is no env:KEY.")


@pytest.fixture
def agent(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a real ssh-agent that holds the right key."""
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", address], stdout=subprocess.DEVNULL) as process:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
        deadline = time.monotonic() + 5
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        subprocess.run(["ssh-add", "-q", sshd.host.key_path], check=True, capture_output=True)
        yield
        process.terminate()


@pytest.mark.usefixtures("agent")
async def test_agent_is_used_when_no_key_is_named(hosts: Hosts, sshd: Sshd) -> None:
    """An empty key path means the agent of Ferry's machine."""
    async with hosts.connection(target_to(sshd.host, key_path="")) as connection:
        assert not connection.is_closed()


async def test_no_key_and_no_agent_is_said(
    hosts: Hosts, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing to offer: told before the server is asked."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    error = await refused(hosts, target_to(sshd.host, key_path=""))

    assert (error.category, error.detail) == (Category.AUTHENTICATION_ERROR, "KEY_CONFIG")
    assert "no SSH agent" in error.message


async def test_closed_port_is_told_as_refused(hosts: Hosts, sshd: Sshd) -> None:
    """The sentence names host and port, the hint asks the right question."""
    port = free_port()

    error = await refused(hosts, target_to(sshd.host, port=port))

    assert (error.category, error.detail) == (Category.CONNECTION_ERROR, "REFUSED")
    assert error.message == f"127.0.0.1:{port} refused the connection."
    assert error.hint == "Is sshd running there, and is the port right?"
    assert error.retry_safe


async def test_name_without_an_address(hosts: Hosts, sshd: Sshd) -> None:
    """A name that no server knows is a DNS problem."""
    error = await refused(hosts, target_to(sshd.host, host="no-such-host.invalid"))

    assert (error.category, error.detail) == (Category.CONNECTION_ERROR, "DNS")
    assert "no-such-host.invalid" in error.message


@pytest.mark.parametrize(
    ("say", "detail"),
    [
        pytest.param(None, "CONNECT_TIMEOUT", id="silent"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "THROTTLED", id="not SSH"),
        pytest.param(b"SSH-1.5-old\r\n", "PROTOCOL", id="SSH-1"),
        pytest.param(b"", "THROTTLED", id="hangs up"),
    ],
)
async def test_server_that_is_no_ssh_server(sshd: Sshd, say: bytes | None, detail: str) -> None:
    """Silence, another protocol, an ancient one, and a door that closes are four things."""
    hosts = Hosts(read_secret=str, connect_timeout_s=0.6, chance=lambda: -0.5)
    async with listener(say) as port:
        error = await refused(hosts, target_to(sshd.host, port=port))
    await hosts.close()

    assert error.category is Category.CONNECTION_ERROR
    assert error.detail == detail


async def test_user_without_a_shell(hosts: Hosts, sshd: Sshd) -> None:
    """The login works, but no command does: told as that, with what the host said."""
    server = sshd.variant(options='ForceCommand echo "This account is not available." && exit 1')
    server.start()

    job = Job(hosts, target_to(server.host))
    with pytest.raises(AttemptError) as asked:
        await job.remote.status()
    with pytest.raises(StartUncertain) as started:  # a shell may end so after it did its work
        await job.start("exit 0")
    server.stop()

    for error in (asked.value, started.value.cause):
        assert (error.category, error.detail) == (Category.AUTHENTICATION_ERROR, "NO_SHELL")
        assert "This account is not available." in error.message


async def test_jump_host_is_gone_through(hosts: Hosts, sshd: Sshd) -> None:
    """The jump host has a pin of its own, and commands run beyond it."""
    jump = sshd.variant()
    jump.start()
    before = jump.log.read_text().count("Accepted publickey")
    through = f"{sshd.host.user}@127.0.0.1:{jump.host.port}"
    pin = jump.host.host_key
    job = Job(hosts, target_to(sshd.host, proxy_jump=through, proxy_jump_host_key=pin))

    await job.start("echo beyond")
    taken = await job.follow()
    logins = jump.log.read_text().count("Accepted publickey") - before
    await hosts.close()
    jump.stop()

    assert bytes(taken.out) == b"beyond\n"
    assert logins == 1


async def test_jump_host_that_does_not_reach_the_target(hosts: Hosts, sshd: Sshd) -> None:
    """Two machines could be at fault; the sentence says which way was closed."""
    through = f"{sshd.host.user}@127.0.0.1:{sshd.host.port}"
    port = free_port()

    pin = sshd.host.host_key
    target = target_to(sshd.host, port=port, proxy_jump=through, proxy_jump_host_key=pin)
    error = await refused(hosts, target)

    assert (error.category, error.detail) == (Category.CONNECTION_ERROR, "UNREACHABLE")
    assert error.message.startswith(f"The jump host {through} does not reach 127.0.0.1:{port}")


@pytest.mark.parametrize("wrong", ["host_key", "proxy_jump_host_key"])
async def test_jump_host_and_target_cannot_pass_for_each_other(
    hosts: Hosts, sshd: Sshd, wrong: str
) -> None:
    """Each has its own pin: a bastion that was taken over gets neither program nor secrets."""
    through = f"{sshd.host.user}@127.0.0.1:{sshd.host.port}"
    pins = dict.fromkeys(("host_key", "proxy_jump_host_key"), sshd.host.host_key)
    pins[wrong] = sshd.host.other_host_key

    error = await refused(hosts, target_to(sshd.host, proxy_jump=through, **pins))

    assert (error.category, error.detail) == (Category.SSH_HOST_KEY_ERROR, "CHANGED")


async def test_jump_host_that_is_down_is_named(hosts: Hosts, sshd: Sshd) -> None:
    """The refused address is the jump host's."""
    port = free_port()

    error = await refused(hosts, target_to(sshd.host, proxy_jump=f"127.0.0.1:{port}"))

    assert error.message == f"127.0.0.1:{port} refused the connection."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("bastion", ("deploy", "bastion", 22)),
        ("ops@bastion:2222", ("ops", "bastion", 2222)),
        ("ops@[::1]:2222", ("ops", "::1", 2222)),
        ("[::1]", ("deploy", "::1", 22)),
    ],
)
def test_jump_notation(text: str, expected: tuple[str, str, int] | None) -> None:
    """User and port may be left out; an IPv6 address stands in brackets."""
    target = Target(
        host="h",
        port=1,
        user="deploy",
        key_path="k",
        passphrase_ref="",
        proxy_jump=text,
        host_key="",
    )

    jump = jump_of(target)

    assert (jump and (jump.user, jump.host, jump.port)) == expected
