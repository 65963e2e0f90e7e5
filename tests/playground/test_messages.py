"""Posting, editing, deleting and whispering, with everything that Slack refuses."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack

STAGING = "C0STAGING"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "in *blocks*"}}


REFUSALS: dict[str, tuple[str, Any, str]] = {
    "unknown channel": ("postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    "bot not in channel": ("postMessage", {"channel": "C0QUIET", "text": "x"}, "not_in_channel"),
    "nothing said": ("postMessage", {"channel": STAGING}, "no_text"),
    "unknown thread": (
        "postMessage",
        {"channel": STAGING, "text": "x", "thread_ts": "1.0"},
        "thread_not_found",
    ),
    "bad block": (
        "postMessage",
        {"channel": STAGING, "text": "x", "blocks": [{}]},
        "invalid_blocks",
    ),
    "bad JSON": ("postMessage", {"channel": STAGING, "blocks": "{"}, "invalid_blocks_format"),
    "unknown message": (
        "update",
        {"channel": STAGING, "ts": "1.0", "text": "x"},
        "message_not_found",
    ),
    "edit by name": (
        "update",
        {"channel": "staging-ops", "ts": "1.0", "text": "x"},
        "channel_not_found",
    ),
    "delete unknown": ("delete", {"channel": STAGING, "ts": "1.0"}, "message_not_found"),
    "whisper elsewhere": (
        "postEphemeral",
        {"channel": "D0ANA", "user": "U0BRUNO", "text": "x"},
        "user_not_in_channel",
    ),
    "link to nothing": (
        "getPermalink",
        {"channel": STAGING, "message_ts": "1.0"},
        "message_not_found",
    ),
}


@pytest.mark.parametrize(("method", "args", "error"), REFUSALS.values(), ids=list(REFUSALS))
async def test_refusals(client: AsyncWebClient, method: str, args: Any, error: str) -> None:
    """Each wrong call has Slack's own error."""
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(f"chat.{method}", json=args)

    assert caught.value.response["error"] == error


async def test_bad_block_is_pointed_at(client: AsyncWebClient) -> None:
    """The error has JSON pointers, both ways in which Slack gives them."""
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=STAGING, text="x", blocks=[SECTION, header])

    told = "must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    assert caught.value.response["errors"] == [told]
    assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {told}"]


async def test_edit_without_blocks_removes_them(client: AsyncWebClient, ana: Person) -> None:
    """Text alone replaces all; only another text counts as edited."""
    posted = await client.chat_postMessage(channel=STAGING, text="one", blocks=[SECTION])
    where = {"channel": STAGING, "ts": posted["ts"]}

    same = await client.chat_update(**where, text="one", blocks=[SECTION, SECTION])
    other = await client.chat_update(**where, text="two")

    assert "edited" not in same["message"]
    assert ("edited" in other["message"], "blocks" in other["message"]) == (True, False)
    assert (await ana.sees(STAGING, "two"))["ts"] == posted["ts"]


async def test_too_long_edit_is_refused(client: AsyncWebClient) -> None:
    """chat.update is stricter than chat.postMessage, which cuts at 40,000."""
    posted = await client.chat_postMessage(channel=STAGING, text="x" * 40_001)

    with pytest.raises(SlackApiError) as caught:
        await client.chat_update(channel=STAGING, ts=posted["ts"], text="x" * 4001)

    assert len(posted["message"]["text"]) == 40_000
    assert caught.value.response["error"] == "msg_too_long"


async def test_messages_of_people_are_theirs(client: AsyncWebClient, ana: Person) -> None:
    """The bot may neither edit nor delete what a person wrote."""
    ts = (await ana.types(STAGING, "hello"))["ts"]

    with pytest.raises(SlackApiError) as edit:
        await client.chat_update(channel=STAGING, ts=ts, text="x")
    with pytest.raises(SlackApiError) as delete:
        await client.chat_delete(channel=STAGING, ts=ts)

    assert edit.value.response["error"] == "cant_update_message"
    assert delete.value.response["error"] == "cant_delete_message"


