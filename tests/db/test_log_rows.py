"""Lines of output: many, long, in any script, read by page."""

import pytest

from db.database import Database
from db.model.execution import Execution
from db.model.output import Block, Level, LogLine, Stream
from db.repos.log_lines import LOOKED_THROUGH
from db.session import Taken
from tests.db.seeds import ask, blocks, claim, line, mark, world
from tests.support.database import Clock

MANY = 5000
LONGEST = 16 * 1024


async def test_five_thousand_lines_come_back_as_they_were(database: Database, clock: Clock) -> None:
    """Numbers, streams, levels, times and texts, page by page, 4-byte characters included."""
    execution = await _running(database, clock)
    streams, levels = list(Stream), list(Level)
    lines: list[LogLine] = []
    for number in range(1, MANY + 1):
        clock.advance(0.000001)
        text = f"paciente {number} 😀 ação \\ ' \" %s ? \t"
        stream, level = streams[number % 3], levels[number % 3]
        lines.append(line(execution, number, text, clock, stream=stream, level=level))

    async with database.begin() as repos:
        await repos.attempts.advance([mark(execution, last_line=MANY)])
        await repos.log_lines.add(blocks(lines))
    stored: list[LogLine] = []
    async with database.read() as repos:
        while page := await repos.log_lines.page(execution.id, len(stored), 2000):
            stored += page

    assert stored == lines


async def test_the_longest_lines_fit(database: Database, clock: Clock) -> None:
    """16 KiB in one, two and four bytes a character, and a thousand such in one statement."""
    execution = await _running(database, clock)
    longest = ["x" * LONGEST, "é" * (LONGEST // 2), "😀" * (LONGEST // 4)]
    texts = [*longest, "", " ends in blanks  ", "\\x00 shown, not stored", *(longest[2:] * 600)]
    lines = [line(execution, number, text, clock) for number, text in enumerate(texts, 1)]

    async with database.begin() as repos:
        await repos.log_lines.add(blocks(lines))
    async with database.read() as repos:
        stored = await repos.log_lines.page(execution.id, 0, len(texts))

    assert [one.text for one in stored] == texts


async def test_the_tail_is_the_end_in_reading_order(database: Database, clock: Clock) -> None:
    """The last lines, oldest first; of one stream if asked; of this execution alone."""
    execution = await _running(database, clock)
    async with database.begin() as repos:
        await repos.log_lines.add(
            blocks(
                line(execution, number, str(number), clock, stream=Stream.ERR)
                if number % 3 == 0
                else line(execution, number, str(number), clock)
                for number in range(1, 11)
            )
        )

    async with database.read() as repos:
        last = await repos.log_lines.tail(execution.id, 3, None)
        errors = await repos.log_lines.tail(execution.id, 2, Stream.ERR)
        others = await repos.log_lines.tail(execution.id + 1, 3, None)

    assert [one.text for one in last] == ["8", "9", "10"]
    assert [one.text for one in errors] == ["6", "9"]
    assert others == []


async def test_a_stream_is_looked_for_near_the_end(database: Database, clock: Clock) -> None:
    """A script that spoke there once, long ago, does not make every reader read its whole log."""
    execution = await _running(database, clock)
    said = [line(execution, number, str(number), clock, stream=Stream.ERR) for number in (1, 2)]
    count = LOOKED_THROUGH - 1
    much = Block(
        execution.id, 1, 3, Stream.OUT, clock(), [Level.INFO] * count, ["paciente"] * count
    )
    async with database.begin() as repos:
        await repos.log_lines.add([*blocks(said), much])

    async with database.read() as repos:
        errors = await repos.log_lines.tail(execution.id, 20, Stream.ERR)
        last = await repos.log_lines.tail(execution.id, 1, None)

    assert [one.text for one in errors] == ["2"]
    assert last[0].number == LOOKED_THROUGH + 1


async def test_a_number_is_taken_once(database: Database, clock: Clock) -> None:
    """A line, once numbered, never changes: the second is refused with all that came with it."""
    execution = await _running(database, clock)
    async with database.begin() as repos:
        await repos.log_lines.add(blocks([line(execution, 1, "first", clock)]))

    with pytest.raises(Taken):
        async with database.begin() as repos:
            await repos.log_lines.add(
                blocks([line(execution, 2, "second", clock), line(execution, 1, "other", clock)])
            )

    async with database.read() as repos:
        stored = await repos.log_lines.page(execution.id, 0, 10)
    assert [one.text for one in stored] == ["first"]


async def test_no_lines_are_no_statement(database: Database) -> None:
    """An empty batch is fine."""
    async with database.begin() as repos:
        await repos.log_lines.add([])


async def _running(database: Database, clock: Clock) -> Execution:
    place = await world(database)
    execution = await ask(database, place)
    return await claim(database, execution.id, "w1", clock)
