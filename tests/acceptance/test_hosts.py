"""What can be wrong with a host or a script: one card says which, why, and what to do."""

import stat
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from db.model.catalog import RetryPolicy
from db.model.categories import Category
from db.model.execution import Execution, Status
from db.model.output import Stream
from tests.acceptance.house import House
from tests.acceptance.looking import says
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd, free_port
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _fails(
    ferry: House, name: str, *, job: dict[str, Any] | None = None, **environment: Any
) -> tuple[Execution, str]:
    """Run a job that leaves a mark if it runs; return how it failed, and what the card says."""
    channel = await ferry.channel("")
    await ferry.environment(name, channel, **environment)
    await ferry.job(name, 'touch "$HOME/ran"', **(job or {}))
    card = await ferry.asks(ferry.bruno, channel, name)
    execution = await ferry.over(card)
    thread = await ferry.thread(card)

    assert execution.status is Status.FAILED
    assert not (ferry.host.home / "ran").exists()
    assert not list((ferry.host.home / ".cache" / "ferry").glob(f"runs/{execution.key}*"))
    ends = [text for text in thread if text.startswith("❌")]
    assert len(ends) == 1, thread
    shown = await ferry.shown(card)
    says(shown, "What to do:", "Run again")
    return execution, shown


def _fingerprint(line: str) -> str:
    return asyncssh.import_public_key(line).get_fingerprint()


async def test_host_that_is_down(ferry: House) -> None:
    """Nobody listens there."""
    port = free_port()

    execution, shown = await _fails(ferry, "down", ssh_port=port)

    assert execution.error_category is Category.CONNECTION_ERROR
    says(shown, f":{port} refused the connection", "is the port right?")


async def test_wrong_key(ferry: House) -> None:
    """The host does not know Ferry's key: said with the user and the key's path."""
    stranger = ferry.host.stranger_path

    execution, shown = await _fails(ferry, "wrong-key", ssh_key_path=stranger)

    assert execution.error_category is Category.AUTHENTICATION_ERROR
    says(shown, f"did not accept the key {stranger} for user {ferry.host.user}", "authorized_keys")


async def test_key_file_that_is_missing(ferry: House) -> None:
    """It is Ferry's machine that lacks it, not the host."""
    execution, shown = await _fails(ferry, "no-key", ssh_key_path="/nowhere/id_ed25519")

    assert execution.error_category is Category.AUTHENTICATION_ERROR
    says(shown, "There is no SSH key /nowhere/id_ed25519 on Ferry's machine", "nothing ran")


async def test_changed_host_key(ferry: House) -> None:
    """Both fingerprints are named; nothing was sent to whoever answers there."""
    other = ferry.host.other_host_key

    execution, shown = await _fails(ferry, "changed", host_key=other)

    assert execution.error_category is Category.SSH_HOST_KEY_ERROR
    assert execution.error_detail == "CHANGED"
    says(shown, _fingerprint(other), _fingerprint(ferry.host.host_key))


async def test_unknown_host_key(ferry: House) -> None:
    """An environment without a pinned key is never trusted at first use."""
    execution, shown = await _fails(ferry, "unknown", host_key="")

    assert execution.error_category is Category.SSH_HOST_KEY_ERROR
    assert execution.error_detail == "UNKNOWN"
    says(shown, "No host key is pinned", _fingerprint(ferry.host.host_key))


async def test_missing_script(ferry: House) -> None:
    """Its path is named: what cannot be measured is not started."""
    execution, shown = await _fails(ferry, "no-script", job={"script": "~/nowhere.sh"})

    assert execution.error_category is Category.SCRIPT_NOT_FOUND
    says(shown, "/nowhere.sh")


async def test_missing_interpreter(ferry: House) -> None:
    """The advice is about the PATH of shells that nobody types into."""
    execution, shown = await _fails(ferry, "no-node", job={"interpreter": "node-99"})

    assert execution.error_category is Category.COMMAND_NOT_FOUND
    says(shown, "node-99 is not on the PATH", "nvm", "node path")


