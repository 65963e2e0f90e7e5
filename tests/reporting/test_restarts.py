"""Restarts, outages and refusals on the way: what is told in the end is true, and told once."""

import asyncio
from collections.abc import Collection, MutableMapping, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.database import Database
from db.model.execution import Brief, Execution
from executor.rules.estimates import Forecast
from executor.services.forecasts import Forecasts
from executor.services.news import Item, News
from handlers.teller import POSTING
from playground.server import PlaygroundSlack
from tests.support.database import no_executions
from tests.support.mariadb import MariaDB
from tests.support.reporting import DONE, Channel, Ferry, told_all, wall_clock
from tests.support.waiting import until


async def test_restart_tells_nothing_twice(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """A second reporter finds the first one's card, and says only what is new."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        execution = await ferry.start()
        await until(lambda: len(staging.replies) == 1)
        await told_all(ferry)
    async with ferry.reporting(slack):
        await ferry.finish(execution, DONE)
        await until(lambda: len(staging.replies) == 2)
        await told_all(ferry)

    assert len(staging.cards) == 1
    assert staging.shows("Succeeded")
    assert "started" in staging.replies[0]
    assert "succeeded" in staging.replies[1]


async def test_card_says_so_where_another_one_may_stand(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """A process was killed while it posted the first one: nobody can find that any more."""
    staging = Channel(slack)
    lost = await ferry.start()
    await ferry.services.news.posted(lost.id, POSTING)
    async with ferry.reporting(slack):
        await until(lambda: len(staging.cards) == 1)
        whole = await ferry.start()
        await ferry.finish(lost, DONE)
        await ferry.finish(whole, DONE)
        await until(lambda: all("Succeeded" in str(card) for card in staging.cards))
        await told_all(ferry)

    anew, usual = staging.cards
    assert "If there is another one of this run above" in str(anew)
    assert "taken this card before" not in str(usual)


async def test_card_that_slack_refused_for_a_while_is_the_only_one(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nothing was posted then, and it says nothing of another one."""
    staging = Channel(slack)
    await slack.control.outage({"on": True})
    async with ferry.reporting(slack, patience_s=0.1):
        await ferry.start()
        await asyncio.sleep(0.5)
        await slack.control.outage({"on": False})
        await until(lambda: staging.shows("Running"), within_s=20)
        await told_all(ferry)

    assert "taken this card before" not in str(staging.cards)


async def test_card_says_so_where_slack_took_one_and_gave_no_answer(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """It answers after Ferry stopped waiting: nobody can find that card any more."""
    staging = Channel(slack)
    await slack.control.faults({"method": "chat.postMessage", "delay_s": 2, "times": 1})
    async with ferry.reporting(slack, timeout_s=1):
        execution = await ferry.start()
        await until(lambda: len(staging.cards) == 2, within_s=20)
        await ferry.finish(execution, DONE)
        await told_all(ferry)

    told = [str(card) for card in staging.cards]
    (true,) = (card for card in told if "Succeeded" in card)
    assert "Slack may have taken this card before" in true
    assert "If there is another one of this run above" in true


async def test_what_happened_while_nobody_told_ends_in_the_true_card(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """The reporter was away for the whole run: card, end and log come at once, no old news."""
    staging = Channel(slack)
    execution = await ferry.start()
    await ferry.prints(execution, "one")
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack):
        await until(lambda: len(staging.replies) == 2)
        await told_all(ferry)

    assert len(staging.cards) == 1
    assert staging.shows("Succeeded")
    assert "succeeded" in staging.replies[0]


async def test_outage_ends_in_the_true_card(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """Slack was unreachable from before the run until after its end."""
    staging = Channel(slack)
    await slack.control.outage({"on": True})
    async with ferry.reporting(slack, patience_s=0.1):
        execution = await ferry.start()
        await asyncio.sleep(0.3)
        await ferry.finish(execution, DONE)
        await slack.control.outage({"on": False})
        await until(lambda: staging.shows("Succeeded"), within_s=20)
        await told_all(ferry)

    assert len(staging.cards) == 1
    assert len(staging.replies) == 1


async def test_end_is_not_lost_where_edits_have_to_wait(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Slack asks for a pause exactly when the run ends."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        execution = await ferry.start()
        await until(lambda: staging.shows("Running") and staging.replies)
        await told_all(ferry)
        fault = {"method": "chat.update", "status": 429, "retry_after": 1, "times": 2}
        await slack.control.faults(fault)
        await ferry.finish(execution, DONE)
        await told_all(ferry)

    assert staging.shows("Succeeded")


class SlowNews(News):
    """Takes long to find out what is news."""

    looks = 0
    asked: tuple[int, ...] = ()

    async def pending(self) -> list[Brief]:
        """Return what is news, much later."""
        found = await super().pending()
        await asyncio.sleep(0.5)
        self.looks += 1
        return found

    async def items(self, ids: Collection[int]) -> list[Item]:
        """Return those of *ids*, and remember which they were."""
        self.asked += tuple(ids)
        return await super().items(ids)


async def test_news_that_were_told_while_they_were_read_are_not_told_again(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """What was read before the end of a telling does not know what was told."""
    staging, news = Channel(slack), SlowNews(ferry.ground)
    await slack.control.faults({"method": "chat.postMessage", "delay_s": 0.4})
    execution = await ferry.start()
    await ferry.finish(execution, DONE)
    async with ferry.reporting(slack, news=news):
        await until(lambda: news.looks == 1)
        news.bell.ring()
        await until(lambda: news.looks == 3)

    assert news.asked == (execution.id,)
    assert len(staging.cards) == 1
    assert len(staging.replies) == 1


async def test_slow_call_holds_up_no_other_card(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """One post hangs for a while; the others are there long before."""
    await slack.control.faults({"method": "chat.postMessage", "delay_s": 1.5})
    staging = Channel(slack)
    async with ferry.reporting(slack):
        for _ in range(3):
            await ferry.launch()
        await until(lambda: len(staging.cards) == 2, within_s=1)
        await until(lambda: len(staging.cards) == 3)


class FragileForecasts(Forecasts):
    """Breaks whenever it is asked about one execution, until that is repaired."""

    broken: int | None = None

    async def of_all(self, executions: Collection[Execution]) -> dict[int, Forecast]:
        """Return what can be said of each, or break."""
        if any(execution.id == self.broken for execution in executions):
            raise RuntimeError("this one cannot be told")
        return await super().of_all(executions)


async def test_card_that_cannot_be_told_silences_no_other(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """It is logged and put off; when it can be told again, it is."""
    staging = Channel(slack)
    forecasts = FragileForecasts(ferry.ground)
    async with ferry.reporting(slack, forecasts=forecasts):
        forecasts.broken = (await ferry.launch()).id
        await ferry.launch()
        await until(lambda: staging.shows("2nd in line"))
        assert len(staging.cards) == 1
        forecasts.broken = None
        await until(lambda: staging.shows("Next in line"))


@pytest.mark.mariadb
async def test_database_away_is_waited_for(mariadb: MariaDB, slack: PlaygroundSlack) -> None:
    """The server goes down in the middle; the reporter lives on, and tells when it is back."""
    mariadb.empty("ferry_test")
    database = Database(mariadb.url("ferry_test"), clock=wall_clock)
    ferry = Ferry(database)
    await ferry.open()
    staging = Channel(slack)
    with capture_logs() as logs:
        async with ferry.reporting(slack):
            await ferry.launch()
            await until(lambda: staging.cards)
            mariadb.stop()
            await until(lambda: "news_unavailable" in [log["event"] for log in logs])
            mariadb.start()
            await ferry.launch()
            await until(lambda: len(staging.cards) == 2)
    await database.close()


async def test_look_that_nobody_foresaw_ends_nothing(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """It is told to operators each time, no more often than is looked; then all is told."""
    staging = Channel(slack)
    with capture_logs() as logs:
        async with ferry.reporting(slack):
            await ferry.launch()
            await until(lambda: staging.cards)
            async with no_executions(ferry.database):
                await until(lambda: _stumbled(logs) == 2)
            await ferry.launch()
            await until(lambda: len(staging.cards) == 2)

    assert _stumbled(logs) <= 3


def _stumbled(logs: Sequence[MutableMapping[str, Any]]) -> int:
    return sum(log["event"] == "reporter_stumbled" for log in logs)


async def test_of_two_reporters_one_tells(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """One card, every post once; the other goes on when the first has stopped."""
    staging = Channel(slack)
    async with ferry.reporting(slack, news=News(ferry.ground)):
        async with ferry.reporting(slack):
            executions = [await ferry.start() for _ in range(3)]
            await until(lambda: len(staging.replies) == 3)
        for execution in executions:
            await ferry.finish(execution, DONE)
        await told_all(ferry)

    assert len(staging.cards) == 3
    assert sum("started" in reply for reply in staging.replies) == 3
    assert sum("succeeded" in reply for reply in staging.replies) == 3
    assert all("succeeded" in card["text"] for card in staging.cards)


async def test_what_was_told_too_late_is_told_again(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """A process that was paused while it told puts an old state over the end: that is mended."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        execution = await ferry.start()
        await until(lambda: staging.shows("Running"))
        (card,) = staging.cards
        await told_all(ferry)
        before = await ferry.services.history.execution(execution.id)
        await ferry.finish(execution, DONE)
        await told_all(ferry)
        slack.workspace.messages["C0STAGING"][card["ts"]]["text"] = "#1 is running"

        late = News(ferry.ground)
        where = {"ts": card["ts"], "channel_id": "C0STAGING"}
        await late.told(execution.id, **where, version=before.version, digest="of the old state")
        ferry.ground.news.ring()
        await told_all(ferry)

    assert "succeeded" in staging.cards[0]["text"]
