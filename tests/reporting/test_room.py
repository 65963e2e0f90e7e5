"""A channel that floods, and what cannot be told, take no place of what can be."""

from collections.abc import Collection
from datetime import timedelta

from structlog.testing import capture_logs

from db.model.execution import Execution
from executor.rules.estimates import Forecast
from executor.services import Ground
from executor.services.forecasts import Forecasts
from executor.services.news import Item, News
from handlers.reporter import AT_ONCE, AT_ONCE_THERE
from playground.server import PlaygroundSlack
from tests.support.database import do
from tests.support.reporting import DONE, Channel, Ferry, told_all, wall_clock
from tests.support.waiting import until

FLOOD = 101


class FragileForecasts(Forecasts):
    """Breaks for whatever is told in one channel."""

    async def of_all(self, executions: Collection[Execution]) -> dict[int, Forecast]:
        """Return what can be said of each, or break."""
        if any(execution.channel_id == "C0STAGING" for execution in executions):
            raise RuntimeError("this one cannot be told")
        return await super().of_all(executions)


class AskedNews(News):
    """Remembers of what it was asked to read all, look by look."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.asked: list[Collection[int]] = []

    async def items(self, ids: Collection[int]) -> list[Item]:
        """Return those of *ids*, and remember which they were."""
        self.asked.append(ids)
        return await super().items(ids)

    async def look(self) -> None:
        """Let the reporter look once more."""
        before = len(self.asked)
        self.bell.ring()
        await until(lambda: len(self.asked) > before)


async def test_a_busy_channel_does_not_hold_up_another(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """What ended there takes minutes to tell, at one post a second; a question comes at once."""
    for _ in range(AT_ONCE + 5):
        await ferry.finish(await ferry.start(), DONE)
    prod = Channel(slack, "C0PROD")
    async with ferry.reporting(slack):
        await until(lambda: len(Channel(slack).cards) >= 2)
        await ferry.launch("C0PROD")
        await until(lambda: prod.shows("Awaiting confirmation"), "the question", within_s=10)

    assert len(Channel(slack).cards) < AT_ONCE


async def test_a_flood_in_one_channel_hides_no_news_of_another(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """All of it ended before, and stays news, because telling it crashes: it is put off."""
    slack.workspace.channels["C0QUIET"]["is_member"] = True
    for _ in range(FLOOD):
        await ferry.launch()
    await do(ferry.database, "UPDATE migration_executions SET status = 'discarded'")
    await ferry.finish(await ferry.start("C0QUIET"), DONE)
    forecasts = FragileForecasts(ferry.ground)
    with capture_logs():  # to write so many tracebacks takes long
        async with ferry.reporting(slack, forecasts=forecasts):
            await until(lambda: Channel(slack, "C0QUIET").cards, "its card", within_s=5)

    assert Channel(slack).cards == []


async def test_no_more_is_read_of_a_channel_than_it_has_room_for(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """After a restart all that runs may be due to be told; what is elsewhere must not wait."""
    for _ in range(AT_ONCE_THERE + 3):
        one = await ferry.start()
        await ferry.services.news.settled(one.id, one.version + 1)
    news = AskedNews(ferry.ground)
    async with ferry.reporting(slack, news=news):
        await until(lambda: news.asked)

    assert len(news.asked[0]) == AT_ONCE_THERE


async def test_what_cannot_be_read_takes_no_place(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """It is left to the version of Ferry that wrote it, until it changes."""
    staging = Channel(slack)
    for _ in range(AT_ONCE_THERE):
        await ferry.launch()
    newer = "JSON_SET(plan, '$.colour', 'red')"
    await do(ferry.database, f"UPDATE migration_executions SET plan = {newer}")  # noqa: S608
    plain = await ferry.launch()
    async with ferry.reporting(slack):
        await until(lambda: staging.shows(f"#{plain.id}"))

    assert len(staging.cards) == 1


async def test_run_whose_card_was_refused_is_not_read_again_until_it_changes(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Its progress is due for ever; it would take a place of its channel at every look."""
    news, ahead = AskedNews(ferry.ground), timedelta()
    async with ferry.reporting(slack, news=news, clock=lambda: wall_clock() + ahead):
        execution = await ferry.start("C0QUIET")
        await told_all(ferry)
        before, ahead = len(news.asked), timedelta(minutes=1)
        for _ in range(3):
            await news.look()
        refused = news.asked[before:]
        await ferry.finish(execution, DONE)
        await until(lambda: execution.id in news.asked[-1])

    assert not any(refused)
