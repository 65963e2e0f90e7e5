"""From rows to Slack: one true card and its thread, through restarts, outages and refusals."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.database import Database
from db.model.categories import Category
from db.model.execution import Execution, Status, Stream
from executor.rules.estimates import Forecast
from executor.rules.outcomes import Outcome, failed
from executor.services.forecasts import Forecasts
from executor.services.news import News
from handlers.log_file import log_file
from handlers.pace import QUEUED_S
from playground.errors import Json
from playground.server import PlaygroundSlack
from tests.support.looked import looked_at
from tests.support.mariadb import MariaDB
from tests.support.rendered import texts_of
from tests.support.reporting import ANA, Ferry, wall_clock
from tests.support.waiting import until

DONE = Outcome(status=Status.SUCCEEDED)
FAILED = Outcome(
    status=Status.FAILED,
    category=Category.SCRIPT_ERROR,
    message="It said: boom.",
    hint="Look at the log.",
)


class Channel:
    """What a channel of the playground shows."""

    def __init__(self, slack: PlaygroundSlack, channel_id: str = "C0STAGING") -> None:
        self._slack, self._id = slack, channel_id

    @property
    def cards(self) -> list[Json]:
        """Return the messages that are no replies."""
        return [m for m in self._messages if m.get("thread_ts", m["ts"]) == m["ts"]]

    @property
    def replies(self) -> list[str]:
        """Return what threads say, oldest first; a file by its name."""
        replies = [m for m in self._messages if m.get("thread_ts", m["ts"]) != m["ts"]]
        return [m["files"][0]["name"] if "files" in m else m["text"] for m in replies]

    @property
    def broadcasts(self) -> list[str]:
        """Return the replies that are shown in the channel as well."""
        return [m["text"] for m in self._messages if m.get("subtype") == "thread_broadcast"]

    def shows(self, words: str) -> bool:
        """Tell whether any card says *words*."""
        return any(words in "\n".join(texts_of(card)) for card in self.cards)

    @property
    def _messages(self) -> list[dict[str, Any]]:
        return list(self._slack.workspace.messages[self._id].values())


async def told_all(ferry: Ferry) -> None:
    """Wait until there is no news left."""
    async with asyncio.timeout(20):
        while await ferry.services.news.pending():  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.02)


async def test_one_card_goes_from_queued_to_the_end(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """The same message all the way; thread posts for start and end, and the log as a file."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        launched = await ferry.launch()
        await until(lambda: staging.shows("Next in line"))
        execution = await ferry.claim()
        await ferry.prints(execution, "one", "two", done=3)
        await until(lambda: staging.shows("3/4 · 75 %"))
        await ferry.finish(execution, DONE)
        await until(lambda: staging.shows("|full log>"))
        await until(lambda: len(staging.replies) == 3)
        await told_all(ferry)

    assert len(staging.cards) == 1
    assert "succeeded in" in staging.cards[0]["text"]
    name = f"ferry-{launched.id}-import-patients.log"
    started, end, file = staging.replies
    assert "started on staging" in started
    assert end.startswith(f"✅ <@U0ANA>: #{launched.id} import-patients on staging succeeded")
    assert file == name
    (content,) = slack.workspace.contents.values()
    assert [row.split()[-1] for row in content.decode().splitlines()] == ["one", "two"]


