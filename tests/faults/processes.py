"""The processes of a run on this machine, known by the cookie that the supervisor gives them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from db.model.execution import Execution


def processes_of(execution: Execution) -> dict[int, str]:
    """Return the command lines of what carries the cookie of *execution*, by process number."""
    cookie = f"FERRY_RUN={execution.key}-".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked
            if cookie in (folder / "environ").read_bytes():
                line = (folder / "cmdline").read_bytes()
                found[int(folder.name)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


def end_all(execution: Execution) -> None:
    """Kill what a round that failed has left of *execution*."""
    for pid in processes_of(execution):
        if pid > 1:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
