"""``python -m bench.observer URL FILE``: note when lines become visible to another connection.

A process of its own, so that neither the bot nor Slack waits for it. Until SIGTERM it asks MariaDB
every 20 ms how far each run's output is stored, which is committed together with the lines, and
writes down the time of the answer: it is late by at most one pause and one answer, never early.
"""

import signal
import sys
import time
from bisect import bisect_left
from pathlib import Path
from threading import Event
from types import FrameType

import pymysql  # type: ignore[import-untyped]

from bench.limits import login
from db.schema import attempts

PAUSE_S = 0.02
_ALL = f"SELECT SUM(last_line) FROM {attempts.name}"  # cheap: asked until it changes
_EACH = f"SELECT execution_id, last_line FROM {attempts.name}"


class Seen:
    """What an observer wrote down."""

    def __init__(self, file: Path) -> None:
        self._lines: dict[int, list[int]] = {}
        self._times: dict[int, list[int]] = {}
        for line in file.read_text().splitlines():
            moment, execution, highest = map(int, line.split())
            self._lines.setdefault(execution, []).append(highest)
            self._times.setdefault(execution, []).append(moment)

    def when(self, execution: int, line: int) -> int | None:
        """Return when *line* was seen, in nanoseconds of the wall clock; None if never."""
        at = bisect_left(self._lines.get(execution, []), line)
        times = self._times.get(execution, [])
        return times[at] if at < len(times) else None


def observe(url: str, file: Path) -> None:
    """Write "time execution line" whenever a run has a new highest line."""
    stopped = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    with (
        pymysql.connect(**login(url), autocommit=True) as connection,
        connection.cursor() as cursor,
        file.open("w") as out,
    ):
        total, seen = None, dict[int, int]()
        while not stopped.wait(PAUSE_S):
            cursor.execute(_ALL)
            if (now_in_all := cursor.fetchone()) == total:
                continue
            total = now_in_all
            cursor.execute(_EACH)
            rows = cursor.fetchall()
            moment = time.time_ns()
            news = {execution: line for execution, line in rows if seen.get(execution) != line}
            out.writelines(f"{moment} {execution} {line}\n" for execution, line in news.items())
            seen |= news


if __name__ == "__main__":
    observe(sys.argv[1], Path(sys.argv[2]))
