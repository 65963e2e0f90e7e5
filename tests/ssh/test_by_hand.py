"""Whether somebody runs the script by hand is seen, and what Ferry runs is not taken for it."""

import asyncio
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from executor.ssh.command import Invocation, program
from executor.ssh.pool import Hosts
from tests.support.looks import Looker, check, plan, put
from tests.support.remote import Job, eventually, target_to
from tests.support.sshd import Sshd

NOBODY = ("good", "nobody runs it by hand")
WAITS = 'echo begun; >"${0##*/}.begun"; read x <"$HOME/scripts/wait"\n'
Runs = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(shell_server: Sshd) -> Path:
    """Put a script into the home that waits until it is ended."""
    place = put(shell_server, "scripts/import.js", WAITS).parent
    put(shell_server, "scripts/other.js", WAITS)
    if not (place / "wait").exists():
        os.mkfifo(place / "wait")
        (place / "wait").chmod(0o666)
    place.chmod(0o777)
    for old in place.glob("*.begun"):
        old.unlink()
    return place


@pytest.fixture
def looker(hosts: Hosts, shell_server: Sshd, folder: Path) -> Looker:
    """Look at a host with each of the shells."""
    del folder
    return Looker(hosts, target_to(shell_server.host))


@pytest.fixture
def by_hand(shell_server: Sshd) -> Iterator[Runs]:
    """Return a starter of processes of the remote user, or of oneself."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        *words: str | Path, cwd: Path | None = None, is_mine: bool = False
    ) -> "subprocess.Popen[bytes]":
        account: dict[str, Any] = {}
        if os.getuid() == 0 and not is_mine:
            user = pwd.getpwnam(shell_server.host.user)
            account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        environment = {"HOME": str(shell_server.host.home), "PATH": "/usr/bin:/bin"}
        started.append(subprocess.Popen(words, cwd=cwd, env=environment, **account))
        return started[-1]

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


async def begun(folder: Path, name: str = "import.js") -> None:
    """Return when the script runs."""
    there = partial(asyncio.to_thread, (folder / f"{name}.begun").exists)
    await eventually(there, lambda is_there: is_there)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("sh", "{folder}/import.js", "secret=4711"), id="by its path"),
        pytest.param(("sh", "./import.js", "patient", "44320"), id="from its directory"),
        pytest.param(("sh", "-e", "-u", "import.js"), id="with options"),
        pytest.param(("sh", "../scripts/import.js"), id="in a roundabout way"),
    ],
)
async def test_process_is_told_without_its_arguments(
    looker: Looker, folder: Path, by_hand: Runs, words: tuple[str, ...]
) -> None:
    """Its number, its user and its start, by our clock; arguments may be personal."""
    process = by_hand(*(word.format(folder=folder) for word in words), cwd=folder)
    await begun(folder)

    noon = datetime(2026, 3, 14, 12, 0, 59, tzinfo=UTC)
    found = await looker.look(plan(), clock=lambda: noon)

    user = looker.target.user
    expected = f"process {process.pid} of {user} runs it since 12:00 UTC"
    assert check(found, "by hand") == ("warning", expected)
    assert found.measured is not None


async def test_process_with_a_line_break_in_its_name_is_told(
    shell_server: Sshd, looker: Looker, folder: Path, by_hand: Runs
) -> None:
    """Linux tells the name in the middle of what is read."""
    put(shell_server, "scripts/import.js", r"printf 'a) S\n1 b' >/proc/$$/comm; " + WAITS)
    process = by_hand("sh", folder / "import.js", cwd=folder)
    await begun(folder)

    found = await looker.look(plan())

    assert check(found, "by hand")[1].startswith(f"process {process.pid} of ")


async def test_two_processes_are_counted(looker: Looker, folder: Path, by_hand: Runs) -> None:
    """One is named."""
    for _ in range(2):
        by_hand("sh", folder / "import.js", cwd=folder)
    await begun(folder)

    found = await looker.look(plan())

    assert check(found, "by hand")[1].endswith(" UTC, and 1 more")


async def test_process_through_a_link_is_told(looker: Looker, folder: Path, by_hand: Runs) -> None:
    """What counts is the file that runs in the end."""
    link = folder.parent / "linked"
    if not link.is_symlink():
        link.symlink_to("scripts")
    by_hand("sh", link / "import.js", cwd=folder)
    await begun(folder)

    found = await looker.look(plan())

    assert check(found, "by hand")[0] == "warning"


async def test_process_of_another_user_is_told(looker: Looker, folder: Path, by_hand: Runs) -> None:
    """Its path is seen on the command line; its directory would not be."""
    process = by_hand("sh", folder / "import.js", cwd=folder, is_mine=True)
    await begun(folder)

    found = await looker.look(plan())

    assert check(found, "by hand")[1].startswith(f"process {process.pid} of ")


@pytest.mark.skipif(os.getuid() != 0, reason="Only root can be somebody else.")
async def test_process_of_another_user_in_the_directory_is_told_with_a_doubt(
    looker: Looker, folder: Path, by_hand: Runs
) -> None:
    """The name is the same, and where it runs is not shown to a stranger."""
    process = by_hand("sh", "import.js", cwd=folder, is_mine=True)
    await begun(folder)

    found = await looker.look(plan())

    state, words = check(found, "by hand")
    assert state == "warning"
    assert words.startswith(f"process {process.pid} of root seems to run it since ")


async def test_who_only_reads_it_is_not_told(looker: Looker, folder: Path, by_hand: Runs) -> None:
    """Nor another script of the same directory, nor one of the same name elsewhere."""
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    elsewhere.chmod(0o777)
    (elsewhere / "import.js").write_text(WAITS)
    by_hand("tail", "-f", folder / "import.js")
    by_hand("sh", folder / "other.js", cwd=folder)
    by_hand("sh", "import.js", cwd=elsewhere)
    await begun(folder, "other.js")
    await begun(elsewhere)

    found = await looker.look(plan())

    assert check(found, "by hand") == NOBODY


async def test_what_ferry_runs_is_not_told(looker: Looker, folder: Path, hosts: Hosts) -> None:
    """Neither the script nor what it starts, also when that has another environment."""
    (folder / "parent.js").write_text('env -i HOME="$HOME" sh ./import.js & wait\n')
    jobs = [Job(hosts, looker.target), Job(hosts, looker.target)]
    for job, name in zip(jobs, ("import.js", "parent.js"), strict=True):
        invocation = Invocation(
            script=f"~/scripts/{name}",
            interpreter="sh",
            directory="~/scripts",
            arguments=("x",),
            variables={},
            path="",
        )
        await job.remote.start(program(invocation), timeout_s=60, grace_s=1, max_bytes=1000)
        await job.prints(b"begun")

    found = await looker.look(plan())
    for job in jobs:
        await job.remote.cancel()
        await job.over()

    assert check(found, "by hand") == NOBODY
