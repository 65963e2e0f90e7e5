"""A host that does not let Ferry in: which check says so, in which words, and nothing is raised."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncssh
import pytest

from db.model.errors import InvalidInput
from db.model.execution import CheckState
from executor.ssh.look import CHECKS, REQUIRED, Look
from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.looks import Looker, check, plan, states
from tests.support.proxy import Proxy
from tests.support.remote import target_to
from tests.support.sshd import Sshd, free_port

UNSEEN = ("unseen", "the host does not let Ferry in")
LookAt = Callable[[Target], Awaitable[Look]]


@pytest.fixture
def look_at(hosts: Hosts) -> LookAt:
    """Look at an account."""

    async def see(target: Target) -> Look:
        return await Looker(hosts, target).look(plan())

    return see


def _is_refused(found: Look, culprit: str) -> str:
    """Return the words of *culprit*: before it all is good, after it nothing was looked at."""
    place = CHECKS.index(culprit)
    assert {states(found)[name] for name in CHECKS[:place]} <= {CheckState.GOOD}
    for name in CHECKS[place + 1 :]:
        assert check(found, name) == UNSEEN
    assert found.measured is None
    state, words = check(found, culprit)
    assert state == "failed"
    return words


async def test_refused_port(sshd: Sshd, look_at: LookAt) -> None:
    """Nobody listens there."""
    port = free_port()

    found = await look_at(target_to(sshd.host, port=port))

    words = _is_refused(found, "reachable")
    assert words.startswith(f"127.0.0.1:{port} refused the connection. Is sshd running there")


async def test_name_without_an_address(sshd: Sshd, look_at: LookAt) -> None:
    """The host name is wrong."""
    found = await look_at(target_to(sshd.host, host="no-such-host.invalid"))

    assert "no-such-host.invalid" in _is_refused(found, "reachable")


async def test_silent_host(sshd: Sshd, look_at: LookAt) -> None:
    """It takes the connection and says nothing: told after three seconds, not after ten."""
    async with Proxy(sshd.host.port) as proxy:
        proxy.is_silent = True
        target = target_to(sshd.host, port=proxy.port)

        found = await look_at(target)

    assert _is_refused(found, "reachable") == (
        f"{target.address} did not answer within 3 s. Is it up?"
    )


async def test_host_that_died_behind_an_open_line(sshd: Sshd, look_at: LookAt) -> None:
    """A connection from before is no proof that it can be reached now."""
    async with Proxy(sshd.host.port) as proxy:
        target = target_to(sshd.host, port=proxy.port)
        before = await look_at(target)
        proxy.is_silent = True

        found = await look_at(target)

    assert check(before, "reachable")[0] == "good"
    assert check(found, "reachable")[1].endswith("did not answer within 3 s. Is it up?")
    assert CheckState.GOOD not in {states(found)[name] for name in REQUIRED}


async def test_wrong_key(sshd: Sshd, look_at: LookAt) -> None:
    """It was reached and is who it should be, but the login is refused."""
    found = await look_at(target_to(sshd.host, key_path=sshd.host.stranger_path))

    words = _is_refused(found, "login")
    assert f"did not accept the key {sshd.host.stranger_path} for user {sshd.host.user}" in words
    assert check(found, "host key") == ("good", "as pinned")


async def test_key_that_is_not_there(sshd: Sshd, look_at: LookAt) -> None:
    """Nothing was sent, so nothing is known about the host."""
    found = await look_at(target_to(sshd.host, key_path="/no/such/key"))

    assert check(found, "login")[1].startswith("There is no SSH key /no/such/key")
    assert check(found, "reachable") == UNSEEN


async def test_passphrase_that_cannot_be_had(sshd: Sshd) -> None:
    """The secret is missing on Ferry's machine: nothing was sent, and the host is not to blame."""

    def read_secret(reference: str) -> str:
        raise InvalidInput(f"There is no {reference}.")

    hosts = Hosts(read_secret=read_secret)
    found = await Looker(hosts, target_to(sshd.host, passphrase_ref="env:KEY")).look(plan())
    await hosts.close()

    assert "There is no env:KEY." in check(found, "login")[1]
    assert check(found, "reachable") == UNSEEN


async def test_unknown_host_key(sshd: Sshd, look_at: LookAt) -> None:
    """The fingerprint that it shows is told, to be compared there."""
    found = await look_at(target_to(sshd.host, host_key=""))

    words = _is_refused(found, "host key")
    assert words.startswith("No host key is pinned for")
    assert _fingerprint(sshd.host.host_key) in words


async def test_changed_host_key(sshd: Sshd, look_at: LookAt) -> None:
    """Both fingerprints are told."""
    found = await look_at(target_to(sshd.host, host_key=sshd.host.other_host_key))

    words = _is_refused(found, "host key")
    assert words.startswith("The host key of ")
    assert (words.count("changed"), words.count("AAAA")) == (1, 0)
    assert _fingerprint(sshd.host.host_key) in words
    assert _fingerprint(sshd.host.other_host_key) in words


async def test_user_who_has_no_shell(sshd: Sshd, look_at: LookAt) -> None:
    """What it prints is told; the host key is known to be right."""
    server = sshd.variant(options="ForceCommand echo no shell for you; exit 1")
    server.start()

    found = await look_at(target_to(server.host))
    server.stop()

    words = _is_refused(found, "login")
    assert "commands do not run there: exit status 1, “no shell for you”" in words
    assert check(found, "host key")[1].endswith(", as pinned")


async def test_user_whose_shell_hangs(sshd: Sshd, look_at: LookAt) -> None:
    """Told after three seconds as well."""
    server = sshd.variant(options="ForceCommand sleep 30")
    server.start()

    found = await look_at(target_to(server.host))
    server.stop()

    assert "longer than 3 s" in _is_refused(found, "login")


async def test_jump_host_that_refuses_says_nothing_of_the_host(sshd: Sshd, look_at: LookAt) -> None:
    """Its key is not the pinned one: whether the host behind it is there is not known."""
    jump = f"{sshd.host.user}@127.0.0.1:{sshd.host.port}"
    target = replace(
        target_to(sshd.host), proxy_jump=jump, proxy_jump_host_key=sshd.host.other_host_key
    )

    found = await look_at(target)

    assert check(found, "host key")[1].startswith("The host key of ")
    assert check(found, "reachable") == UNSEEN


def _fingerprint(line: str) -> str:
    return asyncssh.import_public_key(line).get_fingerprint()
