"""Connections are shared, replaced when they die, and never asked for more than a server gives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest

from db.model.errors import AttemptError
from executor.ssh.channel import ask
from executor.ssh.pool import Hosts
from tests.support.proxy import Proxy
from tests.support.remote import Job, eventually, target_to
from tests.support.sshd import Sshd


def logins(server: Sshd) -> int:
    """Return how often somebody logged in to *server*."""
    return server.log.read_text().count("Accepted publickey")


@contextlib.contextmanager
def serving(server: Sshd) -> Iterator[Sshd]:
    """Run *server* meanwhile."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def patient(
    hosts: Hosts, server: Sshd, count: int
) -> AsyncIterator[list[asyncio.Task[bytes]]]:
    """Have *count* commands wait on *server* at the same time."""

    async def one(number: int) -> bytes:
        return (await ask(hosts, target_to(server.host), f"echo {number}; sleep 1")).out

    yield [asyncio.create_task(one(number)) for number in range(count)]


async def test_one_login_serves_many_commands(hosts: Hosts, sshd: Sshd) -> None:
    """Asked one after the other or a few at once, all go over the same connection."""
    with serving(sshd.variant()) as server:
        target = target_to(server.host)

        for _ in range(5):
            await ask(hosts, target, "true")
        await asyncio.gather(*(ask(hosts, target, "true") for _ in range(8)))

        assert logins(server) == 1


async def test_ninth_run_gets_another_connection(hosts: Hosts, sshd: Sshd) -> None:
    """Eight sessions a connection leave two of the usual ten for short commands."""
    with serving(sshd.variant()) as server:
        async with patient(hosts, server, 9) as tasks:
            answers = await asyncio.gather(*tasks)

        assert answers == [b"%d\n" % number for number in range(9)]
        assert logins(server) == 2


async def test_server_that_allows_fewer_sessions_gets_more_connections(
    hosts: Hosts, sshd: Sshd
) -> None:
    """MaxSessions 2: what is refused on one connection is opened on another."""
    with serving(sshd.variant(options="MaxSessions 2")) as server:
        async with patient(hosts, server, 6) as tasks:
            answers = await asyncio.gather(*tasks)

        assert answers == [b"%d\n" % number for number in range(6)]
        assert logins(server) >= 3


async def test_server_that_allows_no_session_is_a_capacity_problem(
    hosts: Hosts, sshd: Sshd
) -> None:
    """MaxSessions 0 (forwarding only): said in words, not tried for ever."""
    with serving(sshd.variant(options="MaxSessions 0")) as server:
        with pytest.raises(AttemptError) as caught:
            await Job(hosts, target_to(server.host)).remote.status()

        assert caught.value.detail == "CAPACITY"
        assert caught.value.retry_safe


async def test_stale_connection_is_replaced_without_a_word(hosts: Hosts, sshd: Sshd) -> None:
    """The server was restarted since: the next command logs in again."""
    with serving(sshd.variant()) as server:
        target = target_to(server.host)
        await ask(hosts, target, "true")

        server.stop()
        server.start()
        answer = await ask(hosts, target, "echo back")

        assert answer.out == b"back\n"


async def test_connection_cut_during_a_command_is_tried_once_more(hosts: Hosts, sshd: Sshd) -> None:
    """The first answer is lost, the second comes over a new connection."""
    async with Proxy(sshd.host.port) as proxy:
        target = target_to(sshd.host, port=proxy.port)
        asking = asyncio.create_task(ask(hosts, target, "sleep 0.5; echo here"))

        async def cut() -> int:
            return proxy.cut()

        await ask(hosts, target, "true")
        await eventually(cut, bool)
        answer = await asking

    assert answer.out == b"here\n"


async def _silenced(job: Job, proxy: Proxy) -> None:
    async with job.remote.follow(0, 0) as follower:
        async for _ in follower.chunks():
            proxy.is_silent = True


async def test_dead_line_is_noticed_by_keepalive(sshd: Sshd) -> None:
    """A router that swallows everything: the follower ends as lost, and does not hang."""
    hosts = Hosts(read_secret=str, keepalive_s=0.2)
    async with Proxy(sshd.host.port) as proxy:
        job = Job(hosts, target_to(sshd.host, port=proxy.port))
        await job.start("echo ready; sleep 5")

        with pytest.raises(AttemptError) as caught:
            await _silenced(job, proxy)

        assert caught.value.detail == "LOST"
        assert not caught.value.retry_safe
        proxy.is_silent = False
        await job.remote.cancel()
    await hosts.close()


async def test_forty_runs_at_once_get_through_a_narrow_door(sshd: Sshd) -> None:
    """MaxStartups 3: logins that the server drops are tried again after a random moment."""
    hosts = Hosts(read_secret=str, runs_per_connection=2, handshakes_per_host=4)
    with serving(sshd.variant(options="MaxStartups 3:80:4")) as server:
        # The first value of an option counts for sshd; the usual one stands above.
        target = target_to(server.host)

        answers = await asyncio.gather(*(ask(hosts, target, "echo ok") for _ in range(40)))

        assert {answer.out for answer in answers} == {b"ok\n"}
        await hosts.close()


async def test_waiter_that_gives_up_does_not_take_the_login_from_others(
    hosts: Hosts, sshd: Sshd
) -> None:
    """Two wait for the same login and one is cancelled: the other still gets it."""
    target = target_to(sshd.host)
    first, second = (asyncio.create_task(ask(hosts, target, "echo ok")) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    answer = await second

    assert answer.out == b"ok\n"
