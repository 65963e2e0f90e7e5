"""Who answers must be who is pinned; unknown, changed and revoked are three different things."""

import subprocess
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.ssh.hostkeys import scan
from executor.ssh.pool import Hosts
from tests.support.remote import refused, target_to
from tests.support.sshd import Sshd, free_port


def fingerprint(line: str) -> str:
    """Return what ssh-keygen says of a public key."""
    told = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=line, text=True, capture_output=True, check=True
    )
    return told.stdout.split()[1]


async def test_unknown_host_key_shows_what_to_compare(hosts: Hosts, sshd: Sshd) -> None:
    """Nothing is pinned: nothing is sent, and who may trust it is told; the key itself is not."""
    error = await refused(hosts, target_to(sshd.host, host_key=""))

    assert (error.category, error.detail) == (Category.SSH_HOST_KEY_ERROR, "UNKNOWN")
    assert fingerprint(sshd.host.host_key) in error.message
    assert "`/migrate hostkey`" in error.hint
    assert sshd.host.host_key not in error.hint


async def test_changed_host_key_shows_both_fingerprints(hosts: Hosts, sshd: Sshd) -> None:
    """Another key is pinned than the one shown."""
    error = await refused(hosts, target_to(sshd.host, host_key=sshd.host.other_host_key))

    assert (error.category, error.detail) == (Category.SSH_HOST_KEY_ERROR, "CHANGED")
    assert fingerprint(sshd.host.host_key) in error.message
    assert fingerprint(sshd.host.other_host_key) in error.message
    assert sshd.host.host_key not in error.hint


@pytest.fixture
def rsa_line(tmp_path: Path) -> str:
    """Make an RSA key and return its public half."""
    path = tmp_path / "rsa"
    make = ["ssh-keygen", "-qt", "rsa", "-b", "2048", "-N", "", "-f", str(path)]
    subprocess.run(make, check=True)
    return path.with_suffix(".pub").read_text()


async def test_pinned_key_of_another_kind_is_changed_too(
    hosts: Hosts, sshd: Sshd, rsa_line: str
) -> None:
    """An RSA key is pinned and the server has none: told as changed, not as a failed handshake."""
    error = await refused(hosts, target_to(sshd.host, host_key=rsa_line))

    assert error.detail == "CHANGED"


async def test_revoked_host_key_is_said_to_be(hosts: Hosts, sshd: Sshd) -> None:
    """A key that was revoked is worse than one that is not known."""
    error = await refused(hosts, target_to(sshd.host, host_key=f"@revoked {sshd.host.host_key}"))

    assert (error.category, error.detail) == (Category.SSH_HOST_KEY_ERROR, "REVOKED")


async def test_garbled_pin_is_told_with_its_line(hosts: Hosts, sshd: Sshd) -> None:
    """A line that is no key trusts nobody, and says which line."""
    error = await refused(hosts, target_to(sshd.host, host_key=f"{sshd.host.host_key}\nnonsense"))

    assert (error.category, error.detail) == (Category.SSH_HOST_KEY_ERROR, "CONFIG")
    assert "Line 2" in error.message


@pytest.mark.parametrize(
    "pins",
    [
        pytest.param("{other}\n# comment\n{right}", id="one of several"),
        pytest.param("staging.example,10.0.0.1 {right} root@staging", id="known_hosts line"),
    ],
)
async def test_pinned_key_is_accepted(hosts: Hosts, sshd: Sshd, pins: str) -> None:
    """Several pins are alternatives, and lines may be pasted from known_hosts."""
    line = pins.format(other=sshd.host.other_host_key, right=sshd.host.host_key)

    async with hosts.connection(target_to(sshd.host, host_key=line)) as connection:
        assert not connection.is_closed()


async def test_scan_tells_what_to_pin(sshd: Sshd) -> None:
    """The keys that a host shows, without a login."""
    keys = await scan(sshd.host.address, sshd.host.port, timeout_s=5)

    assert [(key.algorithm, key.line) for key in keys] == [("ssh-ed25519", sshd.host.host_key)]
    assert keys[0].fingerprint == fingerprint(sshd.host.host_key)


async def test_scan_of_a_closed_port_says_refused() -> None:
    """The same sentences as for a login."""
    with pytest.raises(AttemptError) as caught:
        await scan("127.0.0.1", free_port(), timeout_s=5)

    assert caught.value.detail == "REFUSED"
