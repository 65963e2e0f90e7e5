"""A real Slack next door and Ferry's own connection to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import utc_now
from db.database import Database
from executor.services import Ground, build
from executor.services.access import Access
from handlers.connection import SocketMode, slack_app
from handlers.door import Door
from handlers.errors import Guard
from handlers.groups import Groups
from handlers.guests import Guests
from handlers.routes import Routes
from handlers.work import Work
from playground.cast import TEAM_ID
from playground.errors import Json
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In, connected, listening
from tests.support.database import (  # noqa: F401 - fixtures
    Clock,
    clock,
    migrated_file,
    sqlite_url,
)
from tests.support.waiting import until
from tests.support.world import furnish


@dataclass
class Ferry:
    """What a test may look at of a connected Ferry."""

    app: AsyncApp
    work: Work
    socket_mode: SocketMode
    stop: asyncio.Event
    running: asyncio.Task[None]


Online = Callable[..., AbstractAsyncContextManager[Ferry]]


@pytest.fixture
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Start a fresh playground."""
    slack = PlaygroundSlack()
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
async def client(slack: PlaygroundSlack) -> AsyncIterator[AsyncWebClient]:
    """Make the bot's Web API client."""
    async with ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


@pytest.fixture
def ana(slack: PlaygroundSlack) -> Person:
    """Be an admin."""
    return Person(slack.url, "U0ANA")


@pytest.fixture
def bruno(slack: PlaygroundSlack) -> Person:
    """Be somebody else."""
    return Person(slack.url, "U0BRUNO")


@pytest.fixture
async def access(sqlite_url: str, clock: Clock) -> AsyncIterator[Access]:  # noqa: F811
    """Give the question of who may do what, over a database without grants."""
    database = Database(sqlite_url, clock=clock)
    yield build(Ground(db=database, clock=clock, admins=frozenset({"U0ANA"}))).access
    await database.close()


@pytest.fixture
def online(slack: PlaygroundSlack, client: AsyncWebClient, access: Access) -> Online:
    """Give a way to be connected with a few listeners, impatient as tests are."""

    @asynccontextmanager
    async def connect(
        listen: Callable[[Routes, AsyncApp], None],
        *,
        sockets: int = 1,
        stale_s: float = 0.4,
        team_id: str = TEAM_ID,
    ) -> AsyncIterator[Ferry]:
        app, work, stop = slack_app(client), Work(), asyncio.Event()
        guard = Guard(work, team_id=team_id, admit=Guests(client, utc_now).admit)
        door = Door(access, Groups(client, utc_now, access.named_groups))
        listen(Routes(app, guard, door), app)
        socket_mode = SocketMode(
            app, slack.app_token, work, sockets=sockets, ping_interval_s=0.3, stale_s=stale_s
        )
        running = asyncio.create_task(socket_mode.run(stop, drain_s=2.0))
        await until(lambda: slack.core.sockets.count == sockets, "connected")
        yield Ferry(app, work, socket_mode, stop, running)
        stop.set()
        await running

    return connect


@pytest.fixture
async def empty(
    sqlite_url: str,  # noqa: F811
    clock: Clock,  # noqa: F811
    client: AsyncWebClient,
    slack: PlaygroundSlack,
) -> AsyncIterator[In]:
    """Be connected over a database with nothing in it."""
    shortcuts = [{"name": "Run", "type": "global", "callback_id": "run_job", "description": "x"}]
    commands = [{"command": "/migrate", "description": "x", "should_escape": True}]
    features: Json = {"slash_commands": commands, "shortcuts": shortcuts}
    scopes = {"scopes": {"bot": sorted(slack.workspace.scopes)}}
    events = {"event_subscriptions": {"bot_events": ["app_home_opened"]}}
    await slack.control.manifest({"features": features, "oauth_config": scopes, "settings": events})
    database = Database(sqlite_url, clock=clock)
    ferry = listening(client, database, clock)
    async with connected(ferry, slack):
        yield ferry
    await database.close()


@pytest.fixture
async def ferry(empty: In) -> In:
    """Be connected over two environments, their channels, and a job."""
    await furnish(empty.services)
    return empty
