"""A turn belongs to one, runs out by itself, and is never held for ever."""

from datetime import timedelta

from db.database import Database
from tests.support.database import Clock

TURN = timedelta(seconds=6)


async def _takes(database: Database, holder: str, clock: Clock, turn: timedelta = TURN) -> bool:
    async with database.begin() as repos:
        return await repos.turns.take("telling", holder, clock() + turn)


async def test_one_has_the_turn_until_it_runs_out_or_ends(database: Database, clock: Clock) -> None:
    """Who has it prolongs it; the others wait no longer than it lasts."""
    first = [await _takes(database, holder, clock) for holder in ("a", "b", "a")]
    clock.advance(7)
    then = [await _takes(database, holder, clock) for holder in ("b", "a")]
    async with database.begin() as repos:
        await repos.turns.end("telling", "b")
    clock.advance(0.001)

    assert first == [True, False, True]
    assert then == [True, False]
    assert await _takes(database, "a", clock)


async def test_a_clock_that_was_wrong_does_not_keep_the_turn(
    database: Database, clock: Clock
) -> None:
    """An hour ahead, then dead: nobody takes a turn for so long."""
    await _takes(database, "a", clock, timedelta(hours=1))

    assert await _takes(database, "b", clock)
