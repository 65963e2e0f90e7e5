"""What calls people: the reminder at half time, and a broken glass, said once and to the end."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from db.schema import executions
from playground.server import PlaygroundSlack
from tests.support.looked import looked_at
from tests.support.reporting import ANA, Channel, Ferry, told_all
from tests.support.waiting import until

SECURITY = "C0RANDOM"
WHY = "the clinic is down"


async def test_half_time_is_told_once_in_the_thread(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """It calls who may answer, also after a restart only once."""
    prod = Channel(slack, "C0PROD")
    await _at_half_time(ferry)

    for _ in range(2):
        async with ferry.reporting(slack):
            await until(lambda: len(prod.replies) == 1, "the reminder")
            await told_all(ferry)

    (reply,) = prod.replies
    assert "⏰ <@U0ANA>: #1 import-patients on production still awaits" in reply
    assert prod.broadcasts == []


async def test_half_time_in_a_closed_environment_calls_approvers_once_it_is_open(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Until then no yes is possible: who asked is told so."""
    prod = Channel(slack, "C0PROD")
    await _at_half_time(ferry)
    await ferry.services.locks.lock("production", ANA, "deploying")

    async with ferry.reporting(slack):
        await until(lambda: len(prod.replies) == 1, "that it is closed")
        await told_all(ferry)
        await ferry.services.locks.unlock("production", ANA)
        await until(lambda: len(prod.replies) == 2, "the call")

    assert "cannot be confirmed yet: production is locked; its card says" in prod.replies[0]
    assert "⏰ <@U0ANA>: #1 import-patients on production still awaits" in prod.replies[1]


async def _at_half_time(ferry: Ferry) -> None:
    execution = await looked_at(ferry.services, await ferry.launch("C0PROD"))
    async with ferry.database.begin() as repos:
        asked = update(executions).where(executions.c.id == execution.id)
        soon = execution.created_at + timedelta(minutes=1)
        await repos.session.change(asked.values(expires_at=soon))
    assert await ferry.services.confirmations.remind_due() == 1


async def test_a_broken_glass_is_told_in_channel_and_security_channel_once(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """In both with who and why, and once also after a restart."""
    prod, security = Channel(slack, "C0PROD"), Channel(slack, SECURITY)
    execution = await ferry.launch("C0PROD")
    await ferry.services.break_glass.override(execution.id, ANA, WHY)

    async with ferry.reporting(slack, security_channel=SECURITY):
        await until(lambda: len(prod.replies) == 1, "the broadcast")
        await told_all(ferry)
    await ferry.claim()  # there is more to tell of it after the restart
    async with ferry.reporting(slack, security_channel=SECURITY):
        await until(lambda: len(prod.replies) == 2, "the start")
        await told_all(ferry)

    (reply, _started), (alarm,) = prod.replies, security.cards
    assert prod.broadcasts == [reply]
    for said in (reply, alarm["text"]):
        assert "<@U0ANA> broke the glass: #1 import-patients" in said
        assert WHY in said
    assert "asked for in <#C0PROD>" in alarm["text"]
    assert prod.shows("broke the glass")


async def test_a_glass_that_is_broken_for_a_lock_is_told_as_that_until_more_is_broken(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """It waits for its confirmation, as ever; whoever goes past that as well is told of then."""
    prod, security = Channel(slack, "C0PROD"), Channel(slack, SECURITY)
    await ferry.services.locks.lock("production", ANA, "deploying")
    execution = await ferry.launch("C0PROD", override=WHY)

    async with ferry.reporting(slack, security_channel=SECURITY):
        await until(lambda: len(prod.replies) == 1, "the broadcast")
        await looked_at(ferry.services, execution)
        await told_all(ferry)
        (alarm,) = security.cards
        for said in (prod.broadcasts[0], alarm["text"]):
            assert "on production was let past the lock there; its confirmation is asked" in said
            assert "without" not in said
        await ferry.services.break_glass.override(execution.id, ANA, "nobody answers")
        await until(lambda: len(prod.replies) == 2, "that it needs no confirmation any more")
        await told_all(ferry)

    assert prod.replies == prod.broadcasts
    (_, alarm) = security.cards
    for said in (prod.replies[1], alarm["text"]):
        assert "past the confirmation that it needs, and past the lock there. Why: nob" in said


async def test_a_yes_after_a_broken_glass_leaves_true_what_was_told(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nothing went past the confirmation, so nobody is told that anything did."""
    prod = Channel(slack, "C0PROD")
    await ferry.services.locks.lock("production", ANA, "deploying")
    execution = await looked_at(ferry.services, await ferry.launch("C0PROD", override=WHY))

    async with ferry.reporting(slack):
        await until(lambda: len(prod.replies) == 1, "the broadcast")
        await ferry.services.confirmations.confirm(execution.id, ANA, execution.plan_hash)
        await ferry.claim()
        await until(lambda: len(prod.replies) == 2, "the start")
        await told_all(ferry)

    (glass, started) = prod.replies
    assert "was let past the lock there; its confirmation is asked for as ever." in glass
    assert started == "▶️ #1 import-patients started on production."


async def test_the_security_channel_is_told_after_an_outage(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """It is put off, not forgotten: the first tries fail."""
    security = Channel(slack, SECURITY)
    execution = await ferry.launch("C0PROD")
    await ferry.services.break_glass.override(execution.id, ANA, WHY)
    fault = {"method": "chat.postMessage", "error": "internal_error", "times": 3}
    await slack.control.faults(fault)

    async with ferry.reporting(slack, security_channel=SECURITY):
        await until(lambda: len(security.cards) == 1, "the alarm", within_s=30)
        await told_all(ferry)

    assert len(security.cards) == 1


@pytest.mark.parametrize("channel", ["C0QUIET", "C0GONE"])
async def test_a_security_channel_that_refuses_is_told_of_in_the_thread(
    ferry: Ferry, slack: PlaygroundSlack, channel: str
) -> None:
    """Where Ferry is no member, somebody must read that."""
    prod = Channel(slack, "C0PROD")
    execution = await ferry.launch("C0PROD")
    await ferry.services.break_glass.override(execution.id, ANA, WHY)

    async with ferry.reporting(slack, security_channel=channel):
        await until(lambda: len(prod.replies) == 2, "both replies")
        await told_all(ferry)

    assert any("security channel could not be told" in reply for reply in prod.replies)


async def test_the_security_channel_is_told_where_the_card_cannot_be(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Ferry was removed from the channel of the run: that hides nothing."""
    security = Channel(slack, SECURITY)
    execution = await ferry.launch("C0QUIET")
    await ferry.services.break_glass.override(execution.id, ANA, WHY)

    async with ferry.reporting(slack, security_channel=SECURITY):
        await until(lambda: len(security.cards) == 1, "the alarm")


async def test_without_a_security_channel_nobody_else_is_told(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """The channel itself is."""
    prod = Channel(slack, "C0PROD")
    execution = await ferry.launch("C0PROD")
    await ferry.services.break_glass.override(execution.id, ANA, WHY)

    async with ferry.reporting(slack):
        await until(lambda: len(prod.replies) == 1, "the broadcast")
        await told_all(ferry)

    assert Channel(slack, SECURITY).cards == []
