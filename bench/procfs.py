"""What Linux tells of a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FIRST = "-15"


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_s() -> float:
    """Return the seconds of processor time that everything on this machine has used."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Return how much memory the process holds now, in MB."""
    return _status_mb(pid, "VmRSS")


def peak_mb(pid: int) -> float:
    """Return the most that it held since ``forget_peak``, in MB."""
    return _status_mb(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Let the peak begin anew with what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def written_bytes() -> int:
    """Return how many bytes this process has handed to write() so far, files and sockets alike."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


@contextmanager
def going_first() -> Iterator[bool]:
    """Let the processes of this session go before those of others; give whether that may be.

    Linux shares processors among sessions first: sched(7), "The autogroup feature".
    """
    nice = Path("/proc/self/autogroup")
    try:
        nice.write_text(_FIRST)
    except OSError:  # not root, or no such feature
        yield False
        return
    try:
        yield True
    finally:
        nice.write_text("0")


def _status_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024
