"""One writer a process: output of all runs goes into the database in few, large transactions.

Commits about every 100 ms or 1,000 lines, whichever is first. ``write`` returns when its lines are
committed, so a run has one batch in flight: while the database is slow or away, its SSH channel
fills, pauses, and the output waits in the file on the host. Nothing is dropped.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from db.model.errors import LeaseLost, Unavailable
from db.model.execution import LogLine
from db.repos import Repos
from executor.services.ground import Ground

logger = structlog.get_logger(__name__)
_INTERVAL_S = 0.1
_ENOUGH_LINES = 1000
_LONGEST_WAIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Lines of one run, and how far its output is once they are stored."""

    lines: Sequence[LogLine]
    execution_id: int
    attempt: int
    fence: int
    out_offset: int
    err_offset: int
    last_line: int
    warnings: int
    progress_done: float | None
    progress_total: float | None
    progress_words: str
    result: dict[str, str]

    def mark(self) -> dict[str, Any]:
        """Return everything but the lines."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "lines"}


@dataclass(frozen=True, slots=True)
class _Waiting:
    batch: Batch
    done: asyncio.Future[None] = field(default_factory=asyncio.Future)


class LogWriter:
    """Group commit for log lines and offsets."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._waiting: list[_Waiting] = []
        self._some = asyncio.Event()
        self._enough = asyncio.Event()

    async def write(self, batch: Batch) -> None:
        """Return when *batch* is committed. Raises LeaseLost when another worker owns the run."""
        waiting = _Waiting(batch)
        self._waiting.append(waiting)
        self._some.set()
        if sum(len(one.batch.lines) for one in self._waiting) >= _ENOUGH_LINES:
            self._enough.set()
        await waiting.done

    async def run(self) -> None:
        """Commit what is handed over, until cancelled."""
        while True:
            await self._some.wait()
            try:
                async with asyncio.timeout(_INTERVAL_S):
                    await self._enough.wait()
            except TimeoutError:
                pass
            taken, self._waiting = self._waiting, []
            self._some.clear()
            self._enough.clear()
            await self._settle(taken)

    async def _settle(self, taken: Sequence[_Waiting]) -> None:
        try:
            await self._commit([one.batch for one in taken])
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to whoever waits
            if len(taken) == 1:
                _fail(taken[0], error)
                return
            # One bad batch must not hold up the others: each goes alone.
            logger.info("log_batch_split", batches=len(taken), why=type(error).__name__)
            for one in taken:
                await self._settle([one])
        else:
            for one in taken:
                if not one.done.done():
                    one.done.set_result(None)

    async def _commit(self, batches: Sequence[Batch]) -> None:
        wait_s = _INTERVAL_S
        todo = list(batches)
        while todo:
            try:
                async with self._db.begin() as repos:
                    if wait_s > _INTERVAL_S:
                        todo = await _not_stored(repos, todo)
                    ours = await repos.attempts.advance([batch.mark() for batch in todo])
                    if ours != len(todo):
                        raise LeaseLost("Another worker owns this run now.")
                    await repos.log_lines.add([line for batch in todo for line in batch.lines])
            except Unavailable:
                logger.warning("log_writer_waits", seconds=wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                return


async def _not_stored(repos: Repos, batches: Sequence[Batch]) -> list[Batch]:
    # The database may have gone away after it committed and before it said so.
    todo: list[Batch] = []
    for batch in batches:
        stored = await repos.attempts.get(batch.execution_id, batch.attempt)
        if stored.last_line < batch.last_line:  # a note moves no offset, but it has a number
            todo.append(batch)
    return todo


def _fail(one: _Waiting, error: Exception) -> None:
    if not one.done.done():
        one.done.set_exception(error)
