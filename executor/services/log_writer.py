"""One writer a process: output of all runs goes into the database in few, large transactions.

A commit begins at once if the last one began a while ago, else after the rest of that while, or
as soon as a large portion waits: lines of many runs share a commit, and a flood does not wait.
Whoever reads what a run prints waits until a commit is due and hands over then what there is by
that time, unless it is a lot.

What waits is bounded, for each run and in all: while the database is slow or away, ``Lane.write``
does not return, the run's SSH channel fills, pauses, and the output waits in the file on the host.
Nothing is dropped, and no line of a run is stored unless all before it are.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from db.model.errors import LeaseLost, Unavailable
from db.model.output import Block
from db.repos import Repos
from executor.services.ground import Ground

logger = structlog.get_logger(__name__)
# Between the beginnings of two commits; SQLite has one writer, and each commit costs it a BEGIN.
_INTERVAL_S, _INTERVAL_SQLITE_S = 0.1, 0.14
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
# Weights: characters, and a share for each line. About as many bytes of memory.
_A_LINE = 64
_ENOUGH = 2 * 1024 * 1024  # waits: commit at once
_MOST_A_COMMIT = 4 * 1024 * 1024  # others want the database, too
_MOST_A_RUN = 8 * 1024 * 1024  # some under way, some ready when that is stored
_MOST_IN_ALL = 16 * 1024 * 1024
_LOST = "Another worker owns this run now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Lines of one run, and how far its output is once they are stored."""

    blocks: Sequence[Block]
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
    last_output_at: datetime | None

    def mark(self) -> dict[str, Any]:
        """Return everything but the lines."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "blocks"}

    @property
    def owner(self) -> tuple[int, int, int]:
        """Whose lines they are: execution, attempt, fence."""
        return (self.execution_id, self.attempt, self.fence)

    @property
    def weight(self) -> int:
        """About how much memory it takes."""
        return sum(_A_LINE * len(each.texts) + sum(map(len, each.texts)) for each in self.blocks)


class Lane:
    """One run's way into the writer: its batches are stored in order, some while it makes more."""

    def __init__(self, writer: "LogWriter") -> None:
        self._writer = writer
        self._news = asyncio.Event()
        self._is_broken = asyncio.Event()
        self.weight = 0  #: of what is handed over and not stored yet
        self.error: Exception | None = None  #: after which nothing of this run is stored any more

    async def write(self, batch: Batch) -> None:
        """Hand *batch* over; returns when there is room for it, and others had their turn.

        Raises what became of an earlier one: LeaseLost when another worker owns the run.
        """
        weight = batch.weight
        while self.weight and self.weight + weight > self._writer.most_a_run:
            await self._settled()
        self._check()
        self.weight += weight
        self._writer.take(_Waiting(self, batch, weight))
        await asyncio.sleep(0)

    async def flush(self) -> None:
        """Return when all that was handed over is stored, which is done at once.

        Raises as ``write`` does.
        """
        while self.weight:
            self._writer.hurry()
            await self._settled()
        self._check()

    async def broken(self) -> None:
        """Wait until something of this run cannot be stored, and raise why, as ``write`` does."""
        await self._is_broken.wait()
        self._check()

    def settle(self, weight: int, error: Exception | None = None) -> None:
        """Note that a batch is stored, or never will be."""
        self.weight -= weight
        self.error = self.error or error
        if self.error is not None:
            self._is_broken.set()
        self._news.set()

    async def _settled(self) -> None:
        self._news.clear()
        await self._news.wait()
        self._check()

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass(frozen=True, slots=True)
class _Waiting:
    lane: Lane
    batch: Batch
    weight: int


