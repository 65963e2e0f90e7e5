"""The playground as one server: Slack's API for the bot, the page for people, the control."""

import socket

from aiohttp import web
from aiohttp.typedefs import Handler

from playground import cast
from playground.control import Control
from playground.core import Core
from playground.delivery import Delivery
from playground.guard import no_strangers
from playground.page_api import PageApi
from playground.responses import Responses
from playground.sockets import cut
from playground.web_api import WebApi
from playground.workspace import Workspace

BIGGEST_BODY = 64 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost")
FOR_THE_BOT = ("/api/", "/response/", "/upload/", "/socket/")


class PlaygroundSlack:
    """A Slack on this machine; port 0 takes a free one.

    After :meth:`start`, ``url`` is where it is. Set ``http_target`` to have payloads posted there,
    signed, instead of sent by Socket Mode.
    """

    bot_token = cast.BOT_TOKEN
    app_token = cast.APP_TOKEN
    signing_secret = cast.SIGNING_SECRET

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        if host not in LOOPBACK:
            raise ValueError(f"The playground is for this machine only: {host!r} is not a loopback")
        self._address = (host, port)
        self.core = Core()
        self._delivery = Delivery(self.core)
        self.control = Control(self.core, self._delivery)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the address, without a slash at the end."""
        return self.core.url

    @property
    def api_url(self) -> str:
        """Return the base of the Web API, for the SDK's ``base_url``."""
        return f"{self.core.url}/api/"

    @property
    def workspace(self) -> Workspace:
        """Return people, channels and messages."""
        return self.core.workspace

    @property
    def http_target(self) -> str | None:
        """Return where payloads are posted; None for Socket Mode."""
        return self.core.http_target

    @http_target.setter
    def http_target(self, url: str | None) -> None:
        self.core.http_target = url

    async def start(self) -> None:
        """Listen."""
        guards = [self._unreachable, no_strangers]
        app = web.Application(client_max_size=BIGGEST_BODY, middlewares=guards)
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
        await self._runner.setup()
        listener = socket.create_server(self._address)
        await web.SockSite(self._runner, listener).start()
        host, port = listener.getsockname()[:2]
        self.core.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Hang up on everybody and free the port."""
        await self._delivery.stop()
        await self.core.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _routes(self) -> list[web.RouteDef]:
        page = PageApi(self.core, self._delivery)
        return [
            web.post("/api/{method}", WebApi(self.core).handle),
            web.get("/api/{method}", WebApi(self.core).handle),
            web.post("/response/{id}", Responses(self.core).handle),
            web.post("/upload/{id}", self._upload),
            web.get("/socket/{ticket}", self.core.sockets.handle),
            *self.control.routes(),
            *page.routes(),
        ]

    @web.middleware
    async def _unreachable(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Cut every connection of the bot while there is an outage."""
        if self.core.outage and request.path.startswith(FOR_THE_BOT):
            cut(request)
            raise web.HTTPServiceUnavailable
        return await handler(request)

    async def _upload(self, request: web.Request) -> web.Response:
        """Take the bytes of a file, raw or as the first part of a form."""
        file = self.core.workspace.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound(text="file_not_found")
        if request.content_type == "multipart/form-data":
            parts = (await request.post()).values()
            content = next(part.file.read() for part in parts if isinstance(part, web.FileField))
        else:
            content = await request.read()
        self.core.workspace.contents[file["id"]] = content
        file["size"] = len(content)
        return web.Response(text=f"OK - {len(content)}")
