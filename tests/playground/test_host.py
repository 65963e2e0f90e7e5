"""The sample host is a real SSH server that runs real commands."""

import asyncio
import hashlib
import os
import secrets
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from playground.host import SampleHost
from tests.support.waiting import until


async def connect(
    host: SampleHost, *, username: str | None = None, key: Path | None = None
) -> asyncssh.SSHClientConnection:
    """Return a connection that trusts nothing but the host's own key."""
    return await asyncssh.connect(
        host.address,
        host.port,
        username=username or host.user,
        client_keys=[key or host.key_path],
        known_hosts=([asyncssh.import_public_key(host.host_key)], [], []),
        agent_path=None,
        config=None,
    )


def alive(pid: int) -> bool:
    """Say whether process *pid* runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[SampleHost]:
    """Start a sample host with an empty home."""
    started = SampleHost(tmp_path / "home")
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def connection(host: SampleHost) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Connect to it."""
    opened = await connect(host)
    yield opened
    opened.abort()
    await opened.wait_closed()


async def test_three_megabytes_go_through_both_ways_byte_for_byte(
    connection: asyncssh.SSHClientConnection,
) -> None:
    """Random bytes on stdin come back the same on stdout and on stderr."""
    sent = secrets.token_bytes(3_000_000)

    done = await connection.run("tee /dev/fd/2", input=sent, encoding=None)

    assert isinstance(done.stdout, bytes)
    assert isinstance(done.stderr, bytes)
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(sent).digest()
    assert hashlib.sha256(done.stderr).digest() == hashlib.sha256(sent).digest()
    assert done.exit_status == 0


async def test_output_larger_than_every_buffer_waits_for_a_slow_client(
    connection: asyncssh.SSHClientConnection, tmp_path: Path
) -> None:
    """While nobody reads, the command is held back; afterwards nothing is missing."""
    marker = tmp_path / "written"
    size = 20_000_000
    process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
        f"head -c {size} /dev/zero; touch {marker}", encoding=None
    )
    first = await process.stdout.read(1)

    held_back = not marker.exists()
    rest = await process.stdout.read()

    assert held_back
    assert len(first) + len(rest) == size


async def test_output_comes_as_it_is_written(connection: asyncssh.SSHClientConnection) -> None:
    """Each answer arrives while the command still waits for the next line."""
    process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
        "while read line; do echo got $line; done", encoding=None
    )

    answers = []
    for word in (b"one", b"two"):
        process.stdin.write(word + b"\n")
        answers.append(await asyncio.wait_for(process.stdout.readline(), 5))
    process.stdin.write_eof()
    await process.wait_closed()

    assert answers == [b"got one\n", b"got two\n"]
    assert process.exit_status == 0


async def test_a_shell_without_a_command_reads_its_program_from_stdin(
    connection: asyncssh.SSHClientConnection,
) -> None:
    """`ssh host < program` works, as it does with OpenSSH."""
    done = await connection.run(None, input="echo $((6 * 7)); exit 5\n")

    assert (done.stdout, done.exit_status) == ("42\n", 5)


@pytest.mark.parametrize(
    ("command", "status"),
    [("true", 0), ("exit 3", 3), ("no-such-command", 127), ("exit 255", 255)],
)
async def test_exit_status_is_the_commands_own(
    connection: asyncssh.SSHClientConnection, command: str, status: int
) -> None:
    """Statuses pass unchanged."""
    done = await connection.run(command)

    assert done.exit_status == status


async def test_death_by_signal_is_told_as_such(connection: asyncssh.SSHClientConnection) -> None:
    """A killed command has an exit signal, no status."""
    done = await connection.run("kill -KILL $$")

    assert done.exit_signal is not None
    assert done.exit_signal[0] == "KILL"


async def test_a_signal_reaches_the_whole_process_group(
    connection: asyncssh.SSHClientConnection,
) -> None:
    """TERM ends the shell and what it started."""
    process = await connection.create_process("sleep 60 & echo $!; wait")
    child = int(await process.stdout.readline())

    process.terminate()
    await process.wait_closed()

    assert process.exit_signal is not None
    assert process.exit_signal[0] == "TERM"
    await until(lambda: not alive(child))


