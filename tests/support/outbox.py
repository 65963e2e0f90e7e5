"""An outbox on a playground."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from handlers.caller import Caller
from handlers.outbox import Outbox, web_client
from playground.server import PlaygroundSlack


@asynccontextmanager
async def playground() -> AsyncIterator[PlaygroundSlack]:
    """Run a fresh playground until the end of the block."""
    slack = PlaygroundSlack()
    await slack.start()
    yield slack
    await slack.stop()


@asynccontextmanager
async def outbox_on(slack: PlaygroundSlack, *, patience_s: float = 10) -> AsyncIterator[Outbox]:
    """Give an outbox that really calls *slack*."""
    async with ClientSession() as session:
        client = web_client(slack.bot_token, api_url=slack.api_url, session=session)
        yield Outbox(client, Caller(time.monotonic, patience_s=patience_s))


async def until(condition: Callable[[], object], *, within_s: float = 10) -> None:
    """Return once *condition* holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for rings no bell
            await asyncio.sleep(0.01)
