"""Of several processes one has the turn, also where their clocks differ."""

from datetime import timedelta

from db.database import Database
from executor.services import Ground
from executor.services.turn import Turn
from tests.support.database import Clock


async def test_a_turn_that_went_to_another_is_over_at_once(
    ground: Ground, clock: Clock, database_url: str
) -> None:
    """The other's clock is 5 s ahead, and it takes what has 3 s left: only one of them tells."""
    ours = Turn(ground, "telling")
    assert await ours.take()
    clock.advance(3)
    ahead = Clock()
    ahead.now = clock() + timedelta(seconds=5)
    other = Database(database_url, clock=ahead)
    theirs = Turn(Ground(db=other, clock=ahead), "telling")

    assert await theirs.take()
    assert not await ours.take()

    assert (ours.is_ours, theirs.is_ours) == (False, True)
    await other.close()


async def test_a_clock_that_is_put_back_makes_no_turn_longer(
    ground: Ground, clock: Clock, database_url: str
) -> None:
    """It was an hour ahead, for all on this machine: who asks next has the turn, alone."""
    ours = Turn(ground, "telling")
    assert await ours.take()
    clock.advance(-3600)
    other = Database(database_url, clock=clock)
    theirs = Turn(Ground(db=other, clock=clock), "telling")

    assert await theirs.take()

    assert (ours.is_ours, await ours.take(), theirs.is_ours) == (False, False, True)
    await other.close()
