"""Part b: statements and bytes that 1,000 lines cost, while 200 runs print 25 lines/s each.

No host takes part: the same lines, at the same moments, go into Ferry's log writer and into the
50-lines design. MariaDB counts for itself; on SQLite each call of the driver counts, and the bytes
are those that this process writes: log, database and all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event

from bench import designs, engine, lines, procfs
from bench.place import DATABASES, Place
from bench.report import Bar, Section
from bench.sizes import Sizes
from bot.app import Bot
from db.model.execution import Execution
from db.model.output import Stream
from executor.output import Output
from tests.acceptance.furnishing import furnish_environment, furnish_job

RATE = 25  # lines a second and run
OURS, FIFTY = "Ferry", "50 lines or a second"

Store = Callable[[int], Awaitable[int]]  #: takes the next n lines of a run; returns those stored


@dataclass(slots=True)
class Cost:
    """What was counted so far."""

    statements: float = 0
    written: float = 0
    lines: float = 0

    def since(self, before: "Cost") -> "Cost":
        """Return what came after *before*."""
        return Cost(
            self.statements - before.statements,
            self.written - before.written,
            self.lines - before.lines,
        )


class Meter:
    """Counts for one database."""

    def __init__(self, place: Place, kind: str) -> None:
        self._server = None if kind == "SQLite" else place.mariadb
        self._calls = 0
        self.lines = 0

    def read(self) -> Cost:
        """Return what was counted so far."""
        if self._server is None:
            return Cost(self._calls, procfs.written_bytes(), self.lines)
        rows = self._server.run("SHOW GLOBAL STATUS")
        status = {str(name): str(value) for name, value in rows}
        return Cost(int(status["Questions"]), int(status["Innodb_os_log_written"]), self.lines)

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Count the statements of every transaction in this process, its BEGIN and end included."""

        def count(*_: Any) -> None:
            self._calls += 1

        def count_statement(_: Any, __: Any, statement: str, *___: Any) -> None:
            # SQLite's BEGIN is a statement of ours for Ferry, and the driver's own for the design:
            # it is counted by its event, for both.
            self._calls += not statement.startswith("BEGIN")

        listeners = {"begin": count, "commit": count, "rollback": count}
        listeners["before_cursor_execute"] = count_statement
        for name, listener in listeners.items():
            event.listen(Engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(Engine, name, listener)


async def measure(place: Place, sizes: Sizes, say: Callable[[str], None]) -> list[Section]:
    """Return a table for each database."""
    sections = []
    for kind in DATABASES:
        costs: dict[str, Cost] = {}
        for name, stores in ((OURS, _ours), (FIFTY, _fifty)):
            meter = Meter(place, kind)
            url = await place.fresh(kind)
            async with AsyncExitStack() as stack:
                made = await stores(stack, url, place, sizes.load_runs)
                costs[name] = await _load(meter, made, sizes)
            place.drop(url)
            say(f"b {kind}: {name}: {costs[name].lines:,.0f} lines")
        sections.append(_section(kind, costs, sizes))
    return sections


async def _load(meter: Meter, stores: Sequence[Store], sizes: Sizes) -> Cost:
    """Let every run print for a while; return what the time after the first moments cost."""
    async with meter.counting():
        tasks = [
            asyncio.create_task(_prints(store, meter, number / len(stores)))
            for number, store in enumerate(stores)
        ]
        await asyncio.sleep(sizes.load_warm_s)
        before = meter.read()
        await asyncio.sleep(sizes.load_s)
        cost = meter.read().since(before)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    return cost


async def _prints(store: Store, meter: Meter, phase: float) -> None:
    """Hand over the lines that are due by now, again and again; *phase*: of a line's pause."""
    clock = asyncio.get_running_loop().time
    begin, printed = clock() + phase / RATE, 0
    while True:
        await asyncio.sleep(begin + (printed + 1) / RATE - clock())
        due = int((clock() - begin) * RATE)
        stored = await store(due - printed)
        meter.lines += stored
        printed = due


async def _ours(stack: AsyncExitStack, url: str, place: Place, runs: int) -> list[Store]:
    bot = await stack.enter_async_context(engine.engine(url, place.host))
    await furnish_job(bot.services, place.host, "print", "")
    return [_run(bot, await _claimed(bot, number, place)) for number in range(runs)]


async def _claimed(bot: Bot, number: int, place: Place) -> Execution:
    channel = f"C0LOAD{number // engine.ROOMY}"
    if number % engine.ROOMY == 0:
        await furnish_environment(
            bot.services, place.host, channel.lower(), channel, concurrency=engine.ROOMY
        )
    await engine.launch(bot.services, "print", channel)
    claimed = await bot.services.queue.claim_next("bench", timedelta(hours=1))
    if claimed is None:
        raise RuntimeError("what was just launched can be claimed")
    return claimed


def _run(bot: Bot, execution: Execution) -> Store:
    """Return what stores lines as ``executor.run`` does."""
    output: Output | None = None
    lane = bot.writer.lane()
    printed = 0

    async def store(count: int) -> int:
        nonlocal output, printed
        if output is None:
            brief = await bot.services.queue.brief(execution)
            output = Output(
                execution, brief.attempt, progress_pattern="", stderr=(), clock=bot.ground.clock
            )
        data = "".join(f"{lines.text(printed + n)}\n" for n in range(1, count + 1)).encode()
        printed += count
        is_due = asyncio.Event()
        bot.writer.before_commit(is_due.set)
        await is_due.wait()
        for batch in output.feed([(Stream.OUT, data)]):
            await lane.write(batch)
        return count

    return store


async def _fifty(stack: AsyncExitStack, url: str, _place: Place, runs: int) -> list[Store]:
    opened = await stack.enter_async_context(designs.engine_of(url))
    lock = asyncio.Lock() if opened.dialect.name == "sqlite" else None
    return [_buffered(designs.Buffer(opened, lock), number) for number in range(1, runs + 1)]


def _buffered(buffer: designs.Buffer, execution_id: int) -> Store:
    printed = 0

    async def store(count: int) -> int:
        nonlocal printed
        rows = [lines.row(execution_id, printed + n) for n in range(1, count + 1)]
        printed += count
        return await buffer.add(rows)

    return store


def _section(kind: str, costs: dict[str, Cost], sizes: Sizes) -> Section:
    title = f"b  What 1,000 lines cost in {kind}, {sizes.load_runs} runs x {RATE} lines/s"
    section = Section(title)
    values: dict[str, float] = {}
    for name, cost in costs.items():
        thousands = cost.lines / 1000
        values[name] = cost.statements / thousands
        section.add(f"{name}: statements", "a 1,000", [values[name]])
        section.add(f"{name}: written", "kB", [cost.written / thousands / 1000])
        section.notes.append(
            f"{name}: {cost.lines / sizes.load_s:,.0f} lines/s stored while it was counted."
        )
    ratio = values[OURS] / values[FIFTY]
    section.bars.append(Bar(f"b  {kind}: statements, Ferry / {FIFTY}", ratio, 1 / 20))
    return section
