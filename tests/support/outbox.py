"""An outbox on a playground."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handlers.caller import Caller
from handlers.outbox import Outbox, slack_session, web_client
from playground.server import PlaygroundSlack


@asynccontextmanager
async def playground() -> AsyncIterator[PlaygroundSlack]:
    """Run a fresh playground until the end of the block."""
    slack = PlaygroundSlack()
    await slack.start()
    yield slack
    await slack.stop()


@asynccontextmanager
async def outbox_on(
    slack: PlaygroundSlack, *, patience_s: float = 10, timeout_s: int = 15
) -> AsyncIterator[Outbox]:
    """Give an outbox that really calls *slack*, and waits *timeout_s* for its answers."""
    async with slack_session(timeout_s=timeout_s) as session:
        client = web_client(slack.bot_token, api_url=slack.api_url, session=session)
        yield Outbox(client, Caller(time.monotonic, patience_s=patience_s))
