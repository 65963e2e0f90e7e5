"""Response URLs: five answers within half an hour, to one person or to all."""

from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import card

CHANNEL = "C0STAGING"


async def answer(slack: PlaygroundSlack, response_id: str, **body: Any) -> tuple[int, str]:
    """Post to a response URL; return status and text."""
    url = f"{slack.url}/response/{response_id}"
    async with ClientSession() as session, session.post(url, json=body) as reply:
        return reply.status, await reply.text()


async def test_five_answers_and_no_more(slack: PlaygroundSlack, ana: Person) -> None:
    """The sixth finds the URL used up."""
    response_id = slack.core.permits.response("U0ANA", CHANNEL)

    replies = [await answer(slack, response_id, text=f"answer {n}") for n in range(6)]

    assert replies == [(200, "ok")] * 5 + [(404, "used_url")]
    await ana.told(CHANNEL, "answer 4")
    statuses = [call["status"] for call in slack.control.calls("response_url")]
    assert statuses == [200] * 5 + [404]


async def test_url_expires_after_half_an_hour(slack: PlaygroundSlack) -> None:
    """The clock decides; an invented URL is the same as an expired one."""
    response_id = slack.core.permits.response("U0ANA", CHANNEL)
    await slack.control.clock({"advance_s": 30 * 60 + 1})

    assert await answer(slack, response_id, text="late") == (404, "expired_url")
    assert await answer(slack, "invented", text="x") == (404, "expired_url")


async def test_in_channel_needs_no_membership(slack: PlaygroundSlack, bruno: Person) -> None:
    """A response URL works where chat.postMessage is refused."""
    response_id = slack.core.permits.response("U0ANA", "C0QUIET")

    await answer(slack, response_id, text="for all", response_type="in_channel")

    await bruno.sees("C0QUIET", "for all")


@pytest.mark.parametrize("is_ephemeral", [True, False])
async def test_original_is_replaced_and_deleted(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person, is_ephemeral: bool
) -> None:
    """Also an ephemeral message, which no token can edit."""
    if is_ephemeral:
        await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="card", blocks=card())
        shown = await ana.told(CHANNEL, "card")
    else:
        await client.chat_postMessage(channel=CHANNEL, text="card", blocks=card())
        shown = await ana.sees(CHANNEL, "card")
    await ana.tries(
        "action", channel=CHANNEL, message_ts=shown["ts"], block_id="buttons", action_id="log"
    )
    sent = slack.control.deliveries()[-1]["payload"]
    response_id = sent["response_url"].rpartition("/")[2]

    await answer(slack, response_id, text="receipt", replace_original=True)
    look = ana.told if is_ephemeral else ana.sees
    receipt = await look(CHANNEL, "receipt")
    await answer(slack, response_id, delete_original=True)

    assert (receipt["ts"], "blocks" in receipt) == (shown["ts"], False)
    assert sent["container"]["is_ephemeral"] is is_ephemeral
    assert ("message" in sent) is not is_ephemeral
    state = await ana.state()
    assert state["messages"][CHANNEL] + state["ephemerals"][CHANNEL] == []


async def test_bad_blocks_are_refused(slack: PlaygroundSlack) -> None:
    """Slack says so in plain text."""
    response_id = slack.core.permits.response("U0ANA", CHANNEL)

    assert await answer(slack, response_id, blocks=[{"type": "x"}]) == (400, "invalid_blocks")
