"""What tests of the log writer say again and again, in few words."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from db.database import Database
from db.model.execution import Execution
from db.model.output import Block, Level, Stream
from executor.services.log_writer import Batch
from tests.db.seeds import ask, claim, world
from tests.support.database import Clock


async def running(database: Database, clock: Clock, count: int = 1) -> list[Execution]:
    """Return *count* executions that worker w1 owns."""
    place = await world(database, concurrency=count)
    asked = [await ask(database, place) for _ in range(count)]
    return [await claim(database, execution.id, "w1", clock) for execution in asked]


def batch(execution: Execution, first: int, texts: list[str], clock: Clock) -> Batch:
    """Return *texts* as lines of stdout from number *first* on."""
    levels = [Level.INFO] * len(texts)
    block = Block(execution.id, execution.attempt, first, Stream.OUT, clock(), levels, texts)
    last = first + len(texts) - 1
    return Batch(
        blocks=[block],
        execution_id=execution.id,
        attempt=execution.attempt,
        fence=execution.fence,
        out_offset=last * 10,
        err_offset=0,
        last_line=last,
        warnings=1,
        progress_done=float(last),
        progress_total=9000.0,
        progress_words="importing",
        result={"imported": str(last)},
        last_output_at=clock(),
    )


def numbered(first: int, count: int) -> list[str]:
    """Return that many lines, which say their numbers."""
    return [f"line {number} é 🙂" for number in range(first, first + count)]


async def stored(database: Database, execution: Execution) -> list[str]:
    """Return the lines of *execution*; their numbers and its mark must fit."""
    async with database.read() as repos:
        lines = await repos.log_lines.page(execution.id, 0, 100_000)
        attempt = await repos.attempts.get(execution.id, execution.attempt)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert (attempt.last_line, attempt.out_offset) == (len(lines), 10 * len(lines))
    return [line.text for line in lines]


@contextmanager
def statements(database: Database) -> Iterator[Counter[str]]:
    """Count what is sent to the database in the block, by its first word."""
    seen: Counter[str] = Counter()

    def sent(_connection: Any, _cursor: Any, sql: str, *_: object) -> None:
        seen[sql.split(maxsplit=1)[0]] += 1

    def committed(_connection: Any) -> None:
        seen["COMMIT"] += 1

    engine = database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", sent)
    event.listen(engine, "commit", committed)
    yield seen
    event.remove(engine, "before_cursor_execute", sent)
    event.remove(engine, "commit", committed)
