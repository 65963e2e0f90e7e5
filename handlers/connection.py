"""How requests reach Ferry: Socket Mode, or Slack's HTTP calls to a public address.

What slack-sdk 3.47 leaves open is closed here: bad tokens are told before anything is connected
(it would retry them silently for ever), a ticket whose handshake failed is thrown away (it would
be tried again for ever), a second socket covers the gap while the first reconnects, and a stop lets
the acks of what was already received go out.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from handlers.work import Work

logger = structlog.get_logger(__name__)
ACKS_WITHIN_S = 3.0  # Slack waits no longer for an ack
EVENTS_PATH = "/slack/events"
MOST_BODY = 1024 * 1024  # bytes; Slack's largest requests have a quarter of that
_CONTENT_TYPES = frozenset({"application/x-www-form-urlencoded", "application/json"})
_SSL_CHECK = b"ssl_check=1"


def slack_app(client: AsyncWebClient, *, signing_secret: str = "") -> AsyncApp:
    """Return the Bolt app for *client*; *signing_secret* is what HTTP requests are checked with."""
    return AsyncApp(
        client=client,
        signing_secret=signing_secret,
        raise_error_for_unhandled_request=True,  # nobody waits in vain: see Guard.on_error
    )


class SocketMode:
    """Keeps *sockets* connections to Slack open, since one alone is deaf while it reconnects."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        work: Work,
        *,
        sockets: int = 2,
        ping_interval_s: float = 10.0,
        stale_s: float = 20.0,
    ) -> None:
        self._app, self._app_token, self._work = app, app_token, work
        self._count, self._ping_interval_s, self._stale_s = sockets, ping_interval_s, stale_s
        self._sockets: list[_Socket] = []

    async def connected(self) -> int:
        """Return how many sockets are open now."""
        return sum([await socket.client.is_connected() for socket in self._sockets])

    async def run(self, stop: asyncio.Event, *, drain_s: float = 10.0) -> None:
        """Stay connected until *stop* is set; then let the acks out, close, and finish the work.

        Listeners that are still at it *drain_s* later are cancelled.
        """
        self._sockets = [self._socket() for _ in range(self._count)]
        try:
            async with asyncio.TaskGroup() as group:
                keepers = [
                    group.create_task(socket.keep(self._stale_s), name=f"slack-socket-{number}")
                    for number, socket in enumerate(self._sockets)
                ]
                await stop.wait()
                await asyncio.gather(*(socket.quiet() for socket in self._sockets))
                for keeper in keepers:
                    keeper.cancel()
        finally:
            await asyncio.gather(*(socket.shut() for socket in self._sockets))
        late = await self._work.drain(drain_s)
        logger.info("slack_sockets_closed", cancelled_listeners=late)

    def _socket(self) -> "_Socket":
        return _Socket(self._app, self._app_token, self._ping_interval_s)


class _Socket(AsyncSocketModeHandler):
    """One connection that knows which of its envelopes wait for their ack."""

    def __init__(self, app: AsyncApp, app_token: str, ping_interval_s: float) -> None:
        self._unacked = Work()
        super().__init__(app, app_token, ping_interval=ping_interval_s)

    async def handle(self, client: Any, req: Any) -> None:
        """Dispatch one envelope and send its ack."""
        with self._unacked.counted():
            await super().handle(client, req)

    async def keep(self, stale_s: float) -> None:
        """Connect, and stay connected: a ticket that did not lead to a connection is given up."""
        connecting = asyncio.create_task(self._connect(), name="slack-connect")
        check_s, down_s = stale_s / 4, 0.0
        try:
            while True:
                await asyncio.sleep(check_s)
                down_s = 0.0 if await self.client.is_connected() else down_s + check_s
                if down_s >= stale_s:
                    logger.warning("socket_ticket_given_up", down_s=down_s)
                    self.client.wss_uri, down_s = None, 0.0
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)

    async def shut(self) -> None:
        """Close the connection and the session under it."""
        await self.client.close()  # type: ignore[no-untyped-call]

    async def _connect(self) -> None:
        await self.client.connect()  # type: ignore[no-untyped-call]

    async def quiet(self) -> None:
        """Wait until every envelope that arrived is acked, but not for ever."""
        deadline = asyncio.get_running_loop().time() + ACKS_WITHIN_S
        while self.client.message_queue.qsize() or len(self._unacked):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.02)


class HttpMode:
    """Takes Slack's signed HTTP requests on *host* and *port* (0: any free one)."""

    def __init__(
        self, app: AsyncApp, work: Work, *, signing_secret: str, host: str, port: int
    ) -> None:
        if not signing_secret:  # an empty one would let everybody sign
            raise ValueError("HTTP mode needs Slack's signing secret.")
        self._app, self._work = app, work
        self._signatures = SignatureVerifier(signing_secret)
        self._host, self._port = host, port
        self.address = ""

    async def connected(self) -> int:
        """Return 1 while it listens, else 0."""
        return int(bool(self.address))

    async def run(self, stop: asyncio.Event, *, drain_s: float = 10.0) -> None:
        """Listen until *stop* is set; then answer what was received, and finish the work."""
        server = web.Application(client_max_size=MOST_BODY)  # more is answered with 413
        server.router.add_post(EVENTS_PATH, self._answer)
        runner = web.AppRunner(server, shutdown_timeout=ACKS_WITHIN_S, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
            host, port = runner.addresses[0][:2]
            self.address = f"http://{host}:{port}{EVENTS_PATH}"
            logger.info("slack_http_listening", address=self.address)
            await stop.wait()
        finally:
            self.address = ""
            await runner.cleanup()
        await self._work.drain(drain_s)

    async def _answer(self, request: web.Request) -> web.Response:
        """Answer one request; of what Slack did not sign, nothing is parsed."""
        if request.content_type not in _CONTENT_TYPES:
            return web.Response(status=415, text="Slack sends forms and JSON.")
        body = await request.read()
        if not self._is_signed(body, request.headers):
            # Slack looks at the certificate so, now and then, and signs nothing.
            is_ssl_check = len(body) < 1000 and _SSL_CHECK in body.split(b"&")
            return web.Response(status=200 if is_ssl_check else 401)
        return await to_aiohttp_response(
            await self._app.async_dispatch(await to_bolt_request(request))
        )

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return bool(self._signatures.is_valid_request(body, headers))
        except (TypeError, ValueError):  # a time that is no number, text that is no UTF-8
            return False