async def test_place_in_line_follows_those_ahead(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """It changes without any news of the one that waits."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        await ferry.launch()
        await ferry.launch()
        await until(lambda: staging.shows("Next in line") and staging.shows("2nd in line"))
        await ferry.claim()
        await until(lambda: staging.shows("Next in line") and not staging.shows("2nd in line"))


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
    """Takes long to find out what is running."""

    looks = 0

    async def live(self) -> list[int]:
        """Return what runs now, much later."""
        found = await super().live()
        await asyncio.sleep(0.5)
        self.looks += 1
        return found


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

    assert len(staging.cards) == 1
    assert len(staging.replies) == 1


async def test_failure_on_production_is_told_to_the_channel(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """With the last lines of stderr and what to do."""
    prod = Channel(slack, "C0PROD")
    async with ferry.reporting(slack):
        execution = await ferry.start("C0PROD")
        await ferry.prints(execution, "boom", stream=Stream.ERR)
        await ferry.finish(execution, FAILED)
        await until(lambda: prod.broadcasts)
        await told_all(ferry)

    assert prod.shows("SCRIPT_ERROR: It said: boom")
    assert prod.shows("boom")
    assert prod.shows("Look at the log.")
    assert prod.shows("confirmed by <@U0ANA>")


async def test_channel_without_the_bot_is_told_to_the_requester(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Once, in private, with what to do; the run goes on, and nobody is asked again and again."""
    quiet, private = Channel(slack, "C0QUIET"), Channel(slack, "D0ANA")
    async with ferry.reporting(slack):
        execution = await ferry.start("C0QUIET")
        await until(lambda: private.cards)
        await ferry.finish(execution, DONE)
        await told_all(ferry)

    assert quiet.cards == []
    assert len(private.cards) == 1
    assert private.shows("`/invite` me there")


async def test_bot_that_was_invited_tells_from_there_on(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """The next change makes the card appear."""
    quiet, private = Channel(slack, "C0QUIET"), Channel(slack, "D0ANA")
    async with ferry.reporting(slack):
        await ferry.launch("C0QUIET")
        await until(lambda: private.cards)
        await told_all(ferry)
        slack.workspace.channels["C0QUIET"]["is_member"] = True
        await ferry.claim()
        await until(lambda: quiet.shows("Running"))


async def test_without_permission_to_upload_the_end_says_how_to_see_the_log(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nothing is tried that cannot work."""
    staging = Channel(slack)
    execution = await ferry.start()
    await ferry.prints(execution, "one")
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack, scopes=frozenset({"chat:write"})):
        await until(lambda: staging.replies)
        await told_all(ferry)

    assert slack.workspace.files == {}
    (reply,) = [m for m in slack.workspace.messages["C0STAGING"].values() if m["blocks"][1:]][-1:]
    assert f"/migrate log {execution.id}" in "\n".join(texts_of(reply))


async def test_run_without_output_has_no_file(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """Slack refuses empty files."""
    execution = await ferry.start()
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack):
        await until(lambda: Channel(slack).replies)
        await told_all(ferry)

    assert slack.control.calls("files.getUploadURLExternal") == []


async def test_refused_upload_is_said_once(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """And how to see the log instead; the card is as true as ever."""
    staging = Channel(slack)
    fault = {"method": "files.getUploadURLExternal", "status": 200}
    await slack.control.faults(fault | {"error": "file_uploads_disabled", "seconds": 60})
    execution = await ferry.start()
    await ferry.prints(execution, "one")
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack):
        await until(lambda: len(staging.replies) == 2)
        await told_all(ferry)

    assert "could not be attached: Uploads are switched off" in staging.replies[1]
    assert staging.shows("Succeeded")


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


async def test_discard_leaves_a_receipt_and_no_buttons(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """The question turns into its answer, in the same message."""
    prod = Channel(slack, "C0PROD")
    async with ferry.reporting(slack):
        execution = await ferry.launch("C0PROD")
        await until(lambda: prod.shows("Ferry is looking at the host"))
        await looked_at(ferry.services, execution)
        await until(lambda: prod.shows("Run on production"))
        await ferry.services.confirmations.discard(execution.id, ANA)
        await until(lambda: prod.shows("discarded by <@U0ANA>"))
        await told_all(ferry)

    assert not prod.shows("Run on production")
    assert len(prod.cards) == 1
    assert prod.replies == []


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


async def lines_of(count: int) -> AsyncIterator[str]:
    """Yield a log of that many pieces of a megabyte."""
    for n in range(count):
        yield f"{n:07}\n" * (1024 * 128)


async def test_large_log_is_compressed() -> None:
    """Above 20 MB."""
    async with log_file("run", lines_of(1)) as small, log_file("run", lines_of(21)) as large:
        content = b"".join([piece async for piece in large.pieces()])
        again = b"".join([piece async for piece in large.pieces()])

    assert (small.name, small.size) == ("run.log", 2**20)
    assert large.name == "run.log.gz"
    assert large.size == len(content) < 2**20
    assert content == again
    assert gzip.decompress(content).endswith(b"0000020\n")


async def test_log_keeps_what_is_no_unicode() -> None:
    """A lone surrogate is written out, not a crash."""

    async def text() -> AsyncIterator[str]:
        yield "a\ud800b\n"

    async with log_file("run", text()) as file:
        content = b"".join([piece async for piece in file.pieces()])

    assert content == b"a\\ud800b\n"


async def test_many_runs_end_in_as_many_true_cards(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """All at once, with Slack's real limits on: not one 429, nothing lost."""
    await slack.control.limits({"on": True})
    async with ferry.reporting(slack):
        for channel_id in ["C0STAGING", "C0PROD"] * 3:
            execution = await ferry.start(channel_id)
            await ferry.finish(execution, DONE)
        await told_all(ferry)

    cards = Channel(slack).cards + Channel(slack, "C0PROD").cards
    assert len([card for card in cards if "succeeded" in card["text"]]) == 6
    assert {call["status"] for call in slack.control.calls("chat.postMessage")} == {200}


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


async def test_a_run_that_waits_for_its_retry_says_why_once(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Its card is looked at every few seconds meanwhile, and finds that it was said."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        execution = await ferry.start()
        refused = failed(Category.CONNECTION_ERROR, "It refused.")
        due = wall_clock() + timedelta(minutes=5)
        await ferry.services.records.retry(execution, refused, not_before=due)
        await until(lambda: any("Attempt 1" in post for post in staging.replies))
        await asyncio.sleep(2 * QUEUED_S + 1)  # that nothing happens takes a while to see

    assert sum("Attempt 1" in post for post in staging.replies) == 1
