"""A look at a host: every check is told, in words, whatever the host is like."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.model.errors import Unavailable
from db.model.execution import Check, CheckState
from executor.ssh.look import CHECKS, REQUIRED, look
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from tests.support.looks import Looker, Variant, check, plan, put, states, tools
from tests.support.remote import target_to
from tests.support.sshd import Sshd


@pytest.fixture
def looker(hosts: Hosts, sshd: Sshd) -> Looker:
    """Look at the usual server, where the script lies in its place."""
    put(sshd, "scripts/import.js")
    return Looker(hosts, target_to(sshd.host))


async def test_everything_is_good_in_every_shell(hosts: Hosts, shell_server: Sshd) -> None:
    """Words, order, and the measurement, with dash, bash and nothing but busybox."""
    put(shell_server, "scripts/import.js")
    looker = Looker(hosts, target_to(shell_server.host))

    found = await looker.look(plan())

    host = shell_server.host
    assert [each.name for each in found.checks] == list(CHECKS)
    assert set(states(found).values()) == {CheckState.GOOD}, found.checks
    assert check(found, "reachable")[1].startswith(f"127.0.0.1:{host.port}, ")
    assert check(found, "host key")[1] == "ssh-ed25519, as pinned"
    assert check(found, "login")[1] == f"as {host.user}"
    assert check(found, "directory")[1] == str((host.home / "scripts").resolve())
    assert check(found, "script")[1].startswith("import.js, 11 bytes, changed just now, sha256 ")
    assert check(found, "interpreter")[1].endswith("/sh)")
    assert "GB free" in check(found, "disk")[1]
    assert check(found, "clock")[1] == "in step"
    assert check(found, "by hand")[1] == "nobody runs it by hand"
    assert found.measured == await looker.measure(plan())


async def test_each_check_is_told_once_and_alone(looker: Looker) -> None:
    """Nobody gets two reports at the same time, and none is still pending at the end."""
    busy = False

    async def report(_: Check) -> None:
        nonlocal busy
        assert not busy
        busy = True
        await asyncio.sleep(0.02)
        busy = False
        looker.told.append(_)

    found = await look(
        looker.hosts,
        Resolver(looker.hosts),
        looker.target,
        plan(),
        "none",
        report=report,
        clock=lambda: datetime.now(UTC),
    )

    assert sorted(each.name for each in looker.told) == sorted(CHECKS)
    assert set(looker.told) == set(found.checks)


async def test_report_that_fails_ends_the_look(looker: Looker) -> None:
    """What goes wrong on our side is ours: it is raised as it is."""

    async def report(each: Check) -> None:
        if each.name == "disk":
            raise Unavailable("no database")

    with pytest.raises(Unavailable, match="no database"):
        await look(
            looker.hosts,
            Resolver(looker.hosts),
            looker.target,
            plan(),
            "none",
            report=report,
            clock=lambda: datetime.now(UTC),
        )


@pytest.mark.parametrize(
    "name",
    ["it's a script.js", '"quoted" $HOME `id`.js', "-rf.js", "ünï cødé.js", "a\\b;c|d&.js"],
)
async def test_script_may_have_any_name(sshd: Sshd, looker: Looker, name: str) -> None:
    """Quotes, blanks and dashes reach the host as they are, from the home or from the root."""
    file = put(sshd, f"it's odd/{name}", "echo odd\n")
    home = plan(directory="~/it's odd", script=f"~/it's odd/{name}")
    root = plan(directory="/", script=str(file))

    found = [await looker.look(home), await looker.look(root)]

    assert [check(each, "directory")[1] for each in found] == [str(file.parent), "/"]
    assert [each.measured.script for each in found if each.measured] == [str(file)] * 2


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"directory": "~/no'where"}, "directory", "There is no directory ~/no'where on"),
        ({"script": "~/scripts/x.js"}, "script", "There is no file ~/scripts/x.js on"),
        ({"interpreter": "node99"}, "interpreter", "node99 is not on the PATH of"),
        ({"interpreter": "/opt/node99"}, "interpreter", "/opt/node99 is not there on"),
        ({"interpreter": "~/scripts/import.js"}, "interpreter", "may not execute ~/scripts/"),
    ],
)
async def test_what_is_missing_is_told_and_nothing_is_measured(
    looker: Looker, changes: dict[str, str], name: str, words: str
) -> None:
    """Required checks fail with what to do; the others are looked at all the same."""
    found = await looker.look(plan(**changes))

    state, said = check(found, name)
    assert (state, words in said, said[-1]) == ("failed", True, "."), said
    assert found.measured is None
    assert check(found, "disk")[0] == "good"


async def test_hash_that_takes_long_is_told_and_waited_for(
    hosts: Hosts, sshd: Sshd, variant: Variant
) -> None:
    """As for a script of gigabytes: first pending with words, in the end with its hash."""
    folder = sshd.make_home("tools")
    (folder / "sha256sum").write_text("#!/bin/sh\nsleep 4\nexec /usr/bin/sha256sum\n")
    (folder / "sha256sum").chmod(0o755)
    server = variant(environment={"PATH": tools(folder)})
    put(server, "scripts/import.js")
    looker = Looker(hosts, target_to(server.host))

    found = await looker.look(plan())

    told = [each for each in looker.told if each.name == "script"]
    assert [each.state for each in told] == [CheckState.PENDING, CheckState.GOOD]
    assert told[0].words.endswith(", still being read for its sha256")
    assert found.measured is not None
    assert found.measured.sha256[:12] in told[1].words


@pytest.mark.parametrize(
    ("off_s", "state", "words"),
    [
        (0, "good", "in step"),
        (-2, "good", "2.0 s ahead"),
        (3, "good", "s behind"),
        (-90, "warning", "s ahead: is NTP running there?"),
        (5000, "warning", "s behind: is NTP running there?"),
    ],
)
async def test_clock_is_compared_with_ours(
    looker: Looker, off_s: int, state: str, words: str
) -> None:
    """Ferry's clock is set off here, which is the same to both."""
    found = await looker.look(plan(), clock=lambda: datetime.now(UTC) + timedelta(seconds=off_s))

    said = check(found, "clock")
    assert said[0] == state
    assert words in said[1] or words.replace("2.0", "1.9") in said[1]


