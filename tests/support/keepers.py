"""The processes on the host that keep a run: its supervisor and its watchdog."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def kill_keepers(folder: Path, *, supervisor: bool = True, watchdog: bool) -> None:
    """Kill who keeps the run in *folder*, one of them or both, as the OOM killer would."""
    _wait_until((folder / "pids").exists, "their numbers are kept")
    keeper, _, watcher, *_ = (folder / "pids").read_text().split()
    for process in [*([keeper] if supervisor else []), *([watcher] if watchdog else [])]:
        pid = process.partition(":")[0]
        assert f"supervise\0{folder.name}" in Path(f"/proc/{pid}/cmdline").read_text()
        assert int(pid) > 1
        os.kill(int(pid), signal.SIGKILL)
        _wait_for_death(int(pid))


def _wait_for_death(pid: int) -> None:
    """Return once the process is gone: on a busy machine a killed one still runs for a moment."""

    def is_dead() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    _wait_until(is_dead, f"{pid} is dead")


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"not within 10 s: {what}"
        time.sleep(0.002)
