"""What Slack was told, and what it has yet to be told."""

from db.database import Database
from db.model.execution import LIVE, OVER, Brief, Card, Status
from tests.db.seeds import ask, claim, world
from tests.support.database import Clock


async def test_a_new_execution_is_news_with_a_blank_card(database: Database) -> None:
    """Nothing is posted yet: no ts, no version told."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.read() as repos:
        (news,) = await repos.cards.untold()
        told = await repos.cards.some([news.id])

    assert news == Brief(id=execution.id, channel_id="C1", status="queued", version=0)
    assert told == [(execution, Card(execution_id=execution.id, channel_id="C1"))]


async def test_ends_and_questions_come_first(database: Database) -> None:
    """Then the oldest."""
    place = await world(database)
    by_status = {status: await ask(database, place, status=status) for status in Status}
    first = {*OVER, Status.AWAITING_CONFIRMATION}

    async with database.read() as repos:
        order = [news.status for news in await repos.cards.untold()]

    assert order == [
        *(status for status in by_status if status in first),
        *(status for status in by_status if status not in first),
    ]


async def test_settled_is_no_news_until_it_changes(database: Database) -> None:
    """The next change of state brings it back."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        await repos.cards.settle(execution.id, execution.version)
        after = await repos.cards.untold()
        await repos.executions.change(execution.id, expect={Status.QUEUED})
        later = await repos.cards.untold()

    assert after == []
    assert [news.version for news in later] == [execution.version + 1]


async def test_settling_an_old_version_hides_nothing(database: Database) -> None:
    """What changed while Slack was being told is still news."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        await repos.executions.change(execution.id, expect={Status.QUEUED})
        await repos.cards.settle(execution.id, execution.version)
        left = await repos.cards.untold()

    assert [news.id for news in left] == [execution.id]


async def test_a_card_keeps_its_place(database: Database) -> None:
    """What is not given stays as it was."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        await repos.cards.put(execution.id, channel_id="C1", ts="1.2", told_version=0)
        await repos.cards.put(execution.id, told_version=3, told_hash="abc")
        card = await repos.cards.get(execution)

    assert card == Card(
        execution_id=execution.id, channel_id="C1", ts="1.2", told_version=3, told_hash="abc"
    )


async def test_a_thread_post_is_remembered_once(database: Database) -> None:
    """Twice is the same as once, and the transaction goes on."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        await repos.cards.put(execution.id, channel_id="C1", ts="1.2")
        for key in ("started", "started", "end"):
            await repos.cards.posted(execution.id, key)
        card = await repos.cards.get(execution)

    assert card.posts == {"started", "end"}


async def test_what_has_no_channel_is_never_news(database: Database, clock: Clock) -> None:
    """A run from the command line is told there, and does not pile up here."""
    place = await world(database)
    execution = await ask(database, place, channel_id="")
    await claim(database, execution.id, "w1", clock)

    async with database.begin() as repos:
        await repos.executions.change(execution.id, expect=LIVE)
        assert await repos.cards.untold() == []
        assert await repos.cards.moving() == []


async def test_moving_is_what_runs_and_what_waits(database: Database, clock: Clock) -> None:
    """Settled or not: what runs or ends first, then what waits; nothing that is over."""
    place = await world(database)
    waits, *runs = [await ask(database, place) for _ in range(3)]
    asks = await ask(database, place, status=Status.AWAITING_CONFIRMATION)
    await ask(database, place, status=Status.SUCCEEDED)
    for execution in runs:
        await claim(database, execution.id, "w1", clock)
    async with database.begin() as repos:
        await repos.executions.change(runs[0].id, expect={Status.RUNNING}, status=Status.CANCELLING)
        await repos.cards.settle(runs[1].id, 99)
        moving = await repos.cards.moving()

    assert [brief.id for brief in moving] == [runs[0].id, runs[1].id, waits.id, asks.id]
    assert [brief.status for brief in moving[:2]] == [Status.CANCELLING, Status.RUNNING]