async def test_little_disk_is_a_warning(hosts: Hosts, sshd: Sshd) -> None:
    """The one of the run directories counts, although the script's has room."""
    server = sshd.small_disk("little", "1m")
    server.start()
    looker = Looker(hosts, target_to(server.host))

    found = await looker.look(plan(directory="/", script="/etc/profile"))
    server.stop()

    state, words = check(found, "disk")
    assert state == "warning"
    assert "kB free for ~/.cache/ferry: a run may fail" in words or "1.0 MB free" in words
    assert found.measured is not None


async def test_host_that_allows_one_session_a_connection(
    hosts: Hosts, sshd: Sshd, variant: Variant
) -> None:
    """Our own questions, asked at once, are too many for it: asked again they fit."""
    put(sshd, "scripts/import.js")
    server = variant(options="MaxSessions 1")

    found = await Looker(hosts, target_to(server.host)).look(plan())

    assert set(states(found).values()) == {CheckState.GOOD}, found.checks


async def test_host_where_processes_cannot_be_looked_through(
    hosts: Hosts, sshd: Sshd, variant: Variant
) -> None:
    """Without the tools for it nobody claims that nobody runs it."""
    put(sshd, "scripts/import.js")
    path = tools(sshd.make_home("tools"), "sha256sum")
    (Path(path) / "awk").unlink()
    server = variant(environment={"PATH": path})

    found = await Looker(hosts, target_to(server.host)).look(plan())

    words = "the host does not let Ferry see its processes"
    assert check(found, "by hand") == ("warning", words)
    assert found.measured is not None


async def test_required_checks_are_the_first_six() -> None:
    """The others only warn."""
    assert frozenset(CHECKS[:6]) == REQUIRED
    assert set(CHECKS) - REQUIRED == {"disk", "clock", "by hand"}
