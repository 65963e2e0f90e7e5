"""The outbox against the playground's Web API: what Slack refuses, limits or loses is survived."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO

import pytest
from structlog.testing import capture_logs

from handlers.log_file import LogFile
from handlers.outbox import Outbox, Outcome, Place, Sent
from handlers.views.blocks import section
from handlers.views.message import Told
from playground.errors import Json
from playground.server import PlaygroundSlack
from tests.support.outbox import outbox_on, playground
from tests.support.waiting import until

STAGING, PROD, QUIET = "C0STAGING", "C0PROD", "C0QUIET"


@pytest.fixture
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Start a fresh playground."""
    async with playground() as slack:
        yield slack


@pytest.fixture
async def outbox(slack: PlaygroundSlack) -> AsyncIterator[Outbox]:
    """Give an outbox on it."""
    async with outbox_on(slack) as outbox:
        yield outbox


def told(words: str) -> Told:
    """Return a message."""
    return Told(words, [section(words)])


def card(key: str, channel_id: str = STAGING) -> Place:
    """Return the place of a card that was not posted yet."""
    return Place(key=key, channel_id=channel_id)


def texts(slack: PlaygroundSlack, channel_id: str = STAGING) -> list[str]:
    """Return what a channel shows, oldest first."""
    return [message["text"] for message in slack.workspace.messages[channel_id].values()]


def calls(slack: PlaygroundSlack, method: str) -> list[Json]:
    """Return the calls of a method."""
    return slack.control.calls(method)


