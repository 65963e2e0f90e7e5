"""Hosts that let Ferry in and then fail in the middle: it neither hammers them nor gives up."""

import time
from pathlib import Path

import pytest

from db.model.execution import Status
from tests.acceptance.house import House
from tests.acceptance.looking import number_of, until_true
from tests.support.remote import eventually
from tests.support.sshd import Sshd, give

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_host_that_kills_every_start_is_asked_ever_more_slowly(
    ferry: House, sshd: Sshd
) -> None:
    """Limits for a user may kill whatever is started; a person can still call it off."""
    calls = sshd.host.home / "starts"
    kill = f'case "$*" in "-m 700"*) echo x >>"{calls}"; kill -TERM $PPID; exit ;; esac'
    server = _host_with(sshd, "mkdir", f'{kill}; exec /usr/bin/mkdir "$@"')
    server.start()
    channel = await ferry.channel("")
    await ferry.environment("killing", channel, ssh_port=server.host.port, shell_setup="none")
    await ferry.job("killed", "exit 0")

    began = time.monotonic()
    card = await ferry.asks(ferry.bruno, channel, "killed")
    await until_true(lambda: calls.exists() and calls.read_text().count("x") >= 3, "3 starts")
    lasted = time.monotonic() - began
    await ferry.bruno.types(channel, f"/migrate cancel {number_of(card)}")
    execution = await ferry.over(card)
    server.stop()

    assert lasted > 1.4
    assert execution.status is Status.CANCELLED


async def test_a_run_is_followed_where_no_pipe_can_be_made(ferry: House, sshd: Sshd) -> None:
    """On a full disk: the follower waits as it does without GNU tail, in one call."""
    calls = sshd.host.home / "pipes"
    server = _host_with(
        sshd,
        "mkfifo",
        f'case "$1" in wake.*) echo x >>"{calls}"; exit 1 ;; esac; exec /usr/bin/mkfifo "$@"',
    )
    server.start()
    channel = await ferry.channel("")
    await ferry.environment("full", channel, ssh_port=server.host.port, shell_setup="none")
    await ferry.job("slow", "for n in 1 2 3; do echo line $n; sleep 0.3; done")

    card = await ferry.asks(ferry.bruno, channel, "slow")
    execution = await eventually(
        lambda: ferry.services.history.execution(number_of(card)), lambda one: one.status.is_over
    )
    lines = await ferry.lines(execution.id)
    server.stop()

    assert execution.status is Status.SUCCEEDED
    assert lines == ["line 1", "line 2", "line 3"]
    assert calls.read_text() == "x\n"


def _host_with(sshd: Sshd, tool: str, text: str) -> Sshd:
    """Return a server on the same machine where the command *tool* is the sh script *text*."""
    tools: Path = sshd.make_home(f"broken-{tool}")
    (tools / tool).write_text(f"#!/bin/sh\n{text}\n")
    (tools / tool).chmod(0o755)
    give(tools / tool, sshd.host.user)
    return sshd.variant(environment={"PATH": f"{tools}:/usr/bin:/bin"})
