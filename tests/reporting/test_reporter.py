"""From rows to Slack: one true card and its thread, through restarts, outages and refusals."""

import asyncio
from datetime import timedelta

from db.model.categories import Category
from db.model.output import Stream
from executor.rules.outcomes import failed, outcome
from handlers.pace import QUEUED_S
from playground.server import PlaygroundSlack
from tests.support.looked import looked_at
from tests.support.reporting import ANA, DONE, FAILED, Channel, Ferry, told_all, wall_clock
from tests.support.waiting import until


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


async def test_requester_is_told_of_it_also_where_slack_is_busy_at_that_moment(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nobody else would tell them: the card is left alone from then on."""
    private = Channel(slack, "D0ANA")
    await slack.control.faults(
        {"method": "chat.postMessage", "error": "not_in_channel", "times": 1}
    )
    await slack.control.faults(
        {"method": "chat.postMessage", "status": 429, "retry_after": 1, "times": 1}
    )
    async with ferry.reporting(slack, patience_s=0.1):
        await ferry.launch("C0QUIET")
        await told_all(ferry)

    assert len(private.cards) == 1


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


async def test_next_attempt_does_not_show_what_the_last_one_said(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Neither while it connects nor when it fails by itself: nobody reads an old error as new."""
    staging = Channel(slack)
    execution = await ferry.start()
    await ferry.prints(execution, "boom of the first", stream=Stream.ERR)
    refused = failed(Category.SCRIPT_ERROR, "It said no.")
    await ferry.services.records.retry(execution, refused, not_before=wall_clock())
    second = await ferry.claim()
    async with ferry.reporting(slack):
        await until(lambda: staging.shows("attempt 2 of 3"))
        meanwhile = str(staging.cards)
        await ferry.finish(second, failed(Category.CONNECTION_ERROR))
        await until(lambda: any("CONNECTION_ERROR" in post for post in staging.replies))
        await told_all(ferry)

    assert "boom of the first" not in meanwhile
    assert "boom of the first" not in str(slack.workspace.messages)


async def test_last_lines_are_those_of_both_streams_where_the_script_did_not_fail(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """An old warning on stderr would look like the cause of a timeout."""
    staging = Channel(slack)
    execution = await ferry.start()
    await ferry.prints(execution, "patient 7 has no phone", stream=Stream.ERR)
    await ferry.prints(execution, "patient 10", first=2)
    await ferry.finish(execution, outcome(None, "", "timeout", ""))
    async with ferry.reporting(slack):
        await told_all(ferry)

    assert staging.shows("patient 7 has no phone\npatient 10")


async def test_questions_are_told_before_ends(ferry: Ferry) -> None:
    """A person waits for them, and of the ends there may be more than are told at once."""
    over = await ferry.start()
    await ferry.finish(over, DONE)
    asks = await ferry.launch("C0PROD")
    waits = await ferry.launch()

    news = [brief.id for brief in await ferry.services.news.pending()]

    assert news == [asks.id, over.id, waits.id]