class LogWriter:
    """Group commit for log lines and offsets."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._interval_s = _INTERVAL_SQLITE_S if ground.db.is_sqlite else _INTERVAL_S
        self._waiting: list[_Waiting] = []
        self._wakes: list[Callable[[], None]] = []
        self._weight = 0  # of what waits
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._is_unsure = False  # whether some of what was taken is stored: an answer was lost

    def lane(self) -> Lane:
        """Return the way in for one run."""
        return Lane(self)

    @property
    def most_a_run(self) -> int:
        """How much one run may have under way: one batch alone while all together have a lot."""
        return _MOST_A_RUN if self._weight < _MOST_IN_ALL else 0

    def before_commit(self, wake: Callable[[], None]) -> None:
        """Call *wake* once when the next commit is due: what that hands over goes along."""
        self._wakes.append(wake)
        self._some.set()

    def hurry(self) -> None:
        """Commit now, for somebody who has nothing to add."""
        if self._waiting:
            self._enough.set()

    def take(self, waiting: _Waiting) -> None:
        """Queue a batch; only for lanes."""
        self._waiting.append(waiting)
        self._weight += waiting.weight
        self._some.set()
        if self._weight >= _ENOUGH:
            self._enough.set()

    async def run(self) -> None:
        """Commit what is handed over, until cancelled."""
        clock = asyncio.get_running_loop().time
        began = clock() - self._interval_s
        while True:
            await self._some.wait()
            try:
                async with asyncio.timeout_at(began + self._interval_s):
                    await self._enough.wait()
            except TimeoutError:
                pass
            began = clock()
            await self._wake_readers()
            self._is_unsure = False
            await self._settle(self._next())

    async def _wake_readers(self) -> None:
        wakes, self._wakes = self._wakes, []
        for wake in wakes:
            wake()
        await asyncio.sleep(0)  # they come first

    def _next(self) -> list[_Waiting]:
        count = weight = 0
        while count < len(self._waiting) and weight < _MOST_A_COMMIT:
            weight += self._waiting[count].weight
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._weight -= weight
        if not self._waiting and not self._wakes:
            self._some.clear()
        if self._weight < _ENOUGH:
            self._enough.clear()
        return taken

    async def _settle(self, taken: Sequence[_Waiting], *, carefully: bool = False) -> None:
        """Store *taken*; one bad batch must not hold up the others, so in halves if need be."""
        try:
            lost = await self._commit(taken, carefully=carefully)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to whoever waits
            middle = len(taken) // 2
            if middle:
                logger.info("log_batch_split", batches=len(taken), why=type(error).__name__)
                await self._settle(taken[:middle])
                await self._settle(taken[middle:])
            elif not carefully:
                logger.warning("log_batch_refused", why=type(error).__name__)
                await self._settle(taken, carefully=True)
            else:
                taken[0].lane.settle(taken[0].weight, error)
        else:
            for one in taken:
                one.lane.settle(one.weight, LeaseLost(_LOST) if one.lane in lost else None)

    async def _commit(self, taken: Sequence[_Waiting], *, carefully: bool) -> set[Lane]:
        """Store what can be stored, however long the database is away; return who lost its run."""
        wait_s, todo = 0.0, [one for one in taken if one.lane.error is None]
        while todo:
            try:
                async with self._db.begin() as repos:
                    if self._is_unsure:
                        todo = await _not_stored(repos, todo)
                    return await _store(repos, todo, carefully=carefully)
            except Unavailable:
                self._is_unsure = True  # also for the halves, should the next try fail otherwise
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S) or _FIRST_WAIT_S
                logger.warning("log_writer_waits", seconds=wait_s)
                await asyncio.sleep(wait_s)
        return set()


async def _store(repos: Repos, todo: Sequence[_Waiting], *, carefully: bool) -> set[Lane]:
    last = {one.lane: one.batch for one in todo}  # later ones know what earlier ones do
    marks = [batch.mark() for batch in last.values()]
    lost: set[Lane] = set()
    if await repos.attempts.advance(marks) != len(marks):
        owned = await repos.attempts.owned(marks)
        lost = {lane for lane, batch in last.items() if batch.owner not in owned}
    blocks = [block for one in todo if one.lane not in lost for block in one.batch.blocks]
    await (repos.log_lines.add_carefully if carefully else repos.log_lines.add)(blocks)
    return lost


async def _not_stored(repos: Repos, todo: Sequence[_Waiting]) -> list[_Waiting]:
    # The database may have gone away after it committed and before it said so. A note moves no
    # offset, but it has a number.
    stored = await repos.attempts.last_lines({one.batch.execution_id for one in todo})
    return [
        one
        for one in todo
        if stored.get((one.batch.execution_id, one.batch.attempt), 0) < one.batch.last_line
    ]
