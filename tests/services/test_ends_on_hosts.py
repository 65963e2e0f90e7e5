"""How a run on a real host ends when nobody keeps it there, or its last lines are not stored."""

import asyncio
import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.model.catalog import RetryPolicy, SilenceAction
from db.model.categories import Category
from db.model.execution import Execution, Status
from db.model.output import Block, Level, Stream
from executor.run import Run
from executor.services import Ground, Services
from executor.tools import Tools
from tests.faults.processes import end_all, processes_of
from tests.support.database import do
from tests.support.keepers import kill_keepers
from tests.support.loops import at_work
from tests.support.on_host import follows, launch, login_shell, once_over, place, run_folder, worker
from tests.support.remote import eventually
from tests.support.sshd import Host, Sshd
from tests.support.waiting import until
from tests.support.world import ANA

LEASE = timedelta(minutes=5)
AGAIN = RetryPolicy(attempts=3, delay_s=1, categories=(Category.RUN_LOST, Category.TIMEOUT_ERROR))
#: A login shell that cancels nothing, but tells how the run stands; it counts how often.
FUTILE = """#!/bin/sh
case $2 in *" cancel "*)
    echo cancel >>"$HOME/cancels"
    set -- -c "$(printf %s "$2" | sed 's/ cancel / status /')"
esac
exec sh "$@"
"""

NO_END = """CREATE TRIGGER no_end BEFORE UPDATE OF finished_at ON migration_executions
WHEN NEW.finished_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'not now'); END"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: which one it is does not matter here."""
    return sqlite_url


@pytest.fixture
def immortal(sshd: Sshd) -> Iterator[str]:
    """Give a command of the remote user that becomes root, so that they cannot end it."""
    program = shutil.which("setpriv")
    if os.getuid() != 0 or program is None:
        pytest.skip("Only root can make what others cannot end (with setpriv of util-linux).")
    copy = sshd.host.home / "immortal"
    shutil.copy(program, copy)
    os.chown(copy, 0, pwd.getpwnam(sshd.host.user).pw_gid)
    copy.chmod(0o4750)
    yield f"{copy} --reuid 0 sleep 300"
    copy.unlink()


@pytest.fixture
def futile(sshd: Sshd) -> Iterator[Sshd]:
    """Serve a host on which no process can be over."""
    with login_shell(sshd, "futile", FUTILE) as server:
        yield server
    (sshd.host.home / "cancels").unlink(missing_ok=True)


async def _orphaned(services: Services, tools: Tools, host: Host, **job: Any) -> Execution:
    """Return a run that nobody keeps any more, neither on its host nor here."""
    await place(services, host)
    asked = await launch(services, host, "echo ready; sleep 300", **job)
    async with worker(tools, "w1"):
        running = await follows(services, asked)
    kill_keepers(run_folder(host, running), watchdog=True)
    return running