async def test_commands_see_a_plain_environment_in_their_home(
    host: SampleHost, connection: asyncssh.SSHClientConnection
) -> None:
    """HOME, directory and a PATH with python3; nothing of the server's own environment leaks."""
    done = await connection.run('pwd; echo "$HOME $LANG $USER"; command -v python3; env | wc -l')

    assert isinstance(done.stdout, str)
    directory, variables, python, count = done.stdout.splitlines()
    assert directory == str(host.home)
    assert variables == f"{host.home} C.UTF-8 ferry"
    assert python.endswith("python3")
    assert int(count) < 12


async def test_input_that_nobody_reads_does_not_hold_the_end_back(
    connection: asyncssh.SSHClientConnection,
) -> None:
    """A command may end, or close its stdin, with megabytes still on their way."""
    unread = bytes(6_000_000)

    ended = await asyncio.wait_for(connection.run("exit 4", input=unread, encoding=None), 10)
    closed = await asyncio.wait_for(
        connection.run("exec <&-; sleep 0.2; echo on", input=unread, encoding=None), 10
    )

    assert ended.exit_status == 4
    assert (closed.stdout, closed.exit_status) == (b"on\n", 0)


async def test_a_command_outlives_its_client(host: SampleHost) -> None:
    """A client that vanishes stops nothing, and the host goes on serving."""
    done, pid_file = host.home / "done", host.home / "pid"
    leaving = await connect(host)
    await leaving.create_process(f"echo $$ >{pid_file}; sleep 0.5; echo finished >{done}")
    await until(lambda: pid_file.exists() and bool(pid_file.read_text()))

    leaving.abort()

    await until(done.exists)
    returned = await connect(host)
    assert (await returned.run("cat done")).stdout == "finished\n"
    returned.abort()
    await returned.wait_closed()


async def test_a_client_that_closes_the_channel_with_stdin_unread_does_no_harm(
    host: SampleHost, connection: asyncssh.SSHClientConnection
) -> None:
    """The command ends by itself, and the connection can be used again."""
    done = host.home / "done"
    process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
        f"trap '' PIPE; sleep 0.3; echo unheard; echo finished >{done}", encoding=None
    )
    process.stdin.write(bytes(1_500_000))  # more than the pipe holds, less than the window

    process.close()

    await until(done.exists)
    assert (await connection.run("echo again")).stdout == "again\n"


async def test_a_daemon_is_left_alone(
    host: SampleHost, connection: asyncssh.SSHClientConnection
) -> None:
    """What leaves the session with its pipes closed outlives command, connection and server."""
    started = await connection.run("setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $!")
    assert isinstance(started.stdout, str)
    daemon = int(started.stdout)

    await host.stop()
    survived = alive(daemon)
    os.kill(daemon, signal.SIGKILL)

    assert survived


async def test_stop_kills_commands_that_still_run(tmp_path: Path) -> None:
    """Nothing hangs on when the playground is closed."""
    host = SampleHost(tmp_path / "home")
    await host.start()
    connection = await connect(host)
    process = await connection.create_process("trap '' TERM; echo $$; while :; do sleep 1; done")
    pid = int(await process.stdout.readline())

    await host.stop()

    assert not alive(pid)
    connection.abort()
    await connection.wait_closed()


async def test_only_the_one_user_with_the_one_key_gets_in(host: SampleHost, tmp_path: Path) -> None:
    """A stranger's key and another user name are refused."""
    strange = tmp_path / "strange"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(strange)

    with pytest.raises(asyncssh.PermissionDenied):
        await connect(host, key=strange)
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(host, username="root")


async def test_keys_are_kept_over_a_restart(tmp_path: Path) -> None:
    """The second start is the same host for the same key, and the key is private."""
    first = SampleHost(tmp_path / "home")
    await first.start()
    host_key, client_key = first.host_key, first.key_path.read_bytes()
    await first.stop()

    second = SampleHost(tmp_path / "home")
    await second.start()

    assert second.host_key == host_key
    assert second.host_key.startswith("ssh-ed25519 AAAA")
    assert second.key_path.read_bytes() == client_key
    assert stat.S_IMODE(second.key_path.stat().st_mode) == 0o600
    (await connect(second)).abort()
    await second.stop()


async def test_twenty_commands_share_a_connection(
    connection: asyncssh.SSHClientConnection,
) -> None:
    """Channels do not wait for each other."""
    done = await asyncio.gather(*(connection.run(f"sleep 0.2; echo {n}") for n in range(20)))

    assert [result.stdout for result in done] == [f"{n}\n" for n in range(20)]
