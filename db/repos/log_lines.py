"""Table ``migration_logs``: the hot one. Few large statements go straight to the driver.

One statement of many rows is one step of the database, which Python's lock does not slow down; a
row a step (``executemany``) fights for that lock with everything else that this process does. The
key is ours: nothing is returned.
"""

import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from itertools import accumulate, chain, repeat
from typing import Any

from sqlalchemy import func, select

from db.model.output import Block, Level, LogLine, Stream
from db.schema import log_lines as table
from db.session import Session

#: The driver of MariaDB escapes in this thread, and more would hold up the event loop; SQLite's
#: thread waits for its turn a few times a statement, and takes 32,766 values in one.
ROWS_A_STATEMENT = {"mariadb": 1000, "sqlite": 4000}
#: 1 MB if each takes four bytes, and no server takes less in one statement.
CHARACTERS_A_STATEMENT = 256 * 1024
LOOKED_THROUGH = 100_000  #: lines at the end, for those of one stream: less than 0.1 s
#: What a line that the database refused as it was ends in; the rest of it is escaped.
REFUSED = " [escaped by Ferry: the database refused this line as it was]"

_INTO = (
    f"INSERT INTO {table.name}"  # noqa: S608 - constants
    " (execution_id, line_no, attempt, stream, log_level, logged_at, text) VALUES "
)
_ROW = "(?, ?, ?, ?, ?, ?, ?)"
_MANY_ROWS = _INTO + ", ".join(
    [_ROW] * ROWS_A_STATEMENT["sqlite"]
)  # one text: the driver keeps it prepared
_PLAIN = {level: level.value for level in Level}
_TIME = "%Y-%m-%d %H:%M:%S.%f"


class LogLines:
    """Lines of output, numbered within their execution."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, blocks: Iterable[Block]) -> None:
        """Store *blocks*; Taken if a number is there already."""
        if self._session.is_sqlite:
            for together in _statements(blocks, ROWS_A_STATEMENT["sqlite"], sys.maxsize):
                await self._add_sqlite(together)
        else:
            limits = ROWS_A_STATEMENT["mariadb"], CHARACTERS_A_STATEMENT
            for together in _statements(blocks, *limits):
                await self._add_mariadb(together)

    async def add_carefully(self, blocks: Iterable[Block]) -> None:
        """Store what the database refuses escaped, so that its number and its offset are true.

        Halves what is refused until the line is found. Taken if a number is there already.
        """
        for block in blocks:
            await self._add_halves(block)

    async def _add_halves(self, block: Block) -> None:
        if await self._session.attempt(lambda: self.add([block])):
            return
        if len(block.texts) > 1:
            middle = len(block.texts) // 2
            for half in (_part(block, 0, middle), _part(block, middle, len(block.texts))):
                await self._add_halves(half)
        else:
            await self.add([_escaped(block)])

    async def _add_sqlite(self, blocks: Sequence[Block]) -> None:
        rows = [row for block in blocks for row in _rows(block)]
        if len(rows) == ROWS_A_STATEMENT["sqlite"]:
            await self._session.raw(_MANY_ROWS, tuple(chain.from_iterable(rows)))
        else:
            await self._session.raw_many(_INTO + _ROW, rows)

    async def _add_mariadb(self, blocks: Sequence[Block]) -> None:
        # The texts are the driver's to escape; escaping our own numbers and words would cost more.
        rows = ", ".join(chain.from_iterable(map(_row_texts, blocks)))
        texts = tuple(chain.from_iterable(block.texts for block in blocks))
        await self._session.raw(_INTO + rows, texts)

    async def tail(self, execution_id: int, count: int, stream: Stream | None) -> list[LogLine]:
        """Return the last *count* lines (of one stream), oldest first.

        Of one stream those among the last LOOKED_THROUGH of all: no index leads to a stream's
        lines, and one that spoke little would be looked for through the whole log.
        """
        query = select(table).where(table.c.execution_id == execution_id)
        if stream is not None:
            last = select(func.max(table.c.line_no)).where(table.c.execution_id == execution_id)
            first = (await self._session.value(last) or 0) - LOOKED_THROUGH
            query = query.where(table.c.stream == stream, table.c.line_no > first)
        rows = await self._session.rows(query.order_by(table.c.line_no.desc()).limit(count))
        return [_line(row) for row in reversed(rows)]

    async def page(self, execution_id: int, after: int, count: int) -> list[LogLine]:
        """Return at most *count* lines with numbers above *after*."""
        query = select(table).where(table.c.execution_id == execution_id, table.c.line_no > after)
        rows = await self._session.rows(query.order_by(table.c.line_no).limit(count))
        return [_line(row) for row in rows]


def _statements(
    blocks: Iterable[Block], most_rows: int, most_characters: int
) -> Iterator[list[Block]]:
    """Yield *blocks*, cut where need be, in portions that fit into one statement.

    A line that is longer goes alone.
    """
    portion: list[Block] = []
    rows, characters = most_rows, most_characters  # left in this portion
    for block in blocks:
        start = 0
        while start < len(block.texts):
            ends = list(accumulate(map(len, block.texts[start : start + rows])))
            count = bisect_right(ends, characters) or int(not portion)
            if count:
                portion.append(_part(block, start, start + count))
                rows -= count
                characters -= ends[count - 1]
                start += count
            if rows == 0 or start < len(block.texts):
                yield portion
                portion, rows, characters = [], most_rows, most_characters
    if portion:
        yield portion


def _part(block: Block, start: int, end: int) -> Block:
    if start == 0 and end == len(block.texts):
        return block
    return Block(
        block.execution_id,
        block.attempt,
        block.first + start,
        block.stream,
        block.logged_at,
        block.levels[start:end],
        block.texts[start:end],
    )


def _escaped(block: Block) -> Block:
    texts = [ascii(text)[1:-1] + REFUSED for text in block.texts]
    return Block(
        block.execution_id,
        block.attempt,
        block.first,
        block.stream,
        block.logged_at,
        block.levels,
        texts,
    )


def _rows(block: Block) -> Iterator[tuple[Any, ...]]:
    return zip(
        repeat(block.execution_id),
        range(block.first, block.first + len(block.texts)),
        repeat(block.attempt),
        repeat(block.stream.value),
        map(_PLAIN.__getitem__, block.levels),
        repeat(block.logged_at.astimezone(UTC).strftime(_TIME)),
        block.texts,
        strict=False,
    )


def _row_texts(block: Block) -> list[str]:
    time = block.logged_at.astimezone(UTC).strftime(_TIME)
    head = f"({block.execution_id:d}, "
    tails = {
        level: f", {block.attempt:d}, '{block.stream.value}', '{level.value}', '{time}', %s)"
        for level in Level
    }
    numbers = range(block.first, block.first + len(block.texts))
    return [
        f"{head}{number}{tails[level]}" for number, level in zip(numbers, block.levels, strict=True)
    ]


def _line(row: Mapping[str, Any]) -> LogLine:
    return LogLine(
        row["execution_id"],
        row["attempt"],
        row["line_no"],
        Stream(row["stream"]),
        Level(row["log_level"]),
        row["logged_at"],
        row["text"],
    )