async def test_a_run_is_not_over_before_its_lines_are_stored(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """Who reads that it is over finds every line, however slowly lines are stored."""
    await place(services, sshd.host)
    asked = await launch(services, sshd.host, "seq 100; printf 'and no newline'")
    claimed = await services.queue.claim_next("w1", LEASE)
    assert claimed is not None
    run = asyncio.create_task(Run(tools, await services.queue.brief(claimed)).see_through())

    await until((run_folder(sshd.host, claimed) / "exit").exists, "the script is over")
    early, _ = await asyncio.wait({run}, timeout=2)  # nobody stores lines yet
    meanwhile = await services.history.execution(asked.id)
    async with at_work(tools.writer):
        await asyncio.wait_for(run, 15)

    over = await services.history.execution(asked.id)
    assert (early, meanwhile.status) == (set(), Status.RUNNING)
    assert (over.status, over.lines) == (Status.SUCCEEDED, 101)


async def test_what_outlives_its_supervisor_is_ended(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """The run is lost, and nothing of it runs beside what comes next."""
    orphan = await _orphaned(services, tools, sshd.host)
    async with worker(tools, "w2"):
        over = await once_over(services, orphan)
    left = processes_of(over)
    end_all(over)

    assert (over.status, over.error_category) == (Status.LOST, Category.RUN_LOST)
    assert left == {}


async def test_what_outlives_its_directory_is_ended_before_it_is_tried_again(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """Somebody cleaned up on the host: its watchdog there sees that only some seconds later."""
    await place(services, sshd.host)
    asked = await launch(services, sshd.host, "echo ready; exec sleep 300", retry=AGAIN)
    async with worker(tools, "w1"):
        running = await follows(services, asked)
        await until(lambda: bool(processes_of(running)), "the script runs")
    shutil.rmtree(run_folder(sshd.host, running))
    async with worker(tools, "w2"):
        again = await eventually(
            lambda: services.history.execution(asked.id), lambda one: one.is_retried
        )
        left = processes_of(running)
    end_all(running)

    assert (again.status, again.error_category) == (Status.QUEUED, Category.RUN_LOST)
    assert left == {}


async def test_what_cannot_be_ended_forbids_a_retry(
    services: Services,
    tools: Tools,
    futile: Sshd,
) -> None:
    """It is tried a few times, not for ever; then told, and never run beside itself."""
    orphan = await _orphaned(services, tools, futile.host, retry=AGAIN)
    try:
        async with worker(tools, "w2"):
            over = await once_over(services, orphan)
        left = processes_of(over)
    finally:
        end_all(orphan)

    assert left
    assert (over.status, over.attempt) == (Status.LOST, 1)
    assert "2 of its processes could not be ended and run there" in over.error_message
    assert (futile.host.home / "cancels").read_text().split() == ["cancel"] * 3


async def test_what_a_stop_left_over_forbids_a_retry(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    immortal: str,
) -> None:
    """Its time was over, all else was ended, one did not go: it is in the receipt."""
    await place(services, sshd.host)
    text = f"{immortal} >/dev/null 2>&1 & echo $! >$HOME/left; wait"
    asked = await launch(services, sshd.host, text, retry=AGAIN, timeout_s=1)
    try:
        async with worker(tools, "w1"):
            over = await once_over(services, asked)
    finally:
        left = int((sshd.host.home / "left").read_text())
        assert left > 1
        os.kill(left, signal.SIGKILL)

    assert (over.status, over.attempt) == (Status.TIMED_OUT, 1)
    assert over.receipt.endswith("1 still there")


async def test_a_cancel_is_told_as_one_although_the_script_is_silent_meanwhile(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """It ends only on KILL, and says nothing until then: who stopped it was the person."""
    await place(services, sshd.host, grace_s=4)
    text = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    quiet = {"silence_s": 3, "silence_action": SilenceAction.STOP}
    asked = await launch(services, sshd.host, text, **quiet)
    async with worker(tools, "w1"):
        await follows(services, asked)
        await services.controls.cancel(asked.id, ANA)
        over = await once_over(services, asked)

    assert (over.status, over.error_category) == (Status.CANCELLED, None)


async def test_a_remark_on_the_end_is_made_once(
    services: Services,
    ground: Ground,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """The worker that made it could not record the end; the next one meets the same end."""
    await place(services, sshd.host)
    asked = await launch(services, sshd.host, "seq 1000; seq 1000 >&2")
    small = replace(tools, max_bytes=512)

    async def remarks() -> list[str]:
        lines = await services.history.tail(asked.id, 10, stream=Stream.NOTE)
        return [line.text.partition(" (")[0] for line in lines]

    await do(ground.db, NO_END)
    async with worker(small, "w1"):
        await eventually(remarks, lambda texts: len(texts) == 2)
    await do(ground.db, "DROP TRIGGER no_end")
    async with worker(small, "w2"):
        over = await once_over(services, asked)

    assert (over.status, over.resumed) == (Status.SUCCEEDED, 1)
    assert await remarks() == ["stderr was cut here", "stdout was cut here"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("while :; do echo ready; sleep 0.2; done", "The script was stopped."),
        ("echo ready; exec sleep 300", "The script was stopped."),
        ("printf ready", "The script itself had ended with exit status 0."),
    ],
    ids=["chatty", "silent", "over"],
)
async def test_a_run_whose_lines_are_refused_for_good_ends(
    services: Services,
    ground: Ground,
    tools: Tools,
    sshd: Sshd,
    text: str,
    told: str,
) -> None:
    """Its script is stopped and its place is free; it must not be met again and again."""
    await place(services, sshd.host)
    asked = await launch(services, sshd.host, text)
    taken = Block(asked.id, 1, 1, Stream.OUT, ground.clock(), [Level.INFO], ["not its own"])
    async with ground.db.begin() as repos:
        await repos.log_lines.add([taken])
    async with worker(tools, "w1"):
        over = await once_over(services, asked)

    assert (over.status, over.error_category) == (Status.FAILED, Category.INTERNAL_ERROR)
    assert told in over.error_message
    assert processes_of(over) == {}
