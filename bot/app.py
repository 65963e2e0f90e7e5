"""One process of Ferry: how it starts, works and stops.

Requests stop first, then the worker hands its runs over (they go on at their hosts), then the last
cards go out. What it is made of: ``bot/wiring.py``.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import aiohttp
import structlog
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot.clock import utc_now
from bot.settings import Settings, SlackMode
from db.migrations import upgrade
from db.model.catalog import Environment
from db.model.errors import Unavailable
from executor.janitor import Janitor
from executor.preflight import Preflight, look_at
from executor.services import Ground, Services
from executor.services.log_writer import LogWriter
from executor.ssh.hostkeys import scan
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.ssh.target import target_of
from executor.worker import Worker
from handlers.caller import Caller
from handlers.connection import HttpMode, SocketMode, slack_app
from handlers.herald import Herald
from handlers.outbox import ANSWERS_WITHIN_S, Outbox, slack_session, web_client
from handlers.preflight import Me, preflight_until_answered
from handlers.reporter import Reporter
from handlers.work import Work

logger = structlog.get_logger(__name__)
_UPLOAD_TIMEOUT_S = 120
_LAST_CARDS_S = 5.0
_LOOK_S = 0.05


def stop_event() -> asyncio.Event:
    """Return an event that is set when the process is asked to end: SIGTERM, Ctrl+C."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


async def end_in_time(stop: asyncio.Event, within_s: float) -> None:
    """End the process if it still runs *within_s* seconds after *stop* was set.

    Nothing is lost by it: runs go on at their hosts, and leases run out by themselves.
    """
    await stop.wait()
    await asyncio.sleep(within_s)
    logger.error("stop_took_too_long", seconds=within_s)
    os._exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One process of Ferry."""

    settings: Settings
    ground: Ground
    services: Services
    writer: LogWriter
    hosts: Hosts
    resolver: Resolver
    worker: Worker
    preflight: Preflight
    janitor: Janitor
    ready: asyncio.Event  #: set once Slack is connected and work is looked for

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop* is set, then stop in order.

        Raises Unavailable when the database does not answer at the start, InvalidInput for bad
        tokens.
        """
        await upgrade(self.settings.database_url)
        async with slack_session() as session:
            try:
                await self._connected(session, stop)
            finally:
                await self.hosts.close()
                await self.ground.db.close()

    async def _connected(self, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        settings = self.settings
        client = AsyncWebClient(
            settings.slack_bot_token,
            base_url=settings.slack_api_url,
            session=session,
            retry_handlers=[
                AsyncConnectionErrorRetryHandler(max_retry_count=1),
                AsyncRateLimitErrorRetryHandler(max_retry_count=2),
                AsyncServerErrorRetryHandler(max_retry_count=1),
            ],
        )
        is_socket = settings.slack_mode is SlackMode.SOCKET
        app_token = settings.slack_app_token if is_socket else None
        asking = asyncio.create_task(preflight_until_answered(client, app_token), name="preflight")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            asking.cancel()
            return
        me = await asking
        logger.info("slack_answered", team=me.team, team_id=me.team_id)
        connection = self._connection(client, me)
        await self._work(connection, *self._tellers(session, me), stop)

    async def _work(
        self,
        connection: SocketMode | HttpMode,
        reporter: Reporter,
        herald: Herald,
        stop: asyncio.Event,
    ) -> None:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self.writer.run(), name="log-writer")
            telling = group.create_task(reporter.run(), name="reporter")
            announcing = group.create_task(herald.run(), name="herald")
            working = group.create_task(self.worker.run(), name="worker")
            looking = group.create_task(self.preflight.run(), name="preflight")
            listening = group.create_task(connection.run(stop), name="slack")
            waiting = group.create_task(self._tell_ready(connection), name="ready")
            self.janitor.start()
            try:
                await listening
            finally:
                self.janitor.stop()
            waiting.cancel()
            working.cancel()
            looking.cancel()
            await asyncio.wait({working, looking})
            await self._flush()
            announcing.cancel()
            telling.cancel()
            await asyncio.wait({telling})
            writer.cancel()
        logger.info("stopped")

    async def _tell_ready(self, connection: SocketMode | HttpMode) -> None:
        while not await connection.connected():  # noqa: ASYNC110 - the SDK rings no bell
            await asyncio.sleep(_LOOK_S)
        logger.info("ready")
        self.ready.set()

    async def _flush(self) -> None:
        """Give the reporter a moment to tell what it has not told yet."""
        deadline = time.monotonic() + _LAST_CARDS_S
        with suppress(Unavailable):
            while time.monotonic() < deadline and await self.services.news.pending():
                self.ground.news.ring()
                await asyncio.sleep(_LOOK_S)

    def _connection(self, client: AsyncWebClient, me: Me) -> SocketMode | HttpMode:
        settings = self.settings
        app = slack_app(client, signing_secret=settings.slack_signing_secret)
        work = Work()
        handlers.register(
            app,
            self.services,
            team_id=me.team_id,
            scan=partial(scan, timeout_s=settings.connect_timeout_s),
            log_in=self._log_in,
            look_at=partial(look_at, self.hosts, self.resolver, clock=utc_now),
            clock=utc_now,
            work=work,
        )
        if settings.slack_mode is SlackMode.SOCKET:
            return SocketMode(app, settings.slack_app_token, work)
        return HttpMode(
            app,
            work,
            signing_secret=settings.slack_signing_secret,
            host=settings.http_host,
            port=settings.http_port,
        )

    async def _log_in(self, environment: Environment) -> None:
        async with self.hosts.connection(target_of(environment)):
            return

    def _tellers(self, session: aiohttp.ClientSession, me: Me) -> tuple[Reporter, Herald]:
        def client(timeout_s: int) -> AsyncWebClient:
            settings = self.settings
            return web_client(
                settings.slack_bot_token,
                api_url=settings.slack_api_url,
                session=session,
                timeout_s=timeout_s,
            )

        outbox = Outbox(
            client(ANSWERS_WITHIN_S), Caller(time.monotonic), uploads=client(_UPLOAD_TIMEOUT_S)
        )
        reporter = Reporter(
            self.services,
            outbox,
            scopes=me.scopes,
            clock=utc_now,
            security_channel=self.settings.security_channel,
        )
        return reporter, Herald(self.services.locks, self.services.news, outbox)
