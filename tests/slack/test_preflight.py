"""Bad tokens are told in words before anything is connected; an absent Slack is waited for."""

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import InvalidInput, Unavailable
from handlers.preflight import preflight, preflight_until_answered
from playground.cast import TEAM_ID
from playground.server import PlaygroundSlack


def with_token(slack: PlaygroundSlack, client: AsyncWebClient, token: str) -> AsyncWebClient:
    """Return a client with another bot token."""
    return AsyncWebClient(token, base_url=slack.api_url, session=client.session)


async def test_good_tokens_say_who_ferry_is(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """Team, bot user and scopes come back."""
    me = await preflight(client, slack.app_token)

    assert me.team_id == TEAM_ID
    assert me.user_id == "U0BOT"
    assert "files:write" in me.scopes


@pytest.mark.parametrize(
    ("bot", "app", "field", "said"),
    [
        pytest.param("xoxb-wrong", None, "bot_token", "does not accept the bot token", id="bot"),
        pytest.param("", None, "bot_token", "The bot token is missing", id="no bot token"),
        pytest.param("hunter22", None, "bot_token", "must begin with xoxb-", id="no token at all"),
        pytest.param(
            "xapp-playground", "xoxb-playground", "bot_token", "are the two swapped?", id="swapped"
        ),
        pytest.param(
            "xoxb-playground", "xapp-wrong", "app_token", "does not accept the app-level", id="app"
        ),
        pytest.param("xoxb-playground", "", "app_token", "is missing", id="no app token"),
    ],
)
async def test_bad_token_is_named_with_where_the_right_one_is(
    slack: PlaygroundSlack,
    client: AsyncWebClient,
    bot: str,
    app: str | None,
    field: str,
    said: str,
) -> None:
    """Trap F: the SDK would log ``invalid_auth`` every ten seconds and never return."""
    with pytest.raises(InvalidInput) as caught:
        await preflight(with_token(slack, client, bot), app)

    assert said in caught.value.fields[field]
    assert "api.slack.com/apps" in caught.value.message


async def test_both_bad_tokens_are_told_at_once(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """Nobody has to start Ferry twice to learn of two mistakes."""
    with pytest.raises(InvalidInput) as caught:
        await preflight(with_token(slack, client, "xoxb-wrong"), "xapp-wrong")

    assert set(caught.value.fields) == {"bot_token", "app_token"}


async def test_missing_scope_is_named(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """A bot that may not write is told which scope to add."""
    await slack.control.scopes({"scopes": ["commands"]})

    with pytest.raises(InvalidInput, match="lacks the scopes chat:write"):
        await preflight(client, slack.app_token)


async def test_slack_with_trouble_is_not_the_tokens_fault(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """A 500 says nothing of the token."""
    await slack.control.faults({"method": "auth.test", "status": 500, "times": 5})

    with pytest.raises(Unavailable):
        await preflight(client, slack.app_token)


async def test_absent_slack_is_asked_again_with_growing_pauses(slack: PlaygroundSlack) -> None:
    """Ferry may start before the network does."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            await slack.control.outage({"on": False})

    await slack.control.outage({"on": True})
    async with ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)
        me = await preflight_until_answered(client, slack.app_token, sleep=sleep)

    assert me.team_id == TEAM_ID
    assert pauses == [1.0, 2.0, 4.0]