async def test_thread_counts_its_replies_at_the_root(client: AsyncWebClient, ana: Person) -> None:
    """Replies, also of people and to replies, belong to the root."""
    root = (await client.chat_postMessage(channel=STAGING, text="root"))["ts"]
    reply = await client.chat_postMessage(
        channel=STAGING, text="one", thread_ts=root, reply_broadcast=True
    )
    await ana.types(STAGING, "two", thread_ts=reply["ts"])

    message = await ana.sees(STAGING, "root")

    assert [each["text"] for each in await ana.thread(message)] == ["one", "two"]
    assert (message["reply_count"], message["reply_users"]) == (2, ["U0BOT", "U0ANA"])
    assert reply["message"]["subtype"] == "thread_broadcast"


async def test_deleted_message_is_gone_a_deleted_root_leaves_a_tombstone(
    client: AsyncWebClient, slack: PlaygroundSlack
) -> None:
    """After chat.delete an edit finds nothing; a thread stays readable."""
    lone = (await client.chat_postMessage(channel=STAGING, text="lone"))["ts"]
    root = (await client.chat_postMessage(channel=STAGING, text="root"))["ts"]
    await client.chat_postMessage(channel=STAGING, text="reply", thread_ts=root)

    await client.chat_delete(channel=STAGING, ts=lone)
    await client.chat_delete(channel=STAGING, ts=root)

    left = slack.workspace.messages[STAGING].values()
    assert [each["text"] for each in left] == ["This message was deleted.", "reply"]
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await client.chat_update(channel=STAGING, ts=root, text="x")


async def test_whisper_is_heard_by_one(client: AsyncWebClient, ana: Person, bruno: Person) -> None:
    """chat.postEphemeral reaches its person only, and cannot be edited by token."""
    answer = await client.chat_postEphemeral(channel=STAGING, user="U0ANA", text="psst")

    await ana.told(STAGING, "psst")
    assert (await bruno.state())["ephemerals"][STAGING] == []
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel=STAGING, ts=answer["message_ts"], text="x")


async def test_direct_message_is_seen_by_its_person_only(
    client: AsyncWebClient, ana: Person, bruno: Person
) -> None:
    """Posting to a user id opens the conversation; nobody else has it."""
    channel = (await client.conversations_open(users="U0ANA"))["channel"]["id"]
    await client.chat_postMessage(channel="U0ANA", text="for you")

    assert channel == "D0ANA"
    await ana.sees("D0ANA", "for you")
    assert "D0ANA" not in (await bruno.state())["messages"]


async def test_invited_bot_may_write(client: AsyncWebClient, ana: Person) -> None:
    """Slack's own /invite lets the bot in; chat:write.public would do without."""
    await ana.types("C0QUIET", "/invite @ferry")

    await client.chat_postMessage(channel="C0QUIET", text="thanks")

    await ana.sees("C0QUIET", "thanks")


async def test_small_marks_need_their_scopes(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """Reactions, pins and the look-ups work once their scopes are granted."""
    slack.workspace.scopes |= {"reactions:write", "pins:write", "channels:read"}
    ts = (await client.chat_postMessage(channel=STAGING, text="x"))["ts"]

    await client.reactions_add(channel=STAGING, timestamp=ts, name="eyes")
    await client.pins_add(channel=STAGING, timestamp=ts)
    info = await client.conversations_info(channel="C0QUIET")
    members = await client.conversations_members(channel="C0QUIET")
    guest = await client.users_info(user="U0GUEST")
    link = await client.chat_getPermalink(channel=STAGING, message_ts=ts)

    message = slack.workspace.messages[STAGING][ts]
    assert (message["reactions"][0]["name"], message["pinned_to"]) == ("eyes", [STAGING])
    assert info["channel"]["is_member"] is False
    assert "U0BOT" not in members["members"]
    assert guest["user"]["is_restricted"] is True
    assert link["permalink"] == f"{slack.url}/#/{STAGING}/{ts}"
