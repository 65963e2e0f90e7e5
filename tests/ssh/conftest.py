import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.remote import Job, target_to
from tests.support.sshd import Sshd, sshd  # noqa: F401 - a fixture

SHELLS = ("dash", "bash", "busybox")


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    """Lend connections for one test."""
    pool = Hosts(read_secret=lambda reference: f"the secret {reference}")
    yield pool
    await pool.close()


@pytest.fixture
def target(sshd: Sshd) -> Target:  # noqa: F811
    """Log in to the usual server."""
    return target_to(sshd.host)


@pytest.fixture
def job(hosts: Hosts, target: Target) -> Job:
    """Name a run on the usual server."""
    return Job(hosts, target)


@pytest.fixture
def another(hosts: Hosts, target: Target) -> Callable[[], Job]:
    """Name further runs on the usual server."""
    return lambda: Job(hosts, target)


@pytest.fixture(scope="session", params=SHELLS)
def shell_server(
    request: pytest.FixtureRequest,
    sshd: Sshd,  # noqa: F811
) -> Iterator[Sshd]:
    """Serve a host whose ``sh`` is dash, bash, or busybox without any other tools."""
    name: str = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"There is no {name} here (Debian: apt-get install {name}).")
    tools = sshd.make_home(f"tools-{name}")
    server = sshd.variant(
        environment={"PATH": _path(tools, name, program), "HOME": str(sshd.make_home(name))}
    )
    server.start()
    yield server
    server.stop()


def _path(tools: Path, name: str, program: str) -> str:
    if name == "busybox":
        subprocess.run([program, "--install", "-s", tools], check=True)
        return str(tools)
    (tools / "sh").symlink_to(program)
    return f"{tools}:/usr/bin:/bin"


@pytest.fixture
def shell_job(hosts: Hosts, shell_server: Sshd) -> Callable[[], Job]:
    """Name runs on a host with each of the shells."""
    return lambda: Job(hosts, target_to(shell_server.host))


@pytest.fixture
def variant(sshd: Sshd) -> Iterator[Callable[..., Sshd]]:  # noqa: F811
    """Return a maker of started servers with other settings."""
    servers: list[Sshd] = []

    def make(**settings: object) -> Sshd:
        server = sshd.variant(**settings)  # type: ignore[arg-type]
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()
