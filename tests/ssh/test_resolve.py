"""The PATH that a person has on the host is found, whatever the login files do."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver, Shell
from executor.ssh.target import Target
from tests.support.remote import target_to
from tests.support.sshd import Sshd, give

# Debian's own first lines, then what the installer of nvm appends.
EARLY_RETURN = """\
case $- in
    *i*) ;;
      *) return;;
esac
"""
STOCK_BASHRC = f"""\
{EARLY_RETURN}
export NVM_DIR="$HOME/.nvm"
[ -s "$NVM_DIR/nvm.sh" ] && \\. "$NVM_DIR/nvm.sh"
"""
PROFILE = """\
if [ -n "$BASH_VERSION" ] && [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
"""
NVM = """\
echo "nvm says hello"
PATH="$NVM_DIR/versions/node/v20.11.0/bin:$PATH"
"""

NewHome = Callable[..., Target]


@pytest.fixture
def new_home(sshd: Sshd) -> Iterator[NewHome]:
    """Return a maker of accounts with the given files in their home, nvm's node among them."""
    servers: list[Sshd] = []

    def make(*, nvm: str = NVM, **files: str) -> Target:
        home = sshd.make_home("home")
        for version in ("v9.11.2", "v18.2.0", "v20.11.0"):
            node = home / ".nvm/versions/node" / version / "bin/node"
            node.parent.mkdir(parents=True)
            node.write_text("#!/bin/sh\necho fake\n")
            node.chmod(0o755)
        if nvm:
            (home / ".nvm/nvm.sh").write_text(nvm)
        for name, text in files.items():
            (home / f".{name}").write_text(text)
        give(home, sshd.host.user)
        server = sshd.variant(environment={"HOME": str(home), "SHELL": "/bin/bash"})
        server.start()
        servers.append(server)
        return target_to(server.host)

    yield make
    for server in servers:
        server.stop()


def first(shell: Shell) -> str:
    """Return the version whose node would be run."""
    return Path(shell.path.split(":")[0]).parent.name


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"bashrc": STOCK_BASHRC, "profile": PROFILE}, id="Debian's files"),
        pytest.param({"bashrc": STOCK_BASHRC, "bash_profile": "true\n"}, id="profile skips bashrc"),
        pytest.param(
            {"bashrc": f"echo noise; printf '\\036x'\n{STOCK_BASHRC}echo more\n"}, id="noise"
        ),
    ],
)
async def test_nvm_in_bashrc_is_found(
    hosts: Hosts, new_home: NewHome, files: dict[str, str]
) -> None:
    """The file returns early when not interactive; the node behind that is found all the same."""
    shell = await Resolver(hosts).shell(new_home(**files), "auto")

    assert (first(shell), shell.note) == ("v20.11.0", "")
    assert "/usr/bin" in shell.path.split(":")


async def test_login_files_that_hang_are_given_up(hosts: Hosts, new_home: NewHome) -> None:
    """After the limit nvm is asked directly, and a remark goes to the log."""
    target = new_home(bashrc=f"{EARLY_RETURN}sleep 1000\n", profile=PROFILE)
    began = time.monotonic()

    shell = await Resolver(hosts, limit_s=1).shell(target, "auto")

    assert first(shell) == "v20.11.0"
    assert "did not tell its PATH; nvm did." in shell.note
    assert time.monotonic() - began < 10


async def test_newest_version_is_taken_when_nvm_fails_too(hosts: Hosts, new_home: NewHome) -> None:
    """v9 stands last in the alphabet, but v20 is newer."""
    target = new_home(nvm="exit 3\n", bashrc=f"{EARLY_RETURN}exit 1\n", profile="exit 1\n")

    shell = await Resolver(hosts).shell(target, "auto")

    assert first(shell) == "v20.11.0"
    assert shell.note.endswith("taken is the newest node of nvm.")


async def test_answer_is_remembered_until_forgotten(hosts: Hosts, new_home: NewHome) -> None:
    """Asked once in ten minutes, or again when told to forget."""
    target = new_home(bashrc=STOCK_BASHRC + 'echo x >>"$HOME/asked"\n', profile=PROFILE)
    now = 1000.0
    resolver = Resolver(hosts, clock=lambda: now)
    home = Path((await resolver.shell(target, "auto")).path.split("/.nvm")[0])
    asked = len((home / "asked").read_text())

    await resolver.shell(target, "auto")
    same = len((home / "asked").read_text())
    now += 601
    await resolver.shell(target, "auto")
    later = len((home / "asked").read_text())
    resolver.forget(target)
    await resolver.shell(target, "auto")

    assert same == asked
    assert later == 2 * asked
    assert len((home / "asked").read_text()) == 3 * asked


async def test_who_gives_up_waiting_leaves_the_answer_to_the_next(
    hosts: Hosts, new_home: NewHome
) -> None:
    """A slow login shell is asked once, and not again by everybody who has no patience."""
    slow = 'echo x >>"$HOME/asked"; sleep 0.7\n'
    target = new_home(bashrc=STOCK_BASHRC + slow, profile=PROFILE)
    resolver = Resolver(hosts)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resolver.shell(target, "auto"), 0.2)
    shell = await resolver.shell(target, "auto")
    asked = Path(shell.path.split("/.nvm")[0]) / "asked"
    once = len(asked.read_text())
    await Resolver(hosts).shell(target, "auto")

    assert (first(shell), shell.note) == ("v20.11.0", "")
    assert len(asked.read_text()) == 2 * once


@pytest.mark.parametrize(
    ("setup", "path"),
    [("none", ""), ("/opt/node/bin:/usr/bin", "/opt/node/bin:/usr/bin")],
)
async def test_setup_by_hand_asks_nobody(
    hosts: Hosts, target: Target, setup: str, path: str
) -> None:
    """With ``none`` or a PATH the host is left alone."""
    assert await Resolver(hosts).shell(target, setup) == Shell(path=path)
