"""The commit that a script lies in, asked of git without waking anything of the checkout."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.ssh.pool import Hosts
from tests.support.looks import Looker, plan, put, tools
from tests.support.remote import target_to
from tests.support.sshd import Sshd, give

Checkout = Callable[[str], Path]


@pytest.fixture
def looker(hosts: Hosts, sshd: Sshd) -> Looker:
    """Look at the usual server."""
    return Looker(hosts, target_to(sshd.host))


def git(folder: Path, *words: str) -> str:
    """Return what git prints."""
    names = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", f"safe.directory={folder}")
    done = subprocess.run(
        ["git", "-C", folder, *names, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(sshd: Sshd) -> Checkout:
    """Return a maker of checkouts in the home, with one commit."""

    def make(name: str) -> Path:
        put(sshd, f"{name}/lib/import.js")
        folder = sshd.host.home / name
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "one")
        give(folder, sshd.host.user)
        return folder

    return make


async def test_clean_checkout_has_its_commit(checkout: Checkout, looker: Looker) -> None:
    """Also through a link, from a directory somewhere else."""
    folder = checkout("clean")
    link = folder.parent / "clean-link.js"
    link.symlink_to("clean/lib/import.js")

    measured = await looker.measure(plan(script="~/clean-link.js", directory="/"))

    assert measured.revision == git(folder, "rev-parse", "HEAD")
    assert not measured.is_dirty


async def test_change_that_is_not_committed_makes_it_dirty(
    checkout: Checkout, looker: Looker
) -> None:
    """Of any file that git knows; files it does not know do not count."""
    folder = checkout("dirty")
    of = plan(script="~/dirty/lib/import.js", directory="~/dirty")
    (folder / "unknown").write_text("x")

    before = await looker.measure(of)
    (folder / "lib/import.js").write_text("echo changed\n")
    after = await looker.measure(of)

    assert (before.is_dirty, after.is_dirty) == (False, True)
    assert before.revision == after.revision


async def test_looking_writes_nothing_and_runs_nothing(checkout: Checkout, looker: Looker) -> None:
    """No index refreshed, no lock taken, no monitor or hook of the checkout started."""
    folder = checkout("quiet")
    trap = put_trap(folder)
    git(folder, "config", "core.fsmonitor", str(trap))
    git(folder, "config", "core.hooksPath", str(trap.parent))
    os.utime(folder / "lib/import.js", (1_000_000_000, 1_000_000_000))
    give(folder, looker.target.user)
    index = folder / ".git/index"
    before = (index.read_bytes(), index.stat().st_mtime_ns)

    measured = await looker.measure(plan(script="~/quiet/lib/import.js", directory="~"))

    assert measured.revision
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert not (folder / "sprung").exists()


def put_trap(folder: Path) -> Path:
    """Return a program that leaves a mark, as monitor and as every hook."""
    hooks = folder / "traps"
    hooks.mkdir()
    for name in ("monitor", "post-index-change", "reference-transaction"):
        (hooks / name).write_text(f'#!/bin/sh\n>"{folder}/sprung"\nexit 1\n')
        (hooks / name).chmod(0o755)
    return hooks / "monitor"


@pytest.mark.skipif(os.getuid() != 0, reason="Only root can give files away.")
async def test_checkout_of_somebody_else_has_no_revision(
    checkout: Checkout, looker: Looker
) -> None:
    """Git calls its ownership dubious: the rest is measured all the same."""
    folder = checkout("foreign")
    give(folder, "root")

    measured = await looker.measure(plan(script="~/foreign/lib/import.js", directory="~"))

    assert (measured.revision, measured.is_dirty) == ("", False)
    assert measured.sha256


async def test_no_checkout_or_no_commit_has_no_revision(sshd: Sshd, looker: Looker) -> None:
    """Neither is an error."""
    put(sshd, "plain/import.js")
    put(sshd, "empty/import.js")
    git(sshd.host.home / "empty", "init", "-q")
    give(sshd.host.home / "empty", sshd.host.user)

    plain = await looker.measure(plan(script="~/plain/import.js", directory="~"))
    empty = await looker.measure(plan(script="~/empty/import.js", directory="~"))

    assert (plain.revision, empty.revision) == ("", "")


async def test_host_without_git_has_no_revision(
    hosts: Hosts, sshd: Sshd, checkout: Checkout
) -> None:
    """The look is good all the same."""
    checkout("lonely")
    path = tools(sshd.make_home("tools"), "sha256sum")
    server = sshd.variant(environment={"PATH": path})
    server.start()

    found = await Looker(hosts, target_to(server.host)).look(
        plan(script="~/lonely/lib/import.js", directory="~")
    )
    server.stop()

    assert found.measured is not None, found.checks
    assert found.measured.revision == ""


@pytest.mark.parametrize("kind", ["clean", "process"])
async def test_no_filter_of_a_checkout_is_run(
    checkout: Checkout, looker: Looker, kind: str
) -> None:
    """Who may write into a checkout must not thereby run commands as the one who looks."""
    folder = checkout(f"filtered-{kind}")
    (folder / ".gitattributes").write_text("*.js filter=evil\n")
    git(folder, "config", f"filter.evil.{kind}", f"touch {folder}/woken; cat")
    git(folder, "config", "filter.evil.required", "true")
    script = folder / "lib" / "import.js"
    script.write_text(script.read_text().swapcase())  # as long as it was: git has to look inside
    give(folder, looker.target.user)

    measured = await looker.measure(plan(script=f"~/{folder.name}/lib/import.js", directory="/"))

    assert measured.is_dirty
    assert not (folder / "woken").exists()