async def test_missing_directory(ferry: House) -> None:
    """The directory to run in is named."""
    execution, shown = await _fails(ferry, "no-directory", job={"directory": "~/nowhere"})

    assert execution.error_category is Category.DIRECTORY_NOT_FOUND
    says(shown, "nowhere")


@pytest.mark.parametrize("asked", ["its PATH", "what would run"])
async def test_line_that_is_cut_before_the_start_is_sent(ferry: House, asked: str) -> None:
    """Nothing can have begun: a job that may be tried again is, and its script runs once."""
    home, channel = ferry.host.home, await ferry.channel("")
    name = asked.replace(" ", "-").lower()
    profile, interpreter = home / ".profile", home / f"{name}-sh"
    heard, ran = home / f"{name}-heard", home / f"{name}-ran"
    slow = f"echo asked >>{heard}; sleep 1\n"
    is_path = asked == "its PATH"
    profile.write_text(slow if is_path else "")
    interpreter.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || exec sh "$@"\n{"" if is_path else slow}'
    )
    interpreter.chmod(0o755)
    async with Proxy(ferry.host.port) as proxy:
        await ferry.environment(name, channel, ssh_port=proxy.port)
        job: dict[str, Any] = {
            "interpreter": str(interpreter),
            "retry": RetryPolicy(attempts=3, delay_s=1),
        }
        await ferry.job(name, f'echo "ran" >>{ran}', **job)
        card = await ferry.asks(ferry.bruno, channel, name)
        for times in (1, 2):  # what is asked once more is on a connection of its own
            await until(lambda: _lines(heard) >= times, within_s=20)  # noqa: B023
            proxy.cut()
        execution = await ferry.over(card)
    profile.unlink()
    thread = await ferry.thread(card)

    assert execution.status is Status.SUCCEEDED
    assert _lines(ran) == 1
    assert any("Attempt 1 of 3 failed: CONNECTION_ERROR" in text for text in thread)


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


async def test_script_that_is_not_executable(ferry: House) -> None:
    """Without an interpreter the script itself must be executable: chmod is the advice."""
    execution, shown = await _fails(ferry, "not-executable", job={"interpreter": ""})
    path = ferry.host.home / "not-executable.sh"

    assert not path.stat().st_mode & stat.S_IXUSR
    assert execution.error_category is Category.COMMAND_NOT_EXECUTABLE
    says(shown, "may not execute", "chmod +x")


async def test_output_that_is_not_utf8_and_a_line_without_end(ferry: House) -> None:
    """Bytes are shown escaped, the endless line in pieces, and nothing is lost."""
    channel = await ferry.channel()
    text = r"""
    printf 'caf\351 \377\000.\n' >&2
    head -c 300000 /dev/zero | tr '\0' x
    printf 'é\n::result bytes=300000\nno newline at the end'
    """
    await ferry.job("noisy", text)

    card = await ferry.asks(ferry.bruno, channel, "noisy")
    execution = await ferry.over(card)
    *pieces, result, last = await ferry.lines(execution.id, Stream.OUT)

    assert execution.status is Status.SUCCEEDED
    assert execution.result == {"bytes": "300000"}
    assert await ferry.lines(execution.id, Stream.ERR) == ["caf\\xe9 \\xff\x00."]
    assert "".join(piece.removesuffix(" ⏎…") for piece in pieces) == "x" * 300_000 + "é"
    assert max(map(len, pieces)) < 17_000
    assert (result, last) == ("::result bytes=300000", "no newline at the end")
    says(await ferry.shown(card), "Succeeded")
    assert (await ferry.log_file(card)).count("x") == 300_000 + 2  # and those of the escapes


async def test_host_that_stops_answering_between_runs(ferry: House, sshd: Sshd) -> None:
    """A pooled connection that died is noticed: the next run just works."""
    await ferry.job("again", "echo here")
    first = await ferry.over(await ferry.asks(ferry.bruno, await ferry.channel(), "again"))
    sshd.stop()
    sshd.start()

    second = await ferry.over(await ferry.asks(ferry.bruno, await ferry.channel(), "again"))

    assert (first.status, second.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert await ferry.lines(second.id) == ["here"]
