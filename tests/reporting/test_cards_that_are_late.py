"""An edit that Slack would not take, a card that somebody deleted: the next look puts it right."""

from playground.server import PlaygroundSlack
from tests.support.database import do
from tests.support.reporting import Channel, Ferry
from tests.support.waiting import until

PAUSE_S = 4  # longer than from one look at what is queued to the next


async def test_place_in_line_is_shown_later_if_there_was_no_room_for_it(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """What was dropped was not shown, so it is no news that the next render is the same."""
    staging = Channel(slack)
    async with ferry.reporting(slack):
        await ferry.launch()
        await ferry.launch()
        await until(lambda: staging.shows("Next in line") and staging.shows("2nd in line"))
        await slack.control.faults(
            {"method": "chat.update", "status": 429, "retry_after": PAUSE_S, "times": 1}
        )
        await ferry.claim()
        await until(lambda: staging.shows("Next in line") and not staging.shows("2nd in line"))


async def test_thread_waits_for_a_card_that_is_posted_again(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Somebody deleted it, and Slack goes away before it stands again."""
    staging = Channel(slack)
    async with ferry.reporting(slack, patience_s=2):
        execution = await ferry.start()
        await until(lambda: len(staging.replies) == 1)
        (card,) = staging.cards
        slack.workspace.delete("C0STAGING", card["ts"])
        await slack.control.faults({"method": "chat.postMessage", "status": 503, "times": 1})
        await do(
            ferry.ground.db,
            "UPDATE migration_executions SET started_at = datetime(started_at, '-2 minutes')",
        )
        await ferry.prints(execution, "one", "two", done=2)
        await until(lambda: any("50 %" in reply for reply in staging.replies))

    grave, again = staging.cards
    assert grave["subtype"] == "tombstone"
    assert "running" in again["text"]
