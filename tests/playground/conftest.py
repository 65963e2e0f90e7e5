from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import listen


@pytest.fixture
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Start a fresh playground."""
    slack = PlaygroundSlack()
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
async def client(slack: PlaygroundSlack) -> AsyncIterator[AsyncWebClient]:
    """Make the real SDK's client, with the bot's token and one session."""
    async with ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


@pytest.fixture
async def bot(slack: PlaygroundSlack, client: AsyncWebClient) -> AsyncIterator[AsyncApp]:
    """Connect the tiny bot on the real slack_bolt by Socket Mode."""
    app = AsyncApp(client=client)
    listen(app)
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield app
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
def ana(slack: PlaygroundSlack) -> Person:
    """Be a person who may do everything."""
    return Person(slack.url, "U0ANA")


@pytest.fixture
def bruno(slack: PlaygroundSlack) -> Person:
    """Be another person."""
    return Person(slack.url, "U0BRUNO")
