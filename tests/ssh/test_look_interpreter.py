"""What runs the script is found as the run would find it, and asked for its version in time."""

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from executor.ssh.pool import Hosts
from tests.support.looks import Looker, Variant, check, plan, put
from tests.support.remote import eventually, target_to
from tests.support.sshd import Sshd


@pytest.fixture
def looker(hosts: Hosts, sshd: Sshd) -> Looker:
    """Look at the usual server, where the script lies in its place."""
    put(sshd, "scripts/import.js")
    return Looker(hosts, target_to(sshd.host))


async def test_slow_version_is_told_and_ended(sshd: Sshd, looker: Looker) -> None:
    """An interpreter that does not say its version in time leaves nothing running behind."""
    put(sshd, "bin/slow", '#!/bin/sh\necho $$ >"$HOME/slow-pid"\nsleep 60\n', mode=0o755)

    began = time.monotonic()
    found = await looker.look(plan(interpreter="~/bin/slow"))
    took_s = time.monotonic() - began

    state, words = check(found, "interpreter")
    assert state == "failed"
    assert "`~/bin/slow --version` on 127.0.0.1 takes too long" in words
    assert took_s < 4
    place = Path("/proc") / (sshd.host.home / "slow-pid").read_text().strip()
    await eventually(partial(asyncio.to_thread, place.exists), lambda there: not there)


async def test_version_is_told_though_something_stays_behind(sshd: Sshd, looker: Looker) -> None:
    """A wrapper may look for updates meanwhile: nobody waits for that, and it does not stay."""
    text = '#!/bin/sh\nsleep 60 &\necho $! >"$HOME/update-pid"\necho v1\n'
    put(sshd, "bin/updates", text, mode=0o755)

    found = await looker.look(plan(interpreter="~/bin/updates"))

    assert found.measured is not None
    assert found.measured.interpreter_version == "v1"
    place = Path("/proc") / (sshd.host.home / "update-pid").read_text().strip()
    await eventually(partial(asyncio.to_thread, place.exists), lambda there: not there)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        pytest.param("echo v22.1.0", "v22.1.0", id="plain"),
        pytest.param("echo to-stderr 3.1 >&2", "to-stderr 3.1", id="on the second stream"),
        pytest.param("echo $$ warns >&2; echo v2", "v2", id="a warning on the second stream"),
        pytest.param("printf '\\n\\n'; echo v1; echo v2", "v1", id="first line"),
        pytest.param("printf 'v1\\033[31m\\007\\n'", "v1\\x1b[31m\\x07", id="control characters"),
        pytest.param("printf 'v\\342\\200\\256x\\n'", "v\\u202ex", id="right to left"),
        pytest.param("printf '%0500d' 1", "0" * 99 + "…", id="long"),
        pytest.param("echo usage; exit 2", "", id="fails"),
        pytest.param("cat /dev/zero", "", id="never stops"),
        pytest.param('read x; echo "v$x"', "v", id="reads its input"),
    ],
)
async def test_version_is_one_clipped_visible_line(
    sshd: Sshd, looker: Looker, says: str, version: str
) -> None:
    """Whatever an interpreter prints, a card can show it."""
    file = put(sshd, "bin/talker", f"#!/bin/sh\n{says}\n", mode=0o755)

    found = await looker.look(plan(interpreter="~/bin/talker"))

    assert found.measured is not None, found.checks
    assert found.measured.interpreter_version == version
    assert found.measured.interpreter == str(file)
    shown = version or "does not tell its version"
    assert check(found, "interpreter") == ("good", f"talker {shown} ({file})")


async def test_script_without_interpreter_is_not_run(sshd: Sshd, looker: Looker) -> None:
    """Nobody asks a script for its version: it might do its work."""
    put(sshd, "scripts/alone", '#!/bin/sh\ntouch "$HOME/it-ran"\n', mode=0o755)

    found = await looker.look(plan(script="~/scripts/alone", interpreter=""))

    assert check(found, "interpreter") == ("good", "none: the script runs by itself")
    assert found.measured is not None
    assert (found.measured.interpreter, found.measured.interpreter_version) == ("", "")
    assert not (sshd.host.home / "it-ran").exists()


async def test_script_that_is_its_own_interpreter_is_not_run(sshd: Sshd, looker: Looker) -> None:
    """A job that names the same file twice: asked for its version it would do its work."""
    put(sshd, "scripts/twice", '#!/bin/sh\ntouch "$HOME/twice-ran"\n', mode=0o755)

    measured = await looker.measure(plan(script="~/scripts/twice", interpreter="~/scripts/twice"))

    assert measured.interpreter_version == ""
    assert not (sshd.host.home / "twice-ran").exists()


async def test_login_shell_that_takes_too_long_fails_the_interpreter(
    sshd: Sshd, hosts: Hosts, variant: Variant
) -> None:
    """Its PATH is not known yet; nothing else waits for it."""
    home = sshd.make_home("slow-login")
    (home / ".profile").write_text("sleep 20\n")
    server = variant(environment={"HOME": str(home), "SHELL": "/bin/bash"})
    put(server, "scripts/import.js")
    looker = Looker(hosts, target_to(server.host))

    began = time.monotonic()
    found = await looker.look(plan(), setup="auto")

    assert time.monotonic() - began < 4
    state, words = check(found, "interpreter")
    assert (state, "longer than 3 s" in words) == ("failed", True)
    assert check(found, "script")[0] == "good"


async def test_path_that_was_put_right_is_seen_at_once(
    sshd: Sshd, hosts: Hosts, variant: Variant
) -> None:
    """The login shell is asked again after an interpreter was not found."""
    home = sshd.make_home("late")
    server = variant(environment={"HOME": str(home), "SHELL": "/bin/bash"})
    put(server, "scripts/import.js")
    put(server, "late/tool", "#!/bin/sh\necho v1\n", mode=0o755)
    looker = Looker(hosts, target_to(server.host))

    before = await looker.look(plan(interpreter="tool"), setup="auto")
    put(server, ".profile", 'PATH="$HOME/late:$PATH"\n')
    after = await looker.look(plan(interpreter="tool"), setup="auto")

    assert check(before, "interpreter")[0] == "failed"
    assert check(after, "interpreter") == ("good", f"tool v1 ({home}/late/tool)")
