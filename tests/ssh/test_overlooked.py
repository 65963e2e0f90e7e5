"""Processes that are easily overlooked: what they look like must not save them from a cancel."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.ssh.remote import Receipt, RemoteState
from tests.ssh.test_lost import run_folder
from tests.ssh.test_stops import processes_of, root_perl  # noqa: F401 - a fixture
from tests.support.remote import Job, eventually
from tests.support.sshd import Sshd

NewJob = Callable[[], Job]

# Its first thread ends, and the process lives on: /proc calls it a zombie.
HEADLESS = """exec /usr/bin/python3 -c '
import ctypes, os, threading, time
def work():
    while open("/proc/%d/stat" % os.getpid()).read().rpartition(") ")[2][0] != "Z":
        time.sleep(0.01)
    print("ready", flush=True)
    time.sleep(300)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
'"""
RENAMED = r"""mkfifo never; printf 'a) S\n1 b' >"/proc/$$/comm"; echo ready; read -r x <never"""
STOPPED = """trap 'echo bye; exit 3' TERM; echo ready; kill -s STOP $$; sleep 300"""


@pytest.mark.parametrize("text", [HEADLESS, RENAMED, STOPPED])
async def test_cancel_ends_it_at_once(shell_job: NewJob, text: str) -> None:
    """It is asked to end like any other, hears it, and is in the receipt."""
    job = shell_job()
    await job.start(text, grace_s=30)
    await job.prints(b"ready\n")

    await job.remote.cancel()
    status = await job.over()

    assert (status.state, status.reason) == (RemoteState.EXITED, "cancel")
    assert status.receipt == Receipt(1, 1, 0, 0, 0)
    assert processes_of(job) == []


async def test_process_of_another_user_that_is_left_behind_is_told(
    another: NewJob,
    root_perl: Path,  # noqa: F811
) -> None:
    """It may not be signalled; that does not mean that nothing is there."""
    job = another()
    become = "$< = $> = 0; open F, q(>me); print F $$; close F; sleep 300"

    await job.start(
        f"{root_perl} -e '{become}' >/dev/null 2>&1 & until [ -s me ]; do sleep 0.02; done; cat me",
        grace_s=1,
    )
    status = await job.over()
    os.kill(int(bytes((await job.follow()).out)), signal.SIGKILL)

    assert status.receipt == Receipt(1, 0, 0, 0, 1)


async def test_what_cannot_be_ended_is_told_with_what_was(
    sshd: Sshd,
    another: NewJob,
    root_perl: Path,  # noqa: F811
) -> None:
    """Who asks meanwhile has its watchdog replaced; the first receipt is the one that counts."""
    job = another()
    folder = run_folder(sshd, job)
    become = r"$| = 1; $< = $> = 0; print qq(ready\n); sleep 300"
    await job.start(f"sleep 300 & exec {root_perl} -e '{become}'", grace_s=0)
    await job.prints(b"ready\n")
    _, stubborn, watchdog = _numbers(folder)

    await job.remote.cancel()
    await _is_dead(folder, lambda number: number == watchdog)
    await job.remote.status()
    await _is_dead(folder, lambda number: number != watchdog)
    os.kill(stubborn, signal.SIGKILL)
    status = await job.over()

    assert status.receipt == Receipt(2, 1, 0, 0, 1)


def _numbers(folder: Path) -> list[int]:
    words = (folder / "pids").read_text().split()
    return [int(word.partition(":")[0]) for word in words[:3]]


async def _is_dead(folder: Path, is_right: Callable[[int], bool]) -> None:
    """Wait until the watchdog, if it is the right one, is dead."""

    def look() -> bool:
        try:
            watchdog = _numbers(folder)[2]
        except FileNotFoundError:
            return False  # it is being replaced
        try:
            stat = Path(f"/proc/{watchdog}/stat").read_text()
        except FileNotFoundError:
            return is_right(watchdog)
        return is_right(watchdog) and stat.rpartition(") ")[2].startswith("Z")

    await eventually(lambda: asyncio.to_thread(look), bool)