async def test_card_is_posted_and_then_edited(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """One message, with text and blocks each time."""
    first = await outbox.show(card("1"), told("queued"), urgent=True)
    second = await outbox.show(card("1"), told("running"), urgent=True)

    assert first.outcome is second.outcome is Outcome.SENT
    assert first.ts == second.ts
    message = slack.workspace.message(STAGING, first.ts)
    assert message["text"] == message["blocks"][0]["text"]["text"] == "running"
    assert texts(slack) == ["running"]


async def test_unchanged_render_is_not_sent(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """Not in one process, and not after a restart that knows the digest."""
    sent = await outbox.show(card("1"), told("queued"), urgent=True)

    again = await outbox.show(card("1"), told("queued"), urgent=True)
    async with outbox_on(slack) as restarted:
        known = Place(key="1", channel_id=STAGING, ts=sent.ts, digest=told("queued").digest)
        later = await restarted.show(known, told("queued"), urgent=True)

    assert again.outcome is later.outcome is Outcome.UNCHANGED
    assert later.ts == sent.ts
    assert calls(slack, "chat.update") == []


async def test_newest_render_wins(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """What waits behind a slow call is replaced by what comes after it."""
    await outbox.show(card("1"), told("0"), urgent=True)
    await slack.control.faults({"method": "chat.update", "delay_s": 0.3})

    async with asyncio.TaskGroup() as group:
        shows = [
            group.create_task(outbox.show(card("1"), told(str(n)), urgent=n == 2))
            for n in range(1, 6)
        ]

    outcomes = [show.result().outcome for show in shows]
    assert outcomes == [Outcome.SENT, *[Outcome.SUPERSEDED] * 3, Outcome.SENT]
    assert [call["args"]["text"] for call in calls(slack, "chat.update")] == ["1", "5"]


async def test_two_first_renders_make_one_card(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """The second one waits for the first one's ts."""
    await slack.control.faults({"method": "chat.postMessage", "delay_s": 0.2})
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.show(card("1"), told("queued"), urgent=True))
        await asyncio.sleep(0)
        group.create_task(outbox.show(card("1"), told("running"), urgent=True))

    assert texts(slack) == ["running"]


async def test_429_pauses_the_method_for_everybody(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """Nobody knocks before Retry-After is over; then the final render of each arrives."""
    for key in "123":
        await outbox.show(card(key), told(f"{key} running"), urgent=True)
    fault = {"method": "chat.update", "status": 429, "retry_after": 1, "times": 1}
    await slack.control.faults(fault)
    began = time.monotonic()

    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            group.create_task(outbox.show(card("1"), told("1 over"), urgent=True))
            await until(lambda: any(one["event"] == "slack_busy" for one in logs))
            tick = await outbox.show(card("2"), told("2 at 50 %"), urgent=False)
            for key in "23":
                group.create_task(outbox.show(card(key), told(f"{key} over"), urgent=True))

    assert tick.outcome is Outcome.LATER
    assert time.monotonic() - began >= 1
    assert [call["status"] for call in calls(slack, "chat.update")] == [429, 200, 200, 200]
    assert texts(slack) == ["1 over", "2 over", "3 over"]


async def test_ticks_leave_room_for_ends(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """With Slack's real limits on: ticks are dropped, no end is, and there is never a 429."""
    await slack.control.limits({"on": True})
    await outbox.show(card("1"), told("queued"), urgent=True)
    await outbox.show(card("2", PROD), told("queued"), urgent=True)

    ticks = [await outbox.show(card("1"), told(f"{n} %"), urgent=False) for n in range(60)]
    ends = [await outbox.show(card("2", PROD), told(f"end {n}"), urgent=True) for n in range(10)]

    assert [tick.outcome for tick in ticks].count(Outcome.SENT) == 35
    assert ticks[-1].outcome is Outcome.LATER
    assert {end.outcome for end in ends} == {Outcome.SENT}
    assert {call["status"] for call in calls(slack, "chat.update")} == {200}


async def test_posts_in_one_channel_keep_to_its_rate(slack: PlaygroundSlack) -> None:
    """A burst goes out, the rest has to wait; another channel has not."""
    await slack.control.limits({"on": True})
    async with outbox_on(slack, patience_s=1) as outbox:
        posts = [await outbox.say(STAGING, told(f"post {n}")) for n in range(5)]
        elsewhere = await outbox.say(PROD, told("here"))

    assert [post.outcome for post in posts] == [*[Outcome.SENT] * 4, Outcome.LATER]
    assert elsewhere.outcome is Outcome.SENT
    assert {call["status"] for call in calls(slack, "chat.postMessage")} == {200}


async def test_deleted_card_is_posted_again_once(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """Somebody removed it: once is an accident, twice is a wish."""
    first = await outbox.show(card("1"), told("running"), urgent=True)
    slack.workspace.delete(STAGING, first.ts)

    second = await outbox.show(card("1"), told("running: 50 %"), urgent=True)
    slack.workspace.delete(STAGING, second.ts)
    third = await outbox.show(card("1"), told("over"), urgent=True)

    assert second.outcome is Outcome.SENT
    assert second.ts != first.ts
    assert third.outcome is Outcome.REFUSED
    assert texts(slack) == []


async def test_not_in_channel_says_what_to_do(outbox: Outbox) -> None:
    """The sentence is for the requester."""
    sent = await outbox.show(card("1", QUIET), told("queued"), urgent=True)

    assert sent.outcome is Outcome.REFUSED
    assert sent.why == "I am not a member of that channel; `/invite` me there."


async def test_refused_blocks_leave_the_text(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """A mistake in a view must not keep the end of a run from people."""
    bad = Told("It is over.", [{"type": "nonsense"}])

    posted = await outbox.show(card("1"), bad, urgent=True)
    edited = await outbox.show(card("1"), Told("Really.", bad.blocks), urgent=True)

    assert posted.outcome is edited.outcome is Outcome.SENT
    assert texts(slack) == ["Really."]


async def test_outage_ends_in_the_true_card(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """Connections are cut; the end waits and arrives, ticks are dropped."""
    await outbox.show(card("1"), told("running"), urgent=True)
    await slack.control.outage({"on": True})
    async with asyncio.TaskGroup() as group:
        end = group.create_task(outbox.show(card("1"), told("over"), urgent=True))
        await asyncio.sleep(0)
        tick = await outbox.show(card("2"), told("queued"), urgent=False)
        await slack.control.outage({"on": False})

    assert tick.outcome is Outcome.LATER
    assert end.result().outcome is Outcome.SENT
    assert texts(slack) == ["over"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 200, "error": "fatal_error"},
        {"status": 200, "error": "token_revoked"},
    ],
)
async def test_trouble_on_slacks_side_is_tried_again(
    slack: PlaygroundSlack, outbox: Outbox, fault: Json
) -> None:
    """It says nothing about the message."""
    await slack.control.faults({"method": "chat.postMessage", "times": 1, **fault})

    sent = await outbox.show(card("1"), told("queued"), urgent=True)

    assert sent.outcome is Outcome.SENT
    assert texts(slack) == ["queued"]


async def test_patience_ends(slack: PlaygroundSlack) -> None:
    """The caller has the truth in the database, and asks again with a fresh render."""
    async with outbox_on(slack, patience_s=0.1) as outbox:
        await slack.control.outage({"on": True})
        sent = await outbox.show(card("1"), told("queued"), urgent=True)

    assert sent == Sent(Outcome.LATER, STAGING, why="Slack cannot be reached.")


async def test_reply_is_told_to_the_channel_only_if_asked(
    slack: PlaygroundSlack, outbox: Outbox
) -> None:
    """Details stay in the thread."""
    root = await outbox.show(card("1"), told("running"), urgent=True)

    quiet = await outbox.say(STAGING, told("half"), thread_ts=root.ts)
    loud = await outbox.say(STAGING, told("failed"), thread_ts=root.ts, broadcast=True)

    assert "subtype" not in slack.workspace.message(STAGING, quiet.ts)
    assert slack.workspace.message(STAGING, loud.ts)["subtype"] == "thread_broadcast"


async def test_file_is_attached_to_the_thread(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """By its name, with every byte, and with an address."""
    root = await outbox.show(card("1"), told("over"), urgent=True)

    log = LogFile("run.log", BytesIO(b"one\ntwo\n"), 8)
    sent = await outbox.attach(STAGING, log, thread_ts=root.ts, title="Log")

    assert sent.outcome is Outcome.SENT
    assert sent.permalink.startswith("http")
    (file,) = slack.workspace.files.values()
    assert (file["name"], slack.workspace.contents[file["id"]]) == ("run.log", b"one\ntwo\n")


async def test_upload_without_permission_says_why(slack: PlaygroundSlack, outbox: Outbox) -> None:
    """The app was installed with fewer scopes."""
    await slack.control.scopes({"scopes": ["chat:write"]})
    root = await outbox.show(card("1"), told("over"), urgent=True)

    file = LogFile("run.log", BytesIO(b"x"), 1)
    sent = await outbox.attach(STAGING, file, thread_ts=root.ts, title="Log")

    assert sent.outcome is Outcome.REFUSED
    assert "lacks a permission" in sent.why


async def test_answer_that_does_not_come_is_not_waited_for(slack: PlaygroundSlack) -> None:
    """Not for the minutes that the session would take by itself; a post may be out by then."""
    await slack.control.faults({"method": "chat.postMessage", "delay_s": 3, "times": 1})
    began = time.monotonic()

    async with outbox_on(slack, timeout_s=1) as outbox:
        sent = await outbox.show(card("1"), told("queued"), urgent=True)

    assert time.monotonic() - began < 2.5
    assert (sent.outcome, sent.is_unsure) == (Outcome.LATER, True)


async def test_deleted_card_is_posted_again_though_slack_is_away(slack: PlaygroundSlack) -> None:
    """The one that is gone is not asked for a second time: that would look like a wish."""
    async with outbox_on(slack, patience_s=0.1) as outbox:
        first = await outbox.show(card("1"), told("running"), urgent=True)
        slack.workspace.delete(STAGING, first.ts)
        await slack.control.faults({"method": "chat.postMessage", "times": 1, "status": 503})
        stored = replace(card("1"), ts=first.ts)

        refused = await outbox.show(stored, told("over"), urgent=True)
        again = refused
        while again.outcome is Outcome.LATER:
            await asyncio.sleep(0.05)
            again = await outbox.show(stored, told("over"), urgent=True)

    assert (refused.outcome, refused.ts) == (Outcome.LATER, "")
    assert again.outcome is Outcome.SENT
    assert texts(slack) == ["over"]


async def test_card_that_another_process_posted_again_is_edited(
    slack: PlaygroundSlack, outbox: Outbox
) -> None:
    """Where it stands by now is in the database; where it was is not looked at any more."""
    first = await outbox.show(card("1"), told("running"), urgent=True)
    slack.workspace.delete(STAGING, first.ts)
    async with outbox_on(slack) as other:
        second = await other.show(replace(card("1"), ts=first.ts), told("50 %"), urgent=True)

    third = await outbox.show(replace(card("1"), ts=second.ts), told("over"), urgent=True)

    assert third.ts == second.ts
    assert texts(slack) == ["over"]
