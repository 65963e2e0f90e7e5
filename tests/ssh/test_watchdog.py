"""The watchdog of a run: killed, or left alone by a supervisor that was killed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from executor.ssh.remote import Receipt
from tests.ssh.test_lost import run_folder, running
from tests.ssh.test_stops import STUBBORN, processes_of
from tests.support.keepers import kill_keepers
from tests.support.remote import Job, eventually
from tests.support.sshd import Sshd

NewJob = Callable[[], Job]


async def test_watchdog_killed_another_takes_its_place(
    shell_server: Sshd, shell_job: NewJob
) -> None:
    """Whoever asks for the run has it replaced, so a cancel is obeyed all the same."""
    job = shell_job()
    folder = run_folder(shell_server, job)
    await running(job, "echo ready; sleep 300")

    kill_keepers(folder, supervisor=False, watchdog=True)
    await job.remote.cancel()
    status = await job.over()

    assert status.reason == "cancel"
    assert status.receipt == Receipt(2, 2, 0, 0, 0)


async def test_watchdog_alone_still_obeys_a_cancel(shell_server: Sshd, shell_job: NewJob) -> None:
    """It has seen that the supervisor is dead, and waits for the script: whoever rings finds it."""
    job = shell_job()
    folder = run_folder(shell_server, job)
    await running(job, "echo ready; sleep 300")
    watchdog = (folder / "pids").read_text().split()[2].partition(":")[0]
    await _sleeps(watchdog, "5")

    kill_keepers(folder, watchdog=False)
    await _sleeps(watchdog, "1")
    await job.remote.cancel()
    status = await job.over()

    assert status.reason == "cancel"
    assert status.receipt == Receipt(2, 2, 0, 0, 0)
    assert processes_of(job) == []


async def test_watchdog_killed_over_a_cancel_is_replaced(
    shell_server: Sshd, shell_job: NewJob
) -> None:
    """It had decided and not yet ended everything; another goes on with that."""
    job = shell_job()
    folder = run_folder(shell_server, job)
    await job.start(STUBBORN, grace_s=3)
    await job.prints(b"ready\n")

    await job.remote.cancel()
    await eventually(lambda: asyncio.to_thread((folder / "decided-cancel").exists), bool)
    kill_keepers(folder, supervisor=False, watchdog=True)
    status = await job.over()

    assert status.reason == "cancel"
    assert status.receipt is not None
    assert (status.receipt.on_kill >= 2, status.receipt.remaining) == (True, 0)
    assert processes_of(job) == []


async def _sleeps(watchdog: str, seconds: str) -> None:
    """Wait until the watchdog waits for *seconds*: what it does shows in its rounds."""

    def children() -> list[str]:
        numbers = Path(f"/proc/{watchdog}/task/{watchdog}/children").read_text().split()
        found = []
        for number in numbers:
            with suppress(OSError):  # it ended while we looked
                found.append(Path(f"/proc/{number}/cmdline").read_text())
        return found

    await eventually(
        lambda: asyncio.to_thread(children), lambda found: f"sleep\0{seconds}\0" in found
    )
