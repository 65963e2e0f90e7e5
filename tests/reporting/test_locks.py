"""Cards of what waits, and announcements, when an environment is closed and opened."""

import asyncio
from collections.abc import MutableMapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from db.database import Database
from handlers.herald import Herald
from handlers.outbox import Outcome
from handlers.views.message import Told
from playground.server import PlaygroundSlack
from tests.support.mariadb import MariaDB
from tests.support.outbox import outbox_on
from tests.support.rendered import texts_of
from tests.support.reporting import ANA, Ferry, wall_clock
from tests.support.waiting import until


def shows(slack: PlaygroundSlack, words: str) -> bool:
    """Tell whether any message in the channel of staging says *words*."""
    messages = slack.workspace.messages["C0STAGING"].values()
    return any(words in "\n".join(texts_of(message)) for message in messages)


async def test_cards_change_when_a_lock_comes_and_goes(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Of what waits in the queue and for its confirmation."""
    await ferry.launch()
    async with ferry.reporting(slack):
        await until(lambda: shows(slack, "Next in line"))
        await ferry.services.locks.lock("staging", ANA, "deploying")
        await until(lambda: shows(slack, "waits: staging is locked by <@U0ANA>: deploying"))
        await ferry.services.locks.unlock("staging", ANA)
        await until(lambda: not shows(slack, "waits: staging is locked"))


async def test_end_that_passes_by_itself_is_seen_also_after_a_restart(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nobody noted it and nothing is news: the card of what waits is looked at all the same."""
    await ferry.launch()
    async with ferry.reporting(slack):
        await ferry.services.locks.lock(
            "staging", ANA, "deploying", wall_clock() + timedelta(seconds=3)
        )
        await until(lambda: shows(slack, "waits: staging is locked"))
    assert await ferry.services.news.pending() == []

    async with ferry.reporting(slack):
        await until(lambda: not shows(slack, "waits: staging is locked"), within_s=20)


async def test_announcement_outlives_an_outage_of_slack(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """What could not be told is told as it stands then."""
    await slack.control.outage({"on": True})
    await ferry.services.news.take_turn()
    await ferry.services.locks.lock("staging", ANA, "deploying")
    async with outbox_on(slack, patience_s=0.1) as outbox:
        await Herald(ferry.services.locks, ferry.services.news, outbox).tell()
    before = len(await ferry.services.locks.untold())
    await slack.control.outage({"on": False})
    await ferry.services.news.take_turn()
    async with outbox_on(slack) as outbox:
        await Herald(ferry.services.locks, ferry.services.news, outbox).tell()

    assert before == 1
    assert await ferry.services.locks.untold() == []
    assert shows(slack, "<@U0ANA> locked 🟡 staging: deploying.")


async def test_a_channel_that_knows_is_not_told_again_for_the_sake_of_another(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """One that Slack is too busy for hears of it later, and by itself."""
    await ferry.services.bindings.bind("C0PROD", "staging", ANA)
    await ferry.services.news.take_turn()
    await ferry.services.locks.lock("staging", ANA, "deploying")
    (turned,) = await ferry.services.locks.untold()
    first, busy = turned.channels

    async with outbox_on(slack, patience_s=0.05) as outbox:
        herald = Herald(ferry.services.locks, ferry.services.news, outbox)
        while (await outbox.say(busy, Told("Busy.", []))).outcome is Outcome.SENT:
            pass
        await herald.tell()
        before = len(await ferry.services.locks.untold())
        async with asyncio.timeout(20):
            while await ferry.services.locks.untold():
                await asyncio.sleep(0.05)  # Slack takes no more so soon
                await ferry.services.news.take_turn()
                await herald.tell()

    assert before == 1
    for channel_id in (first, busy):
        told = ["\n".join(texts_of(one)) for one in slack.workspace.messages[channel_id].values()]
        assert len([one for one in told if "staging: deploying" in one]) == 1


@pytest.mark.mariadb
async def test_announcing_goes_on_after_an_outage_of_the_database(
    mariadb: MariaDB, slack: PlaygroundSlack
) -> None:
    """And after what is no outage, and nobody foresaw: a table in the hands of somebody else."""
    mariadb.empty("ferry_test")
    database = Database(mariadb.url("ferry_test"), clock=wall_clock)
    ferry = Ferry(database)
    await ferry.open()
    locks = ferry.services.locks
    with capture_logs() as logs:
        async with ferry.reporting(slack), outbox_on(slack) as outbox:
            herald = asyncio.create_task(Herald(locks, ferry.services.news, outbox).run())
            await until(lambda: ferry.services.news.has_turn)
            mariadb.stop()
            await _stumbles(ferry, logs, "herald_waits_for_database")
            mariadb.start()
            await _do(ferry, "ALTER TABLE environment_locks RENAME TO elsewhere")
            await until(lambda: ferry.services.news.has_turn)
            await _stumbles(ferry, logs, "herald_stumbled")
            await _do(ferry, "ALTER TABLE elsewhere RENAME TO environment_locks")
            await locks.lock("staging", ANA, "deploying")
            await until(lambda: shows(slack, "<@U0ANA> locked 🟡 staging: deploying."))
            assert not herald.done()
            herald.cancel()
            await asyncio.wait([herald])
    await database.close()


async def _do(ferry: Ferry, statement: str) -> None:
    async with ferry.database.begin() as repos:
        await repos.session.change(text(statement))


async def _stumbles(ferry: Ferry, logs: Sequence[MutableMapping[str, Any]], event: str) -> None:
    ferry.services.locks.bell.ring()
    await until(lambda: event in [log["event"] for log in logs], event)
