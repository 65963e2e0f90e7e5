"""HTTP in place of Socket Mode: only what Slack signed is answered."""

import asyncio

from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from db.database import Database
from handlers.connection import HttpMode
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import listening
from tests.support.database import Clock
from tests.support.waiting import until
from tests.support.world import STAGING


async def test_http_mode_answers_signed_requests_only(
    sqlite_url: str,
    clock: Clock,
    client: AsyncWebClient,
    slack: PlaygroundSlack,
    ana: Person,
) -> None:
    """The same listeners behind Slack's HTTP calls; a wrong signature gets nowhere."""
    database = Database(sqlite_url, clock=clock)
    ferry = listening(client, database, clock, slack.signing_secret)
    http = HttpMode(
        ferry.app, ferry.work, signing_secret=slack.signing_secret, host="127.0.0.1", port=0
    )
    stop = asyncio.Event()
    running = asyncio.create_task(http.run(stop))
    await until(lambda: http.address, "listening")
    slack.http_target = http.address

    await ana.types(STAGING, "/migrate help")
    await ana.told(STAGING, "Ferry runs data migrations")
    async with ClientSession() as session:
        headers = {"X-Slack-Signature": "v0=bad", "X-Slack-Request-Timestamp": "1"}
        async with session.post(
            http.address, data={"command": "/migrate"}, headers=headers
        ) as answer:
            status = answer.status
    stop.set()
    await running
    await database.close()

    assert status == 401
