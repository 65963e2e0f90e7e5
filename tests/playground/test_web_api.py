"""Tokens, scopes, faults and limits of the Web API, seen through the real SDK's client."""

import json
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack


async def error_of(call: Any) -> SlackApiError:
    """Return the error that a call ends in."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("xoxb-playground", "auth.test", None),
        ("xoxb-other", "auth.test", "invalid_auth"),
        ("", "auth.test", "not_authed"),
        ("xapp-playground", "apps.connections.open", None),
        ("xoxb-playground", "apps.connections.open", "not_allowed_token_type"),
        ("xapp-playground", "chat.postMessage", "not_allowed_token_type"),
        ("xoxb-playground", "chat.nonsense", "unknown_method"),
    ],
)
async def test_token_decides(
    slack: PlaygroundSlack, token: str, method: str, error: str | None
) -> None:
    """Unknown tokens, tokens of the wrong kind and unknown methods are told apart."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        ClientSession() as session,
        session.post(slack.api_url + method, headers=headers) as answer,
    ):
        body = await answer.json()

    assert (answer.status, body.get("error")) == (200, error)


async def test_auth_test_tells_who_and_with_which_scopes(client: AsyncWebClient) -> None:
    """The header names the granted scopes."""
    answer = await client.auth_test()

    assert (answer["user_id"], answer["team_id"]) == ("U0BOT", "T0FERRY")
    scopes = answer.headers["x-oauth-scopes"]
    assert scopes == "chat:write,commands,files:write,im:write,usergroups:read,users:read"


async def test_missing_scope_is_named(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """The error says what is needed and what there is."""
    slack.workspace.scopes = {"commands"}

    error = await error_of(client.chat_postMessage(channel="C0STAGING", text="x"))

    assert error.response["error"] == "missing_scope"
    assert error.response["needed"] == "chat:write"
    assert error.response["provided"] == "commands"


async def test_fault_hits_as_often_as_asked(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """A 429 with Retry-After, a 500, then all is well; the journal has all three."""
    await slack.control.faults({"method": "chat.postMessage", "status": 429, "retry_after": 7})
    await slack.control.faults({"method": "*", "status": 500, "times": 1})

    limited = await error_of(client.chat_postMessage(channel="C0STAGING", text="x"))
    broken = await error_of(client.chat_postMessage(channel="C0STAGING", text="x"))
    await client.chat_postMessage(channel="C0STAGING", text="x")

    assert limited.response.headers["Retry-After"] == "7"
    assert limited.response["error"] == "ratelimited"
    assert broken.response.status_code == 500
    calls = slack.control.calls("chat.postMessage")
    assert [call["status"] for call in calls] == [429, 500, 200]


async def test_fault_of_slack_itself_ends_with_its_time(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """An error answer for some seconds, over once the clock says so."""
    await slack.control.faults({"method": "auth.test", "error": "account_inactive", "seconds": 60})

    error = await error_of(client.auth_test())
    await slack.control.clock({"advance_s": 61})

    assert error.response["error"] == "account_inactive"
    assert (await client.auth_test())["ok"]


async def test_real_rate_limits_when_switched_on(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """50 edits a minute; a burst of five posts a channel, not shared with another channel."""
    await slack.control.limits({"on": True})
    posts = [await client.chat_postMessage(channel="C0STAGING", text="x") for _ in range(5)]

    sixth = await error_of(client.chat_postMessage(channel="C0STAGING", text="x"))
    await client.chat_postMessage(channel="C0PROD", text="x")
    for number in range(50):
        await client.chat_update(channel="C0STAGING", ts=posts[0]["ts"], text=str(number))
    edit = await error_of(client.chat_update(channel="C0STAGING", ts=posts[0]["ts"], text="no"))
    await slack.control.clock({"advance_s": 60})
    await client.chat_update(channel="C0STAGING", ts=posts[0]["ts"], text="yes")

    assert 1 <= int(sixth.response.headers["Retry-After"]) <= 5
    assert 50 <= int(edit.response.headers["Retry-After"]) <= 60


async def test_outage_cuts_every_call_and_ends(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """The bot cannot reach Slack, the person still sees the page, and afterwards all works."""
    await slack.control.outage({"on": True})

    with pytest.raises(ClientError):
        await client.auth_test()
    assert (await ana.state())["connected"] is False
    await slack.control.outage({"on": False})

    assert (await client.auth_test())["ok"]


async def test_control_is_reachable_over_http(slack: PlaygroundSlack) -> None:
    """The demo and the browser tests use the same wishes by POST, the journals by GET."""
    async with ClientSession() as session:
        wish = {"method": "*", "status": 500}
        async with session.post(f"{slack.url}/control/faults", json=wish) as answer:
            granted = await answer.json()
        async with session.post(slack.api_url + "auth.test", data={"token": "x"}) as answer:
            status = answer.status
        async with session.get(f"{slack.url}/control/calls?method=auth.test") as answer:
            calls = await answer.json()

    assert (granted, status) == ({"ok": True}, 500)
    assert [(call["method"], call["args"], call["status"]) for call in calls] == [
        ("auth.test", {}, 500)
    ]


async def test_arguments_come_as_json_form_or_query(slack: PlaygroundSlack) -> None:
    """Three senders, three encodings, nested values as JSON texts."""
    blocks = [{"type": "divider"}]
    url, words = slack.api_url + "chat.postMessage", {"channel": "C0STAGING", "text": "x"}
    nested = words | {"blocks": json.dumps(blocks)}
    headers = {"Authorization": "Bearer xoxb-playground"}
    async with ClientSession(headers=headers) as session:
        for sent in ({"json": words | {"blocks": blocks}}, {"data": nested}, {"params": nested}):
            async with session.post(url, **sent) as answer:
                body = await answer.json()

            assert body["message"]["blocks"][0]["type"] == "divider"
